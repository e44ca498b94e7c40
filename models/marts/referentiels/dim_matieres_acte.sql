with

matieres as (

    select * from {{ ref('ref_matieres_acte') }}

),

final as (

    select
        code as matiere_code,
        libelle as libelle_matiere,
        niveau

    from matieres

)

select * from final
