with

retours_mois as (

    select * from {{ ref('fct_retours_mois') }}

),

ecarts as (

    select * from {{ ref('ind_ecarts_plateforme_mois') }}

),

-- DEM-08 est la somme de DEM-09 ; DEM-10, DEM-12 et DEM-18 n'ont que la plateforme : rien n'y
-- contredit un retour.
mesures_controlees as (

    select * from {{ ref('ind_actes_mois') }}
    where code_indicateur = 'DEM-09'
    union all
    select * from {{ ref('ind_commande_publique_mois') }}
    union all
    select * from {{ ref('ind_comptabilite_mois') }}
    where code_indicateur <> 'DEM-18'
    union all
    select * from {{ ref('ind_archivage_mois') }}
    union all
    select * from {{ ref('ind_declarations_mois') }}

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

reglages as (

    select max(valeur) filter (where cle = 'delai_retour_jours') as delai_retour_jours

    from {{ ref('hyp_qualite') }}

),

numerateurs_controles as (

    select
        siren,
        mois,
        count(*) as nb_verifies,
        count(*) filter (where numerateur <= denominateur) as nb_respectes,
        bool_or(est_demonstration) as est_demonstration

    from mesures_controlees
    where numerateur is not null and denominateur is not null
    group by siren, mois

),

ecarts_par_mois as (

    select
        siren,
        mois,
        sum(nb_ecart) as nb_ecart,
        sum(nb_plateforme) as nb_plateforme,
        bool_or(est_demonstration) as est_demonstration

    from ecarts
    group by siren, mois

),

rapprochees as (

    select
        collectivites_mois.siren,
        collectivites_mois.mois,
        collectivites_mois.est_provisoire,
        retours_mois.nb_reponses_renseignees,
        retours_mois.nb_reponses_attendues,
        coalesce(retours_mois.delai_envoi_jours <= reglages.delai_retour_jours, false)
            as est_a_l_heure,
        numerateurs_controles.nb_verifies,
        numerateurs_controles.nb_respectes,
        retours_mois.nb_regles_verifiees,
        retours_mois.nb_regles_respectees,
        ecarts_par_mois.nb_ecart,
        ecarts_par_mois.nb_plateforme,
        retours_mois.siren is not null as a_un_retour,
        coalesce(retours_mois.est_demonstration, false)
        or coalesce(numerateurs_controles.est_demonstration, false)
        or coalesce(ecarts_par_mois.est_demonstration, false) as est_demonstration

    from collectivites_mois
    cross join reglages
    left join retours_mois
        on
            collectivites_mois.siren = retours_mois.siren
            and collectivites_mois.mois = retours_mois.mois
    left join numerateurs_controles
        on
            collectivites_mois.siren = numerateurs_controles.siren
            and collectivites_mois.mois = numerateurs_controles.mois
    left join ecarts_par_mois
        on
            collectivites_mois.siren = ecarts_par_mois.siren
            and collectivites_mois.mois = ecarts_par_mois.mois

),

ensemble as (

    select
        'QUA-01' as code_indicateur,
        siren,
        mois,
        nb_reponses_renseignees as numerateur,
        nb_reponses_attendues as denominateur,
        a_un_retour as est_connu,
        est_demonstration
    from rapprochees
    union all
    -- Un mois provisoire n'est en retard pour personne ; passé ce délai, ce qui manque l'est.
    select
        'QUA-02' as code_indicateur,
        siren,
        mois,
        case when est_a_l_heure then 1 else 0 end as numerateur,
        1 as denominateur,
        not est_provisoire as est_connu,
        est_demonstration
    from rapprochees
    union all
    select
        'QUA-04' as code_indicateur,
        siren,
        mois,
        coalesce(nb_respectes, 0) + coalesce(nb_regles_respectees, 0) as numerateur,
        coalesce(nb_verifies, 0) + coalesce(nb_regles_verifiees, 0) as denominateur,
        coalesce(nb_verifies, 0) + coalesce(nb_regles_verifiees, 0) > 0 as est_connu,
        est_demonstration
    from rapprochees
    union all
    select
        'QUA-06' as code_indicateur,
        siren,
        mois,
        nb_ecart as numerateur,
        nb_plateforme as denominateur,
        nb_plateforme is not null as est_connu,
        est_demonstration
    from rapprochees

),

-- Zéro, « ne sait pas » et case vide sont trois réponses ; les ventilations n'existent qu'où il y a
-- un retour.
reponses as (

    select
        siren,
        mois,
        'nombre' as modalite,
        nb_reponses_renseignees - nb_zeros as nombre,
        nb_reponses_attendues,
        est_demonstration
    from retours_mois
    union all
    select
        siren,
        mois,
        'zero' as modalite,
        nb_zeros as nombre,
        nb_reponses_attendues,
        est_demonstration
    from retours_mois
    union all
    select
        siren,
        mois,
        'non_connu' as modalite,
        nb_non_connues as nombre,
        nb_reponses_attendues,
        est_demonstration
    from retours_mois
    union all
    select
        siren,
        mois,
        'vide' as modalite,
        nb_vides as nombre,
        nb_reponses_attendues,
        est_demonstration
    from retours_mois

),

mesures as (

    select
        code_indicateur,
        siren,
        mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        numerateur,
        denominateur,
        est_connu,
        false as est_partiel,
        est_demonstration
    from ensemble
    union all
    select
        'QUA-01' as code_indicateur,
        siren,
        mois,
        'reponse' as dimension,
        modalite,
        nombre as numerateur,
        nb_reponses_attendues as denominateur,
        true as est_connu,
        false as est_partiel,
        est_demonstration
    from reponses
    union all
    select
        'QUA-06' as code_indicateur,
        siren,
        mois,
        'indicateur' as dimension,
        code_indicateur as modalite,
        nb_ecart as numerateur,
        nb_plateforme as denominateur,
        true as est_connu,
        false as est_partiel,
        est_demonstration
    from ecarts

),

{{ mesures_finales() }}

select * from final
