with

mesures_mensuelles as (

    select * from {{ ref('ind_actes_mois') }}
    where code_indicateur <> 'DEM-08'
    union all
    select * from {{ ref('ind_commande_publique_mois') }}
    union all
    select * from {{ ref('ind_comptabilite_mois') }}
    union all
    select * from {{ ref('ind_archivage_mois') }}
    union all
    select * from {{ ref('ind_declarations_mois') }}

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
        est_demonstration

    from mesures_mensuelles
    where numerateur > denominateur

)

select * from final
