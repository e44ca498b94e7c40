with

source as (

    select * from {{ source('ingestion', 'anomalies') }}

),

final as (

    select
        fichier_id,
        sha256,
        siren,
        lot,
        source,
        nom_fichier,
        ligne,
        champ,
        code,
        gravite,
        valeur,
        message

    from source

)

select * from final
