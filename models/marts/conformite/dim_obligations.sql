with

obligations as (

    select * from {{ ref('ref_obligations') }}

),

final as (

    select
        code_obligation,
        ordre_obligation,
        libelle_obligation,
        libelle_court,
        date_echeance,
        code_service,
        est_capacite,
        processus,
        reference_juridique,
        precision_reference,
        constat,
        source as source_reference,
        statut as statut_reference

    from obligations

)

select * from final
