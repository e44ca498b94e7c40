with

valeurs as (

    select * from {{ ref('ind_valeurs') }}
    where
        perimetre_type = 'territoire'
        and dimension = 'ensemble'

),

processus as (

    select * from {{ ref('dim_processus') }}

),

indicateurs as (

    select * from {{ ref('dim_indicateurs') }}

),

populations as (

    select distinct
        population,
        libelle_population
    from {{ ref('dim_populations') }}
    where population in ('panel_2011', 'pilotes_2012')

),

periodes as (

    select * from {{ ref('dim_periodes') }}

),

final as (

    select
        populations.population,
        populations.libelle_population,
        valeurs.siren,
        valeurs.nom_collectivite,
        valeurs.type_collectivite,
        valeurs.classe_taille,
        valeurs.code_departement,
        valeurs.nom_departement,
        valeurs.siren_epci,
        valeurs.nom_epci,
        valeurs.code_indicateur,
        processus.processus,
        processus.ordre_processus,
        processus.libelle_processus,
        periodes.mois,
        valeurs.numerateur,
        valeurs.denominateur,
        valeurs.valeur,
        bretagne.valeur as valeur_bretagne,
        valeurs.nb_collectivites,
        valeurs.nb_collectivites_attendues,
        valeurs.statut,
        valeurs.est_demonstration

    from valeurs
    inner join populations
        on valeurs.population = populations.population
    inner join processus
        on valeurs.code_indicateur = processus.code_indicateur
    inner join indicateurs
        on
            valeurs.code_indicateur = indicateurs.code_indicateur
            and valeurs.version_definition = indicateurs.version_definition
            and valeurs.periode_type = indicateurs.periode_minimale
    inner join periodes
        on
            valeurs.periode_type = periodes.periode_type
            and valeurs.periode_debut = periodes.periode_debut
    inner join valeurs as bretagne
        on
            valeurs.code_indicateur = bretagne.code_indicateur
            and valeurs.periode_type = bretagne.periode_type
            and valeurs.periode_debut = bretagne.periode_debut
            and bretagne.population = 'toutes'

)

select * from final
