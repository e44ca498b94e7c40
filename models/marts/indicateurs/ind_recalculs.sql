{{ config(materialized='view') }}

with

recalculs as (

    select * from {{ ref('ind_delais_actes') }}
    union all
    select * from {{ ref('ind_qualite_recalculee') }}
    union all
    select * from {{ ref('ind_conformite_recalculee') }}
    union all
    select * from {{ ref('ind_entreprises_recalculees') }}
    union all
    select * from {{ ref('ind_enquetes_recalculees') }}
    union all
    select * from {{ ref('ind_composite_demat') }}
    union all
    select * from {{ ref('ind_accompagnement_recalcules') }}
    union all
    select * from {{ ref('ind_premiers_usages_recalcules') }}
    union all
    select * from {{ ref('ind_programmes_recalcules') }}
    union all
    select * from {{ ref('ind_economies_recalculees') }}

),

final as (

    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        population,
        dimension,
        modalite,
        periode_type,
        periode_debut,
        numerateur,
        denominateur,
        valeur,
        ic_bas,
        ic_haut,
        nb_collectivites,
        nb_collectivites_attendues,
        statut,
        est_provisoire,
        est_demonstration

    from recalculs

)

select * from final
