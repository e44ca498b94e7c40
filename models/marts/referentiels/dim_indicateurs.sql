with

indicateurs as (

    select * from {{ ref('ref_indicateurs') }}

),

final as (

    select
        code_indicateur,
        version_definition,
        libelle,
        libelle_court,
        famille,
        processus,
        coeur as est_coeur,
        unite,
        formule,
        numerateur_libelle,
        denominateur_libelle,
        sens,
        cible,
        agregation,
        cumul,
        origine,
        source_numerateur,
        periode_minimale,
        population_libelle,
        valide_du,
        valide_au,
        piege

    from indicateurs

)

select * from final
