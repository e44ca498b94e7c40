with

source as (

    select * from {{ source('enquetes', 'services') }}

),

final as (

    select
        campagne,
        service,
        trim(libelle) as libelle_service,
        thematique,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
