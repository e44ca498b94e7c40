with

etapes as (

    select * from {{ ref('ref_etapes_processus') }}

),

final as (

    select
        code_indicateur,
        etape,
        chaine,
        processus,
        ordre_etape,
        libelle_etape,
        libelle_objet

    from etapes

)

select * from final
