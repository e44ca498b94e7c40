with

source as (

    select * from {{ source('enquetes', 'reponses') }}

),

final as (

    select
        campagne,
        id_reponse,
        question,
        role as sujet,
        service,
        modalite,
        valeur,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
