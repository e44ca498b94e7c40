with

source as (

    select * from {{ source('accompagnement', 'tickets') }}

),

mois_ecrits as (

    select
        siren,
        code_service,
        nb_tickets,
        delai_median_heures,
        _est_demonstration,
        _fichier_id,
        _fichier_sha256,
        ligne,
        lot,
        {{ jour_du_mois_ecrit('mois') }} as premier_jour_ecrit

    from source

),

final as (

    select
        siren,
        code_service,
        {{ date_depuis_texte('premier_jour_ecrit') }} as mois,
        {{ compte_depuis_texte('nb_tickets') }} as nb_tickets,
        {{ duree_heures_depuis_texte('delai_median_heures') }} as delai_median_heures,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from mois_ecrits

)

select * from final
