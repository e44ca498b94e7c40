with

projets as (

    select * from {{ ref('fct_projets') }}

),

etapes as (

    select * from {{ ref('fct_etapes_projet') }}

),

actions as (

    select * from {{ ref('fct_actions_projet') }}

),

indicateurs_action as (

    select * from {{ ref('fct_indicateurs_action') }}

),

evaluations as (

    select * from {{ ref('fct_evaluations_projet') }}

),

participations as (

    select * from {{ ref('fct_participations_projet') }}

),

moyens as (

    select * from {{ ref('fct_moyens_projet') }}

),

normes as (

    select max(valeur) filter (where cle = 'etape_programme_adopte') as etape_programme_adopte
    from {{ ref('hyp_programmes') }}

),

bornes as (

    select
        cast(date_trunc('year', min(date_debut)) as date) as debut,
        cast(date_trunc('year', max(date_situation)) as date) as fin

    from projets

),

suite as (

    {{ suite_de_mois('bornes', 'debut', 'fin') }}

),

annees as (

    select
        mois as annee,
        extract(year from mois) as millesime,
        cast(mois + interval 1 year - interval 1 day as date) as dernier_jour

    from suite
    where extract(month from mois) = 1

),

-- Un projet est suivi de son début à sa dernière photographie, puis attendu jusqu'à la fin du
-- mandat : le silence se voit.
projets_annees as (

    select
        projets.siren,
        projets.code_projet,
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
        projets.duree_accompagnement_mois,
        projets.nb_habitants,
        projets.nb_prerequis_reunis,
        projets.nb_prerequis_manquants,
        projets.nb_prerequis_inconnus,
        projets.est_demonstration,
        annees.annee,
        annees.millesime,
        annees.dernier_jour,
        annees.annee <= projets.date_situation as est_connue

    from projets
    inner join annees
        on
            projets.date_debut <= annees.dernier_jour
            and annees.annee <= greatest(
                projets.date_situation,
                coalesce(projets.date_fin_mandat, projets.date_situation)
            )

),

etapes_annees as (

    select
        projets_annees.siren,
        projets_annees.code_projet,
        projets_annees.annee,
        coalesce(max(etapes.ordre_etape) filter (where etapes.est_acquise), 0) as etape_atteinte,
        min(etapes.date_acquisition) filter (
            where etapes.ordre_etape = normes.etape_programme_adopte
        ) as date_programme

    from projets_annees
    cross join normes
    left join etapes
        on
            projets_annees.siren = etapes.siren
            and projets_annees.code_projet = etapes.code_projet
            and projets_annees.dernier_jour >= etapes.date_acquisition
    group by projets_annees.siren, projets_annees.code_projet, projets_annees.annee

),

-- Une action abandonnée sort du programme le jour de son abandon, une action ajoutée y entre le
-- jour de sa validation.
actions_annees as (

    select
        projets_annees.siren,
        projets_annees.code_projet,
        projets_annees.annee,
        count(*) as nb_actions_validees,
        count(*) filter (where actions.date_achevement <= projets_annees.dernier_jour)
            as nb_actions_achevees,
        count(*) filter (where actions.est_mode_evaluation_connu) as nb_actions_examinees,
        count(*) filter (where actions.est_evaluable) as nb_actions_evaluables,
        count(actions.score_priorite) as nb_actions_notees,
        {{ valeur_stable('sum(actions.score_priorite)') }} as total_priorite

    from projets_annees
    inner join actions
        on
            projets_annees.siren = actions.siren
            and projets_annees.code_projet = actions.code_projet
            and {{ est_action_au_programme('actions', 'projets_annees.dernier_jour') }}
    where projets_annees.est_connue
    group by projets_annees.siren, projets_annees.code_projet, projets_annees.annee

),

cibles_annees as (

    select
        projets_annees.siren,
        projets_annees.code_projet,
        projets_annees.annee,
        count(*) as nb_cibles_echues,
        count(*) filter (where indicateurs_action.est_mesure) as nb_cibles_mesurees,
        count(*) filter (where indicateurs_action.est_mesure and indicateurs_action.est_atteint)
            as nb_cibles_atteintes

    from projets_annees
    inner join indicateurs_action
        on
            projets_annees.siren = indicateurs_action.siren
            and projets_annees.code_projet = indicateurs_action.code_projet
            and projets_annees.dernier_jour >= indicateurs_action.date_echeance
            and indicateurs_action.est_echu
    inner join actions
        on
            indicateurs_action.siren = actions.siren
            and indicateurs_action.code_projet = actions.code_projet
            and indicateurs_action.code_action = actions.code_action
            and {{ est_action_au_programme('actions', 'projets_annees.dernier_jour') }}
    where projets_annees.est_connue
    group by projets_annees.siren, projets_annees.code_projet, projets_annees.annee

),

evaluations_annees as (

    select
        siren,
        code_projet,
        annee as millesime,
        bool_or(est_faite) as est_faite

    from evaluations
    group by siren, code_projet, annee

),

participations_annees as (

    select
        projets_annees.siren,
        projets_annees.code_projet,
        projets_annees.annee,
        sum(participations.nb_participations) as nb_participations

    from projets_annees
    inner join participations
        on
            projets_annees.siren = participations.siren
            and projets_annees.code_projet = participations.code_projet
            and projets_annees.millesime >= participations.annee
    where projets_annees.est_connue
    group by projets_annees.siren, projets_annees.code_projet, projets_annees.annee

),

-- Une année dont un des deux termes manque n'entre ni dans l'un ni dans l'autre.
moyens_annees as (

    select
        projets_annees.siren,
        projets_annees.code_projet,
        projets_annees.annee,
        sum(case when moyens.montant_realise_eur is not null then moyens.montant_prevu_eur end)
            as montant_prevu_eur,
        sum(case when moyens.montant_prevu_eur is not null then moyens.montant_realise_eur end)
            as montant_realise_eur,
        sum(case when moyens.nb_heures_consacrees is not null then moyens.nb_heures_prevues end)
            as nb_heures_prevues,
        sum(case when moyens.nb_heures_prevues is not null then moyens.nb_heures_consacrees end)
            as nb_heures_consacrees,
        bool_or(moyens.montant_prevu_eur is null or moyens.montant_realise_eur is null)
            as est_budget_incomplet

    from projets_annees
    inner join moyens
        on
            projets_annees.siren = moyens.siren
            and projets_annees.code_projet = moyens.code_projet
            and projets_annees.millesime >= moyens.annee
    where projets_annees.est_connue
    group by projets_annees.siren, projets_annees.code_projet, projets_annees.annee

),

final as (

    select
        projets_annees.siren,
        projets_annees.code_projet,
        projets_annees.annee,
        projets_annees.nom_collectivite,
        projets_annees.type_collectivite,
        projets_annees.classe_taille,
        projets_annees.code_departement,
        projets_annees.nom_departement,
        projets_annees.siren_epci,
        projets_annees.nom_epci,
        case when projets_annees.est_connue then etapes_annees.etape_atteinte end as etape_atteinte,
        case
            when projets_annees.date_fin <= projets_annees.dernier_jour
                then projets_annees.duree_accompagnement_mois
        end as duree_accompagnement_mois,
        case
            when
                projets_annees.est_connue
                and projets_annees.nb_prerequis_reunis + projets_annees.nb_prerequis_manquants > 0
                then projets_annees.nb_prerequis_reunis
        end as nb_prerequis_reunis,
        projets_annees.nb_prerequis_inconnus,
        actions_annees.nb_actions_validees,
        actions_annees.nb_actions_achevees,
        actions_annees.nb_actions_examinees,
        actions_annees.nb_actions_evaluables,
        actions_annees.nb_actions_notees,
        cast(actions_annees.total_priorite as double) as total_priorite,
        coalesce(cibles_annees.nb_cibles_echues, 0) as nb_cibles_echues,
        coalesce(cibles_annees.nb_cibles_mesurees, 0) as nb_cibles_mesurees,
        coalesce(cibles_annees.nb_cibles_atteintes, 0) as nb_cibles_atteintes,
        coalesce(
            etapes_annees.date_programme < projets_annees.annee
            and projets_annees.date_situation >= projets_annees.dernier_jour
            and (
                projets_annees.date_fin_mandat is null
                or projets_annees.annee <= projets_annees.date_fin_mandat
            ),
            false
        ) as est_evaluation_due,
        coalesce(evaluations_annees.est_faite, false) as est_evaluation_faite,
        cast(participations_annees.nb_participations as bigint) as nb_participations,
        projets_annees.nb_habitants,
        cast(moyens_annees.montant_prevu_eur as decimal(18, 2)) as montant_prevu_eur,
        cast(moyens_annees.montant_realise_eur as decimal(18, 2)) as montant_realise_eur,
        cast(moyens_annees.nb_heures_prevues as bigint) as nb_heures_prevues,
        cast(moyens_annees.nb_heures_consacrees as bigint) as nb_heures_consacrees,
        coalesce(moyens_annees.est_budget_incomplet, false) as est_budget_incomplet,
        coalesce(etapes_annees.date_programme is not null, false) as est_programme_adopte,
        projets_annees.est_connue,
        projets_annees.est_connue
        and projets_annees.date_situation < projets_annees.dernier_jour as est_provisoire,
        projets_annees.est_demonstration

    from projets_annees
    inner join etapes_annees
        on
            projets_annees.siren = etapes_annees.siren
            and projets_annees.code_projet = etapes_annees.code_projet
            and projets_annees.annee = etapes_annees.annee
    left join actions_annees
        on
            projets_annees.siren = actions_annees.siren
            and projets_annees.code_projet = actions_annees.code_projet
            and projets_annees.annee = actions_annees.annee
    left join cibles_annees
        on
            projets_annees.siren = cibles_annees.siren
            and projets_annees.code_projet = cibles_annees.code_projet
            and projets_annees.annee = cibles_annees.annee
    left join evaluations_annees
        on
            projets_annees.siren = evaluations_annees.siren
            and projets_annees.code_projet = evaluations_annees.code_projet
            and projets_annees.millesime = evaluations_annees.millesime
    left join participations_annees
        on
            projets_annees.siren = participations_annees.siren
            and projets_annees.code_projet = participations_annees.code_projet
            and projets_annees.annee = participations_annees.annee
    left join moyens_annees
        on
            projets_annees.siren = moyens_annees.siren
            and projets_annees.code_projet = moyens_annees.code_projet
            and projets_annees.annee = moyens_annees.annee

)

select * from final
