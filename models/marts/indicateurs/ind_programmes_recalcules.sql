with

annees as (

    select * from {{ ref('ind_projets_annees') }}

),

normes as (

    select max(valeur) filter (where cle = 'habitants_reference') as habitants_reference
    from {{ ref('hyp_programmes') }}

),

annees_et_normes as (

    select
        annees.siren,
        annees.annee,
        annees.nb_participations,
        annees.nb_habitants,
        annees.est_provisoire,
        annees.est_demonstration,
        normes.habitants_reference

    from annees
    cross join normes

),

indicateurs as (

    select
        code_indicateur,
        max(agregation) as agregation,
        max(origine) as origine

    from {{ ref('dim_indicateurs') }}
    group by code_indicateur

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

mesures as (

    select
        'PNT-01' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        etape_atteinte as numerateur,
        1 as denominateur,
        true as est_attendu,
        false as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-02' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        duree_accompagnement_mois as numerateur,
        1 as denominateur,
        duree_accompagnement_mois is not null as est_attendu,
        false as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-03' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        nb_prerequis_reunis as numerateur,
        1 as denominateur,
        true as est_attendu,
        nb_prerequis_inconnus > 0 as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-04' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        nb_actions_achevees as numerateur,
        nb_actions_validees as denominateur,
        est_programme_adopte as est_attendu,
        false as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-05' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        total_priorite as numerateur,
        nb_actions_notees as denominateur,
        est_programme_adopte as est_attendu,
        nb_actions_notees < nb_actions_validees as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-06' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        nb_actions_evaluables as numerateur,
        nb_actions_examinees as denominateur,
        est_programme_adopte as est_attendu,
        nb_actions_examinees < nb_actions_validees as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-07' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        nb_cibles_atteintes as numerateur,
        nb_cibles_mesurees as denominateur,
        nb_cibles_echues > 0 as est_attendu,
        nb_cibles_mesurees < nb_cibles_echues as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-08' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        case when est_evaluation_due and est_evaluation_faite then 1 else 0 end as numerateur,
        case when est_evaluation_due then 1 else 0 end as denominateur,
        est_evaluation_due as est_attendu,
        false as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-09' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        nb_participations * habitants_reference as numerateur,
        nb_habitants as denominateur,
        true as est_attendu,
        false as est_partiel,
        est_provisoire,
        est_demonstration
    from annees_et_normes
    union all
    select
        'PNT-10' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        annee,
        cast(round(montant_realise_eur) as bigint) as numerateur,
        cast(round(montant_prevu_eur) as bigint) as denominateur,
        true as est_attendu,
        est_budget_incomplet as est_partiel,
        est_provisoire,
        est_demonstration
    from annees
    union all
    select
        'PNT-10' as code_indicateur,
        'moyen' as dimension,
        'temps' as modalite,
        siren,
        annee,
        nb_heures_consacrees as numerateur,
        nb_heures_prevues as denominateur,
        true as est_attendu,
        false as est_partiel,
        est_provisoire,
        est_demonstration
    from annees

),

-- Un projet sans l'un des deux termes n'entre pas dans l'agrégat.
mesures_connues as (

    select
        code_indicateur,
        dimension,
        modalite,
        siren,
        annee,
        case when denominateur > 0 then cast(numerateur as double) end as numerateur,
        case when numerateur is not null and denominateur > 0 then cast(denominateur as double) end
            as denominateur,
        coalesce(numerateur is not null and denominateur > 0, false) as est_connu,
        est_attendu,
        coalesce(est_partiel, false) as est_partiel,
        est_provisoire,
        est_demonstration

    from mesures

),

-- Étapes, durées et scores ne s'additionnent pas : leur médiane se recalcule sur les projets à
-- chaque niveau. Les autres additionnent leurs deux termes.
par_perimetre as (

    select
        mesures_connues.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        mesures_connues.dimension,
        mesures_connues.modalite,
        mesures_connues.annee,
        {{ somme_exacte('mesures_connues.numerateur') }} as numerateur,
        {{ somme_exacte('mesures_connues.denominateur') }} as denominateur,
        median(mesures_connues.numerateur) as mediane,
        count(distinct case when mesures_connues.est_connu then mesures_connues.siren end)
            as nb_collectivites,
        count(
            distinct case
                when mesures_connues.est_attendu or mesures_connues.est_connu
                    then mesures_connues.siren
            end
        ) as nb_collectivites_attendues,
        coalesce(bool_or(mesures_connues.est_partiel and mesures_connues.est_connu), false)
            as est_partiel,
        bool_or(mesures_connues.est_provisoire) as est_provisoire,
        bool_or(mesures_connues.est_demonstration) as est_demonstration

    from mesures_connues
    inner join perimetres
        on mesures_connues.siren = perimetres.siren
    group by
        mesures_connues.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        mesures_connues.dimension,
        mesures_connues.modalite,
        mesures_connues.annee

),

final as (

    select
        par_perimetre.code_indicateur,
        par_perimetre.perimetre_type,
        par_perimetre.perimetre_code,
        'toutes' as population,
        par_perimetre.dimension,
        par_perimetre.modalite,
        'annee' as periode_type,
        par_perimetre.annee as periode_debut,
        par_perimetre.numerateur,
        par_perimetre.denominateur,
        case
            when indicateurs.agregation = 'non_additif' then cast(par_perimetre.mediane as double)
            else {{ ratio('par_perimetre.numerateur', 'par_perimetre.denominateur') }}
        end as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        par_perimetre.nb_collectivites,
        par_perimetre.nb_collectivites_attendues,
        case
            when par_perimetre.nb_collectivites = 0 then 'absent'
            when
                par_perimetre.est_partiel
                or par_perimetre.nb_collectivites < par_perimetre.nb_collectivites_attendues
                then 'partiel'
            else indicateurs.origine
        end as statut,
        par_perimetre.est_provisoire,
        par_perimetre.est_demonstration

    from par_perimetre
    inner join indicateurs
        on par_perimetre.code_indicateur = indicateurs.code_indicateur

)

select * from final
