with

processus as (

    select * from {{ ref('ref_processus') }}

),

final as (

    select
        processus,
        ordre_processus,
        libelle_processus,
        code_indicateur,
        libelle_taux,
        libelle_volume

    from processus

)

select * from final
