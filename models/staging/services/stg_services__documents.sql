with

source as (

    select * from {{ source('services', 'documents') }}

),

renamed as (

    select
        siren,
        id_entite,
        entite,
        id_document,
        flux,
        numero_acte,
        derniere_action,
        {{ date_depuis_texte('date_derniere_action') }} as date_derniere_action,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from renamed
