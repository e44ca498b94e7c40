{{ config(materialized='view') }}

with

projets_annees as (

    select * from {{ ref('ind_projets_annees') }}

),

projets as (

    select * from {{ ref('fct_projets') }}

),

etapes as (

    select * from {{ ref('fct_etapes_projet') }}

),

conditions as (

    select * from {{ ref('fct_conditions_projet') }}

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

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

normes as (

    select max(valeur) filter (where cle = 'habitants_reference') as habitants_reference
    from {{ ref('dim_reglages') }}
    where hypotheses = 'programmes'

),

annees as (

    select
        projets_annees.siren,
        projets_annees.code_projet,
        projets_annees.annee,
        extract(year from projets_annees.annee) as millesime,
        cast(projets_annees.annee + interval 1 year - interval 1 day as date) as dernier_jour,
        projets_annees.est_connue,
        projets_annees.etape_atteinte,
        projets_annees.duree_accompagnement_mois,
        projets_annees.nb_prerequis_reunis,
        projets_annees.est_evaluation_due,
        projets_annees.nb_participations > 0 and projets_annees.nb_habitants > 0
            as est_participation_connue,
        projets_annees.nb_habitants,
        projets_annees.montant_realise_eur is not null and projets_annees.montant_prevu_eur > 0
            as est_budget_connu,
        projets_annees.nb_heures_consacrees is not null and projets_annees.nb_heures_prevues > 0
            as est_temps_connu,
        projets.fichier_sha256,
        projets.ligne

    from projets_annees
    inner join projets
        on
            projets_annees.siren = projets.siren
            and projets_annees.code_projet = projets.code_projet

),

actions_au_programme as (

    select
        annees.annee,
        annees.dernier_jour,
        actions.*

    from annees
    inner join actions
        on
            annees.siren = actions.siren
            and annees.code_projet = actions.code_projet
            and {{ est_action_au_programme('actions', 'annees.dernier_jour') }}
    where annees.est_connue

),

cibles_echues as (

    select
        actions_au_programme.annee,
        indicateurs_action.*

    from indicateurs_action
    inner join actions_au_programme
        on
            indicateurs_action.siren = actions_au_programme.siren
            and indicateurs_action.code_projet = actions_au_programme.code_projet
            and indicateurs_action.code_action = actions_au_programme.code_action
            and indicateurs_action.date_echeance <= actions_au_programme.dernier_jour
    where indicateurs_action.est_echu and indicateurs_action.est_mesure

),

evaluations_dues as (

    select
        annees.annee,
        evaluations.siren,
        evaluations.code_projet,
        evaluations.fichier_sha256,
        evaluations.ligne,
        row_number() over (
            partition by annees.siren, annees.code_projet, annees.annee
            order by evaluations.ligne asc
        ) as rang

    from annees
    inner join evaluations
        on
            annees.siren = evaluations.siren
            and annees.code_projet = evaluations.code_projet
            and annees.millesime = evaluations.annee
    where annees.est_evaluation_due and evaluations.est_faite

),

moyens_annees as (

    select
        annees.annee as periode,
        annees.est_budget_connu
        and moyens.montant_prevu_eur is not null
        and moyens.montant_realise_eur is not null as est_budget_connu,
        annees.est_temps_connu
        and moyens.nb_heures_prevues is not null
        and moyens.nb_heures_consacrees is not null as est_temps_connu,
        moyens.*

    from annees
    inner join moyens
        on
            annees.siren = moyens.siren
            and annees.code_projet = moyens.code_projet
            and annees.millesime >= moyens.annee
    where annees.est_connue

),

preuves as (

    select
        'PNT-01' as code_indicateur,
        etapes.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'numerateur' as terme,
        'étape acquise' as champ,
        etapes.code_etape as objet_id,
        1 as nombre,
        etapes.fichier_sha256,
        etapes.ligne
    from etapes
    inner join annees
        on
            etapes.siren = annees.siren
            and etapes.code_projet = annees.code_projet
            and etapes.date_acquisition <= annees.dernier_jour
    where annees.etape_atteinte is not null and etapes.est_acquise
    union all
    select
        'PNT-01' as code_indicateur,
        annees.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'denominateur' as terme,
        'projet' as champ,
        annees.code_projet as objet_id,
        1 as nombre,
        annees.fichier_sha256,
        annees.ligne
    from annees
    where annees.etape_atteinte is not null
    union all
    select
        'PNT-02' as code_indicateur,
        annees.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'numerateur' as terme,
        'mois d’accompagnement' as champ,
        annees.code_projet as objet_id,
        annees.duree_accompagnement_mois as nombre,
        annees.fichier_sha256,
        annees.ligne
    from annees
    where annees.duree_accompagnement_mois is not null
    union all
    select
        'PNT-02' as code_indicateur,
        annees.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'denominateur' as terme,
        'projet' as champ,
        annees.code_projet as objet_id,
        1 as nombre,
        annees.fichier_sha256,
        annees.ligne
    from annees
    where annees.duree_accompagnement_mois is not null
    union all
    select
        'PNT-03' as code_indicateur,
        conditions.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'numerateur' as terme,
        'prérequis réuni' as champ,
        conditions.code_condition as objet_id,
        1 as nombre,
        conditions.fichier_sha256,
        conditions.ligne
    from conditions
    inner join annees
        on
            conditions.siren = annees.siren
            and conditions.code_projet = annees.code_projet
    where annees.nb_prerequis_reunis is not null and conditions.reponse = 'oui'
    union all
    select
        'PNT-03' as code_indicateur,
        annees.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'denominateur' as terme,
        'projet' as champ,
        annees.code_projet as objet_id,
        1 as nombre,
        annees.fichier_sha256,
        annees.ligne
    from annees
    where annees.nb_prerequis_reunis is not null
    union all
    select
        'PNT-04' as code_indicateur,
        actions_au_programme.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        actions_au_programme.annee as mois,
        'numerateur' as terme,
        'action achevée' as champ,
        concat(actions_au_programme.code_projet, '/', actions_au_programme.code_action) as objet_id,
        1 as nombre,
        actions_au_programme.fichier_sha256,
        actions_au_programme.ligne
    from actions_au_programme
    where actions_au_programme.date_achevement <= actions_au_programme.dernier_jour
    union all
    select
        'PNT-04' as code_indicateur,
        actions_au_programme.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        actions_au_programme.annee as mois,
        'denominateur' as terme,
        'action validée' as champ,
        concat(actions_au_programme.code_projet, '/', actions_au_programme.code_action) as objet_id,
        1 as nombre,
        actions_au_programme.fichier_sha256,
        actions_au_programme.ligne
    from actions_au_programme
    union all
    select
        'PNT-05' as code_indicateur,
        actions_au_programme.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        actions_au_programme.annee as mois,
        'numerateur' as terme,
        'score de priorité' as champ,
        concat(actions_au_programme.code_projet, '/', actions_au_programme.code_action) as objet_id,
        actions_au_programme.score_priorite as nombre,
        actions_au_programme.fichier_sha256,
        actions_au_programme.ligne
    from actions_au_programme
    where actions_au_programme.score_priorite is not null
    union all
    select
        'PNT-05' as code_indicateur,
        actions_au_programme.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        actions_au_programme.annee as mois,
        'denominateur' as terme,
        'action notée' as champ,
        concat(actions_au_programme.code_projet, '/', actions_au_programme.code_action) as objet_id,
        1 as nombre,
        actions_au_programme.fichier_sha256,
        actions_au_programme.ligne
    from actions_au_programme
    where actions_au_programme.score_priorite is not null
    union all
    select
        'PNT-06' as code_indicateur,
        actions_au_programme.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        actions_au_programme.annee as mois,
        'numerateur' as terme,
        'action évaluable' as champ,
        concat(actions_au_programme.code_projet, '/', actions_au_programme.code_action) as objet_id,
        1 as nombre,
        actions_au_programme.fichier_sha256,
        actions_au_programme.ligne
    from actions_au_programme
    where actions_au_programme.est_evaluable
    union all
    select
        'PNT-06' as code_indicateur,
        actions_au_programme.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        actions_au_programme.annee as mois,
        'denominateur' as terme,
        'action examinée' as champ,
        concat(actions_au_programme.code_projet, '/', actions_au_programme.code_action) as objet_id,
        1 as nombre,
        actions_au_programme.fichier_sha256,
        actions_au_programme.ligne
    from actions_au_programme
    where actions_au_programme.est_mode_evaluation_connu
    union all
    select
        'PNT-07' as code_indicateur,
        cibles_echues.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cibles_echues.annee as mois,
        'numerateur' as terme,
        'cible atteinte' as champ,
        concat(cibles_echues.code_projet, '/', cibles_echues.code_indicateur_action) as objet_id,
        1 as nombre,
        cibles_echues.fichier_sha256,
        cibles_echues.ligne
    from cibles_echues
    where cibles_echues.est_atteint
    union all
    select
        'PNT-07' as code_indicateur,
        cibles_echues.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cibles_echues.annee as mois,
        'denominateur' as terme,
        'cible mesurée' as champ,
        concat(cibles_echues.code_projet, '/', cibles_echues.code_indicateur_action) as objet_id,
        1 as nombre,
        cibles_echues.fichier_sha256,
        cibles_echues.ligne
    from cibles_echues
    union all
    select
        'PNT-08' as code_indicateur,
        evaluations_dues.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        evaluations_dues.annee as mois,
        'numerateur' as terme,
        'évaluation faite' as champ,
        evaluations_dues.code_projet as objet_id,
        1 as nombre,
        evaluations_dues.fichier_sha256,
        evaluations_dues.ligne
    from evaluations_dues
    where evaluations_dues.rang = 1
    union all
    select
        'PNT-08' as code_indicateur,
        annees.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'denominateur' as terme,
        'projet' as champ,
        annees.code_projet as objet_id,
        1 as nombre,
        annees.fichier_sha256,
        annees.ligne
    from annees
    where annees.est_evaluation_due
    union all
    select
        'PNT-09' as code_indicateur,
        participations.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'numerateur' as terme,
        'participations pour mille habitants' as champ,
        concat(participations.code_projet, '/', participations.code_participation) as objet_id,
        participations.nb_participations * normes.habitants_reference as nombre,
        participations.fichier_sha256,
        participations.ligne
    from participations
    cross join normes
    inner join annees
        on
            participations.siren = annees.siren
            and participations.code_projet = annees.code_projet
            and participations.annee <= annees.millesime
    where annees.est_connue and annees.est_participation_connue
    union all
    select
        'PNT-09' as code_indicateur,
        annees.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        annees.annee as mois,
        'denominateur' as terme,
        'habitants' as champ,
        annees.code_projet as objet_id,
        annees.nb_habitants as nombre,
        annees.fichier_sha256,
        annees.ligne
    from annees
    where annees.est_participation_connue
    union all
    select
        'PNT-10' as code_indicateur,
        moyens_annees.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        moyens_annees.periode as mois,
        'numerateur' as terme,
        'montant réalisé' as champ,
        concat(moyens_annees.code_projet, '/', moyens_annees.annee) as objet_id,
        moyens_annees.montant_realise_eur as nombre,
        moyens_annees.fichier_sha256,
        moyens_annees.ligne
    from moyens_annees
    where moyens_annees.est_budget_connu
    union all
    select
        'PNT-10' as code_indicateur,
        moyens_annees.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        moyens_annees.periode as mois,
        'denominateur' as terme,
        'montant prévu' as champ,
        concat(moyens_annees.code_projet, '/', moyens_annees.annee) as objet_id,
        moyens_annees.montant_prevu_eur as nombre,
        moyens_annees.fichier_sha256,
        moyens_annees.ligne
    from moyens_annees
    where moyens_annees.est_budget_connu
    union all
    select
        'PNT-10' as code_indicateur,
        moyens_annees.siren,
        'moyen' as dimension,
        'temps' as modalite,
        moyens_annees.periode as mois,
        'numerateur' as terme,
        'heures consacrées' as champ,
        concat(moyens_annees.code_projet, '/', moyens_annees.annee) as objet_id,
        moyens_annees.nb_heures_consacrees as nombre,
        moyens_annees.fichier_sha256,
        moyens_annees.ligne
    from moyens_annees
    where moyens_annees.est_temps_connu
    union all
    select
        'PNT-10' as code_indicateur,
        moyens_annees.siren,
        'moyen' as dimension,
        'temps' as modalite,
        moyens_annees.periode as mois,
        'denominateur' as terme,
        'heures prévues' as champ,
        concat(moyens_annees.code_projet, '/', moyens_annees.annee) as objet_id,
        moyens_annees.nb_heures_prevues as nombre,
        moyens_annees.fichier_sha256,
        moyens_annees.ligne
    from moyens_annees
    where moyens_annees.est_temps_connu

),

{{ preuves_finales() }}

select * from final
