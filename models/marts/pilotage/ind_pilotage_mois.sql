with

valeurs as (

    select * from {{ ref('ind_valeurs') }}

),

indicateurs as (

    select * from {{ ref('dim_indicateurs') }}

),

processus as (

    select * from {{ ref('dim_processus') }}

),

periodes as (

    select * from {{ ref('dim_periodes') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

reglages as (

    select
        max(valeur) filter (where cle = 'couverture_mois_reference') as couverture_mois_reference,
        max(valeur) filter (where cle = 'couverture_alerte') as couverture_alerte,
        max(valeur) filter (where cle = 'ecart_en_bonne_voie') as ecart_en_bonne_voie,
        max(valeur) filter (where cle = 'nb_mois_connus_classement') as nb_mois_connus_classement,
        max(valeur) filter (where cle = 'volume_annuel_classement') as volume_annuel_classement,
        max(valeur) filter (where cle = 'volume_evolution') as volume_evolution,
        max(valeur) filter (where cle = 'nb_processus_classement') as nb_processus_classement

    from {{ ref('hyp_pilotage') }}

),

-- Chaque mois porte la valeur de la plus petite période où l'indicateur est défini : un indicateur
-- trimestriel vaut, en mai, ce qu'il vaut au deuxième trimestre.
durees_des_periodes as (

    select
        periode_type,
        periode_debut,
        count(*) as nb_mois_periode

    from periodes
    group by periode_type, periode_debut

),

mesures as (

    select
        processus.processus,
        processus.ordre_processus,
        processus.libelle_processus,
        processus.libelle_taux,
        processus.libelle_volume,
        valeurs.code_indicateur,
        indicateurs.libelle as libelle_indicateur,
        indicateurs.cible,
        valeurs.siren,
        periodes.mois,
        durees_des_periodes.nb_mois_periode,
        valeurs.numerateur,
        valeurs.denominateur,
        valeurs.nb_collectivites,
        valeurs.nb_collectivites_attendues,
        valeurs.statut,
        valeurs.est_provisoire,
        valeurs.est_demonstration

    from valeurs
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
    inner join durees_des_periodes
        on
            valeurs.periode_type = durees_des_periodes.periode_type
            and valeurs.periode_debut = durees_des_periodes.periode_debut
    where
        valeurs.perimetre_type = 'collectivite'
        and valeurs.population = 'toutes'
        and valeurs.dimension = 'ensemble'

),

couverture_par_mois as (

    select
        mois,
        sum(nb_collectivites) as nb_collectivites,
        sum(nb_collectivites_attendues) as nb_collectivites_attendues

    from mesures
    group by mois

),

-- Le mois de référence est le dernier que connaît une part suffisante des collectivités ;
-- à défaut, le dernier qu'une seule connaît ; à défaut, le dernier observé.
mois_de_reference as (

    select
        coalesce(
            max(couverture_par_mois.mois) filter (
                where
                couverture_par_mois.nb_collectivites
                >= couverture_par_mois.nb_collectivites_attendues
                * reglages.couverture_mois_reference
                and couverture_par_mois.nb_collectivites > 0
            ),
            max(couverture_par_mois.mois) filter (where couverture_par_mois.nb_collectivites > 0),
            max(couverture_par_mois.mois)
        ) as dernier_mois

    from couverture_par_mois
    cross join reglages

),

mois_montres as (

    select
        couverture_par_mois.mois,
        row_number() over (order by couverture_par_mois.mois desc) - 1 as recul_mois

    from couverture_par_mois
    cross join mois_de_reference
    where couverture_par_mois.mois <= mois_de_reference.dernier_mois

),

-- Une somme de décimaux ne dépend pas de l'ordre des lignes : deux calculs donnent le même chiffre.
cumuls_annuels as (

    select
        mesures.siren,
        mesures.code_indicateur,
        mesures.mois,
        {{ somme_exacte(ratio('annee.numerateur', 'annee.nb_mois_periode')) }} as numerateur_annuel,
        {{ somme_exacte(ratio('annee.denominateur', 'annee.nb_mois_periode')) }}
            as denominateur_annuel,
        sum(annee.nb_collectivites) as nb_mois_connus

    from mesures
    inner join mesures as annee
        on
            mesures.siren = annee.siren
            and mesures.code_indicateur = annee.code_indicateur
            and mesures.mois >= annee.mois
            and mesures.mois < cast(annee.mois + interval '1' year as date)
    group by mesures.siren, mesures.code_indicateur, mesures.mois

),

-- Chacun se compare à la Bretagne, processus par processus : qui ne verse pas d'archives
-- n'y gagne ni n'y perd.
bretagne as (

    select
        code_indicateur,
        mois,
        {{ ratio(somme_exacte('numerateur_annuel'), somme_exacte('denominateur_annuel')) }}
            as taux_bretagne

    from cumuls_annuels
    group by code_indicateur, mois

),

collectivites_classees as (

    select
        cumuls_annuels.siren,
        cumuls_annuels.mois,
        count(*) as nb_processus_connus

    from cumuls_annuels
    cross join reglages
    where
        cumuls_annuels.nb_mois_connus >= reglages.nb_mois_connus_classement
        and cumuls_annuels.denominateur_annuel >= reglages.volume_annuel_classement
    group by cumuls_annuels.siren, cumuls_annuels.mois

),

volumes_par_epci as (

    select
        collectivites.siren_epci,
        cumuls_annuels.code_indicateur,
        cumuls_annuels.mois,
        sum(cumuls_annuels.denominateur_annuel) as denominateur_annuel

    from cumuls_annuels
    inner join collectivites
        on cumuls_annuels.siren = collectivites.siren
    where collectivites.siren_epci is not null
    group by collectivites.siren_epci, cumuls_annuels.code_indicateur, cumuls_annuels.mois

),

epci_classes as (

    select
        volumes_par_epci.siren_epci,
        volumes_par_epci.mois,
        count(*) as nb_processus_connus

    from volumes_par_epci
    cross join reglages
    where volumes_par_epci.denominateur_annuel >= reglages.volume_annuel_classement
    group by volumes_par_epci.siren_epci, volumes_par_epci.mois

),

final as (

    select
        mesures.code_indicateur,
        mesures.libelle_indicateur,
        mesures.processus,
        mesures.siren,
        collectivites.nom as nom_collectivite,
        {{ libelle_collectivite('collectivites.nom', 'collectivites.nom_departement') }}
            as libelle_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        coalesce(collectivites.nom_departement, 'Région et syndicat') as nom_departement,
        collectivites.siren_epci,
        coalesce(collectivites.nom_epci, 'Hors intercommunalité') as nom_epci,
        mesures.ordre_processus,
        mesures.libelle_processus,
        mesures.libelle_taux,
        mesures.libelle_volume,
        {{ libelle_type_collectivite('collectivites.type_collectivite') }} as libelle_type,
        mesures.mois,
        {{ libelle_mois('mesures.mois') }} as libelle_mois,
        cast(mois_montres.recul_mois as integer) as recul_mois,
        collectivites.population as nb_habitants,
        mesures.numerateur,
        mesures.denominateur,
        un_an_avant.numerateur as numerateur_un_an_avant,
        un_an_avant.denominateur as denominateur_un_an_avant,
        cumuls_annuels.numerateur_annuel,
        cumuls_annuels.denominateur_annuel,
        bretagne.taux_bretagne,
        cast(mesures.nb_collectivites as bigint) as nb_collectivites,
        cast(mesures.nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        cast(mesures.cible as double) as cible,
        cast(reglages.couverture_alerte as double) as couverture_alerte,
        cast(reglages.ecart_en_bonne_voie as double) as ecart_en_bonne_voie,
        cast(reglages.volume_annuel_classement as double) as volume_annuel_classement,
        cast(reglages.volume_evolution as double) as volume_evolution,
        mesures.statut,
        coalesce(
            collectivites_classees.nb_processus_connus >= reglages.nb_processus_classement,
            false
        ) as est_classee,
        coalesce(
            epci_classes.nb_processus_connus >= reglages.nb_processus_classement,
            false
        ) as est_epci_classe,
        mesures.est_provisoire,
        mesures.est_demonstration

    from mesures
    inner join mois_montres
        on mesures.mois = mois_montres.mois
    inner join collectivites
        on mesures.siren = collectivites.siren
    inner join cumuls_annuels
        on
            mesures.siren = cumuls_annuels.siren
            and mesures.code_indicateur = cumuls_annuels.code_indicateur
            and mesures.mois = cumuls_annuels.mois
    left join collectivites_classees
        on
            mesures.siren = collectivites_classees.siren
            and mesures.mois = collectivites_classees.mois
    left join epci_classes
        on
            collectivites.siren_epci = epci_classes.siren_epci
            and mesures.mois = epci_classes.mois
    inner join bretagne
        on
            mesures.code_indicateur = bretagne.code_indicateur
            and mesures.mois = bretagne.mois
    left join mesures as un_an_avant
        on
            mesures.siren = un_an_avant.siren
            and mesures.code_indicateur = un_an_avant.code_indicateur
            and mesures.mois = cast(un_an_avant.mois + interval '1' year as date)
    cross join reglages

)

select * from final
