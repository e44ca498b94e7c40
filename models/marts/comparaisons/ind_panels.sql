with

comparaisons as (

    select * from {{ ref('ind_comparaisons') }}

),

populations as (

    select * from {{ ref('dim_populations') }}

),

membres as (

    select distinct
        population,
        libelle_population,
        siren

    from populations
    where population in ('panel_2011', 'pilotes_2012')

),

final as (

    select
        membres.population,
        membres.libelle_population,
        comparaisons.siren,
        comparaisons.nom_collectivite,
        comparaisons.type_collectivite,
        comparaisons.classe_taille,
        comparaisons.code_departement,
        comparaisons.nom_departement,
        comparaisons.siren_epci,
        comparaisons.nom_epci,
        comparaisons.code_indicateur,
        comparaisons.libelle_court,
        comparaisons.processus,
        comparaisons.cible,
        comparaisons.annee,
        comparaisons.numerateur,
        comparaisons.denominateur,
        comparaisons.valeur,
        comparaisons.statut,
        comparaisons.valeur_bretagne,
        comparaisons.avance_sur_bretagne,
        comparaisons.nb_mois_connus,
        comparaisons.nb_mois_attendus,
        comparaisons.est_demonstration

    from membres
    inner join comparaisons
        on membres.siren = comparaisons.siren

)

select * from final
