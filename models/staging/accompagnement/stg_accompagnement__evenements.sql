with

source as (

    select * from {{ source('accompagnement', 'evenements') }}

),

final as (

    select
        id_evenement,
        type_evenement,
        theme,
        coalesce(code_obligation, '') as code_obligation,
        code_departement as code_departement_evenement,
        {{ date_depuis_texte('date_evenement') }} as date_evenement,
        {{ duree_heures_depuis_texte('duree_heures') }} as duree_heures,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
