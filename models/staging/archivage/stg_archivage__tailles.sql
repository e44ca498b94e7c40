with

source as (

    select * from {{ source('archivage', 'tailles') }}

),

final as (

    select
        siren,
        transfert_id,
        niveau,
        unite as code_unite,
        _fichier_id as fichier_id,

        -- Des mégaoctets à trois décimales restent exacts à l'octet près une fois convertis.
        try_cast(taille as double) as taille,
        {{ entier_depuis_texte('nb_mesures') }} as nb_mesures,

        _est_demonstration as est_demonstration,

        _fichier_sha256 as fichier_sha256,
        ligne,
        lot

    from source

)

select * from final
