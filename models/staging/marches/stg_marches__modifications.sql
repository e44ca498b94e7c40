with

source as (

    select * from {{ source('marches', 'modifications') }}

),

renamed as (

    select
        siret_acheteur,
        marche_id,
        modification_id,
        {{ date_depuis_texte('date_notification') }} as date_notification,
        {{ date_depuis_texte('date_publication') }} as date_publication,
        {{ entier_depuis_texte('rang') }} as rang,
        {{ montant_depuis_texte('montant') }} as montant_eur,
        {{ mois_depuis_texte('duree_mois') }} as duree_mois,
        {{ entier_depuis_texte('nb_titulaires') }} as nb_titulaires,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

),

final as (

    select
        siret_acheteur,
        marche_id,
        modification_id,
        date_notification,
        date_publication,
        rang,
        case when montant_eur >= 0 then montant_eur end as montant_eur,
        case when duree_mois > 0 then duree_mois end as duree_mois,
        nb_titulaires,
        est_demonstration,
        fichier_sha256,
        fichier_id,
        ligne,
        lot

    from renamed

)

select * from final
