with

valeurs as (

    select * from {{ ref('ref_valeurs_sources') }}

),

final as (

    select
        code_valeur,
        document_source,
        ligne,
        libelle_valeur,
        nature,
        termes,
        formule,
        valeur,
        unite,
        precision_valeur,
        statut,
        territoire,
        remarque

    from valeurs

)

select * from final
