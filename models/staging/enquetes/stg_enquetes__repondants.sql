with

source as (

    select * from {{ source('enquetes', 'repondants') }}

),

final as (

    select
        campagne,
        id_reponse,
        siren,
        etat,
        -- LimeSurvey date du 1er janvier 1980 une réponse anonymisée : complète, sans jour connu.
        {{ date_depuis_texte('date_soumission') }} as date_soumission,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
