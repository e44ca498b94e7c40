with

projets as (

    select * from {{ ref('fct_projets') }}

),

etapes as (

    select * from {{ ref('fct_etapes_projet') }}

),

annees as (

    select * from {{ ref('ind_projets_annees') }}

),

moyens as (

    select * from {{ ref('fct_moyens_projet') }}

),

bretagne as (

    select * from {{ ref('dim_perimetres') }}
    where perimetre_type = 'territoire'

),

normes as (

    select
        max(valeur) filter (where cle = 'duree_accompagnement_min') as duree_min_mois,
        max(valeur) filter (where cle = 'duree_accompagnement_max') as duree_max_mois,
        max(valeur) filter (where cle = 'nb_prerequis') as nb_prerequis,
        max(valeur) filter (where cle = 'etp_projet_min') as etp_min,
        max(valeur) filter (where cle = 'etp_projet_max') as etp_max

    from {{ ref('hyp_programmes') }}

),

derniere_situation as (

    select max(date_situation) as jour
    from projets

),

-- La première étape qui n'est pas acquise est celle qu'il faut faire avancer.
etapes_du_projet as (

    select
        siren,
        code_projet,
        max(situation_etape) filter (where code_etape = 'lancement') as etat_lancement,
        max(situation_etape) filter (where code_etape = 'diagnostic') as etat_diagnostic,
        max(situation_etape) filter (where code_etape = 'programme_actions') as etat_programme,
        max(situation_etape) filter (where code_etape = 'mise_en_oeuvre') as etat_mise_en_oeuvre,
        max(situation_etape) filter (where code_etape = 'evaluation') as etat_evaluation,
        max(delai_retard_jours) filter (where code_etape = 'lancement') as delai_lancement_jours,
        max(delai_retard_jours) filter (where code_etape = 'diagnostic') as delai_diagnostic_jours,
        max(delai_retard_jours) filter (where code_etape = 'programme_actions')
            as delai_programme_jours,
        max(delai_retard_jours) filter (where code_etape = 'mise_en_oeuvre')
            as delai_mise_en_oeuvre_jours,
        max(delai_retard_jours) filter (where code_etape = 'evaluation')
            as delai_evaluation_jours,
        arg_min(libelle_etape, ordre_etape) filter (where not est_acquise)
            as libelle_etape_suivante,
        arg_min(est_en_retard, ordre_etape) filter (where not est_acquise)
            as est_etape_suivante_en_retard

    from etapes
    group by siren, code_projet

),

derniere_annee as (

    select
        siren,
        code_projet,
        etape_atteinte,
        nb_actions_validees,
        nb_actions_achevees,
        nb_actions_examinees,
        nb_actions_evaluables,
        nb_cibles_echues,
        nb_cibles_mesurees,
        nb_cibles_atteintes,
        montant_prevu_eur,
        montant_realise_eur,
        row_number() over (partition by siren, code_projet order by annee desc) as rang

    from annees
    where est_connue

),

evaluations as (

    select
        siren,
        code_projet,
        count(*) filter (where est_evaluation_due) as nb_evaluations_attendues,
        count(*) filter (where est_evaluation_due and not est_evaluation_faite)
            as nb_evaluations_en_retard,
        min(extract(year from annee)) filter (where est_evaluation_due and not est_evaluation_faite)
            as annee_a_evaluer

    from annees
    group by siren, code_projet

),

temps as (

    select
        siren,
        code_projet,
        {{ ratio(somme_exacte('etp_consacres'), 'count(etp_consacres)') }} as etp_annuel

    from moyens
    group by siren, code_projet

),

situations as (

    select
        projets.siren,
        projets.code_projet,
        concat(projets.nom_collectivite, ' (', extract(year from projets.date_debut), ')')
            as libelle_projet,
        projets.nom_collectivite,
        projets.type_collectivite,
        projets.classe_taille,
        projets.code_departement,
        projets.nom_departement,
        projets.siren_epci,
        projets.nom_epci,
        projets.date_situation,
        projets.date_debut,
        projets.date_fin,
        projets.date_fin_mandat,
        derniere_annee.etape_atteinte,
        etapes_du_projet.etat_lancement,
        etapes_du_projet.etat_diagnostic,
        etapes_du_projet.etat_programme,
        etapes_du_projet.etat_mise_en_oeuvre,
        etapes_du_projet.etat_evaluation,
        etapes_du_projet.delai_lancement_jours,
        etapes_du_projet.delai_diagnostic_jours,
        etapes_du_projet.delai_programme_jours,
        etapes_du_projet.delai_mise_en_oeuvre_jours,
        etapes_du_projet.delai_evaluation_jours,
        etapes_du_projet.libelle_etape_suivante,
        coalesce(etapes_du_projet.est_etape_suivante_en_retard, false) as est_en_retard,
        projets.duree_accompagnement_mois,
        cast(normes.duree_min_mois as bigint) as duree_min_mois,
        cast(normes.duree_max_mois as bigint) as duree_max_mois,
        projets.nb_prerequis_reunis,
        projets.nb_prerequis_manquants,
        projets.nb_prerequis_inconnus,
        cast(normes.nb_prerequis as bigint) as nb_prerequis,
        coalesce(derniere_annee.nb_actions_validees, 0) as nb_actions_validees,
        coalesce(derniere_annee.nb_actions_achevees, 0) as nb_actions_achevees,
        coalesce(derniere_annee.nb_actions_examinees, 0) as nb_actions_examinees,
        coalesce(derniere_annee.nb_actions_evaluables, 0) as nb_actions_evaluables,
        coalesce(derniere_annee.nb_cibles_echues, 0) as nb_cibles_echues,
        coalesce(derniere_annee.nb_cibles_mesurees, 0) as nb_cibles_mesurees,
        coalesce(derniere_annee.nb_cibles_atteintes, 0) as nb_cibles_atteintes,
        coalesce(evaluations.nb_evaluations_attendues, 0) as nb_evaluations_attendues,
        coalesce(evaluations.nb_evaluations_en_retard, 0) as nb_evaluations_en_retard,
        evaluations.annee_a_evaluer,
        derniere_annee.montant_prevu_eur,
        derniere_annee.montant_realise_eur,
        temps.etp_annuel,
        cast(normes.etp_min as double) as etp_min,
        cast(normes.etp_max as double) as etp_max,
        extract(year from projets.date_situation) = extract(year from derniere_situation.jour)
            as est_suivi,
        coalesce(projets.date_fin_mandat < derniere_situation.jour, false) as est_mandat_fini,
        projets.est_demonstration

    from projets
    -- Un projet d'une collectivité d'ailleurs n'entre pas dans les comptes de la Bretagne.
    inner join bretagne
        on projets.siren = bretagne.siren
    cross join normes
    cross join derniere_situation
    left join etapes_du_projet
        on
            projets.siren = etapes_du_projet.siren
            and projets.code_projet = etapes_du_projet.code_projet
    left join derniere_annee
        on
            projets.siren = derniere_annee.siren
            and projets.code_projet = derniere_annee.code_projet
            and derniere_annee.rang = 1
    left join evaluations
        on
            projets.siren = evaluations.siren
            and projets.code_projet = evaluations.code_projet
    left join temps
        on
            projets.siren = temps.siren
            and projets.code_projet = temps.code_projet

),

final as (

    select
        siren,
        code_projet,
        libelle_projet,
        nom_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        row_number() over (
            order by
                est_suivi desc,
                etape_atteinte asc nulls last,
                nom_collectivite asc,
                siren asc,
                code_projet asc
        ) as ordre_projet,
        case
            when not est_suivi and not est_mandat_fini then 'Donner des nouvelles du projet'
            when libelle_etape_suivante is null then 'Préparer le projet du mandat suivant'
            when est_mandat_fini then 'Mandat fini : faire l’évaluation finale'
            when nb_evaluations_en_retard > 0 then concat('Évaluer l’année ', annee_a_evaluer)
            when est_en_retard then concat('Rattraper le retard : ', lower(libelle_etape_suivante))
            when nb_actions_validees = 0 and nb_prerequis_reunis < nb_prerequis
                then 'Réunir les conditions de réussite'
            when nb_actions_evaluables < nb_actions_validees
                then 'Donner cible et mode d’évaluation aux actions'
            else concat('Poursuivre : ', lower(libelle_etape_suivante))
        end as recommandation,
        date_situation,
        date_debut,
        date_fin,
        date_fin_mandat,
        etape_atteinte,
        etat_lancement,
        etat_diagnostic,
        etat_programme,
        etat_mise_en_oeuvre,
        etat_evaluation,
        delai_lancement_jours,
        delai_diagnostic_jours,
        delai_programme_jours,
        delai_mise_en_oeuvre_jours,
        delai_evaluation_jours,
        duree_accompagnement_mois,
        duree_min_mois,
        duree_max_mois,
        nb_prerequis_reunis,
        nb_prerequis_manquants,
        nb_prerequis_inconnus,
        nb_prerequis,
        nb_actions_validees,
        nb_actions_achevees,
        nb_actions_examinees,
        nb_actions_evaluables,
        nb_cibles_echues,
        nb_cibles_mesurees,
        nb_cibles_atteintes,
        nb_evaluations_attendues,
        nb_evaluations_en_retard,
        montant_prevu_eur,
        montant_realise_eur,
        etp_annuel,
        etp_min,
        etp_max,
        est_suivi,
        est_mandat_fini,
        est_en_retard,
        est_demonstration

    from situations

)

select * from final
