with

source as (

    select * from {{ source('comptes', 'entreprises') }}

),

final as (

    select
        {{ date_depuis_texte(jour_du_mois_ecrit('mois')) }} as mois,
        {{ entier_depuis_texte('entreprises_inscrites') }} as nb_inscrites,
        {{ entier_depuis_texte('entreprises_actives') }} as nb_actives,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
