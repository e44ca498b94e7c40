with

declarations as (

    select * from {{ ref('int_couts_declares') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

-- Un temps déclaré d'un bloc renseigne plusieurs paramètres : le registre le montre une fois.
uniques as (

    select
        siren,
        annee,
        code_donnee,
        libelle_donnee,
        unite,
        processus,
        canal,
        valeur_declaree,
        borne_min,
        borne_max,
        nb_mois,
        est_plausible,
        motif,
        provenance,
        est_demonstration,
        count(parametre) as nb_parametres

    from declarations
    group by
        siren,
        annee,
        code_donnee,
        libelle_donnee,
        unite,
        processus,
        canal,
        valeur_declaree,
        borne_min,
        borne_max,
        nb_mois,
        est_plausible,
        motif,
        provenance,
        est_demonstration

),

final as (

    select
        uniques.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        uniques.annee,
        uniques.code_donnee,
        uniques.libelle_donnee,
        uniques.unite,
        uniques.processus,
        uniques.canal,
        uniques.valeur_declaree,
        uniques.borne_min,
        uniques.borne_max,
        uniques.nb_mois,
        uniques.nb_parametres,
        uniques.est_plausible,
        coalesce(uniques.est_plausible, false) as est_retenue,
        uniques.motif,
        uniques.provenance,
        uniques.est_demonstration

    from uniques
    left join collectivites
        on uniques.siren = collectivites.siren

)

select * from final
