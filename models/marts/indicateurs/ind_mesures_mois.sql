{{ config(materialized='view') }}

with

mesures as (

    select * from {{ ref('ind_actes_mois') }}
    union all
    select * from {{ ref('ind_adhesions_mois') }}
    union all
    select * from {{ ref('ind_commande_publique_mois') }}
    union all
    select * from {{ ref('ind_comptabilite_mois') }}
    union all
    select * from {{ ref('ind_archivage_mois') }}
    union all
    select * from {{ ref('ind_usages_mois') }}
    union all
    select * from {{ ref('ind_declarations_mois') }}
    union all
    select * from {{ ref('ind_accompagnement_mois') }}
    union all
    select * from {{ ref('ind_decp_mois') }}
    union all
    select * from {{ ref('ind_qualite_retours_mois') }}

),

final as (

    select
        code_indicateur,
        siren,
        nom_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        dimension,
        modalite,
        mois,
        numerateur,
        denominateur,
        est_connu,
        est_partiel,
        est_provisoire,
        est_demonstration

    from mesures

)

select * from final
