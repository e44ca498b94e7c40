with

source as (

    select * from {{ source('actes', 'evenements') }}

),

final as (

    select
        acte_id,
        -- L'identifiant sans le département, que l'extraction ne donne pas toujours.
        substr(acte_id, 5) as cle_acte,
        siren,
        type_message,
        motif_code,
        transaction_id,
        statut_code,
        {{ date_depuis_texte('date_evenement') }} as date_evenement,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot,
        _est_demonstration as est_demonstration

    from source

)

select * from final
