with

source as (

    select * from {{ source('archivage', 'reponses') }}

),

final as (

    select
        transfert_id,
        reponse_id,
        siren,
        type_reponse,
        version_seda as code_version_seda,
        code_reponse,
        _fichier_id as fichier_id,

        {{ date_depuis_texte('date_reponse') }} as date_reponse,
        {{ date_depuis_texte('date_decision') }} as date_decision,

        _est_demonstration as est_demonstration,

        _fichier_sha256 as fichier_sha256,
        ligne,
        lot

    from source

)

select * from final
