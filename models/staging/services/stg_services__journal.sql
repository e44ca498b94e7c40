with

source as (

    select * from {{ source('services', 'journal') }}

),

renamed as (

    select
        cast(id_journal as bigint) as numero_evenement,
        {{ entier_depuis_texte('type_evenement') }} as type_evenement,
        siren,
        id_entite,
        utilisateur_hache,
        id_document,
        flux,
        action,
        {{ date_depuis_texte('date') }} as date_evenement,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from renamed
