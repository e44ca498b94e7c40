with

source as (

    select * from {{ source('ingestion', 'fichiers') }}

),

final as (

    select
        fichier_id,
        sha256,
        siren_emetteur,
        lot,
        source,
        nom_fichier,
        format_reconnu,
        statut,
        motif_code,
        motif,
        nb_enregistrements,
        nb_rejets,
        nb_avertissements,
        taille_octets,
        version_analyseur,
        recu_le as horodatage_reception,
        est_demonstration

    from source

)

select * from final
