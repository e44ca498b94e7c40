with

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

mois as (

    select * from {{ ref('dim_mois') }}

),

final as (

    select
        collectivites.siren,
        mois.mois,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        mois.est_couvert_actes,
        mois.est_couvert_consultations,
        mois.est_couvert_helios,
        mois.est_couvert_archivage,
        mois.est_couvert_services,
        mois.est_couvert_comptes,
        mois.est_couvert_accompagnement,
        mois.est_couvert_adhesions,
        mois.est_provisoire

    from collectivites
    cross join mois
    where collectivites.est_breton

)

select * from final
