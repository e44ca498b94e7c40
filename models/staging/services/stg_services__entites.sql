with

source as (

    select * from {{ source('services', 'entites') }}

),

renamed as (

    select
        siren,
        id_entite,
        denomination,
        type_entite,
        {{ date_depuis_texte('date_inscription') }} as date_inscription,
        {{ booleen_depuis_texte('est_active') }} as est_active,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from renamed
