with

scenarios as (

    select * from {{ ref('hyp_scenarios') }}

),

variantes as (

    select * from {{ ref('hyp_variantes') }}

),

annuelles as (

    select * from {{ ref('int_economies_annuelles') }}

),

horizons as (

    select
        scenario,
        mesure,
        count(distinct annee) as horizon_annees

    from annuelles
    group by scenario, mesure

),

feuilles_variantes as (

    select
        scenario,
        variante,
        mesure,
        processus,
        nature_gain,
        cast({{ somme_avant_centimes('gain_total_eur') }} as decimal(18, 2)) as montant_eur,
        {{ somme_avant_centimes('heures_rendues') }} as nb_heures,
        {{ somme_avant_centimes('operations') }} as nb_operations,
        max(coefficient_quantiles) as coefficient_quantiles,
        bool_or(est_demonstration) as est_demonstration

    from annuelles
    group by scenario, variante, mesure, processus, nature_gain

),

ensembles as (

    select
        scenario,
        variante,
        mesure,
        coalesce(processus, 'ensemble') as processus,
        coalesce(nature_gain, 'ensemble') as nature_gain,
        sum(montant_eur) as montant_eur,
        sum(nb_heures) as nb_heures,
        sum(nb_operations) as nb_operations,
        -- Décote et actualisation multiplient toute la distribution, donc ses quantiles.
        max(coefficient_quantiles) as coefficient_quantiles,
        bool_or(est_demonstration) as est_demonstration

    from feuilles_variantes
    group by scenario, variante, mesure, cube (processus, nature_gain)

),

couvertures as (

    select
        scenario,
        mesure,
        coalesce(processus, 'ensemble') as processus,
        count(distinct siren) as nb_collectivites

    from {{ ref('ind_economies_collectivites') }}
    group by scenario, mesure, cube (processus)

),

attendues as (

    select count(distinct siren) as nb_collectivites
    from {{ ref('int_volumes_observes') }}

),

calages as (

    select
        scenario,
        max(facteur_calage) as facteur_calage

    from {{ ref('int_calages') }}
    where est_calibre
    group by scenario

),

acquisitions as (

    select
        scenario,
        variante,
        max(kappa) as facteur_calage,
        bool_or(est_calibre) as est_calibre

    from {{ ref('int_acquisition_classes') }}
    group by scenario, variante

),

heures as (

    select valeur_centrale as heures_par_an
    from {{ ref('int_parametres_cout') }}
    where
        parametre = 'heures_par_an'
        and classe_taille = 'toutes'

),

quantiles as (

    select * from {{ ref('int_economies_quantiles') }}

),

final as (

    select
        ensembles.scenario,
        scenarios.libelle_scenario,
        ensembles.mesure,
        ensembles.processus,
        ensembles.nature_gain,
        ensembles.variante,
        coalesce(variantes.libelle_variante, 'Selon la probabilité d''achat') as libelle_variante,
        {{ sans_collectivite() }},
        cast(horizons.horizon_annees as bigint) as horizon_annees,
        cast(scenarios.annee_base as bigint) as annee_base,
        cast(ensembles.montant_eur as decimal(18, 2)) as montant_eur,
        cast({{ ratio('ensembles.montant_eur', 'horizons.horizon_annees') }} as decimal(18, 2))
            as montant_annuel_eur,
        cast(round(ensembles.nb_heures) as bigint) as nb_heures,
        {{ ratio('ensembles.nb_heures', 'horizons.horizon_annees * heures.heures_par_an') }}
            as equivalents_temps_plein,
        cast(round(ensembles.nb_operations) as bigint) as nb_operations,
        cast(quantiles.p5_eur * ensembles.coefficient_quantiles as decimal(18, 2)) as p5_eur,
        cast(quantiles.p10_eur * ensembles.coefficient_quantiles as decimal(18, 2)) as p10_eur,
        cast(quantiles.p50_eur * ensembles.coefficient_quantiles as decimal(18, 2)) as p50_eur,
        cast(quantiles.p90_eur * ensembles.coefficient_quantiles as decimal(18, 2)) as p90_eur,
        cast(quantiles.p95_eur * ensembles.coefficient_quantiles as decimal(18, 2)) as p95_eur,
        quantiles.probabilite_gain,
        quantiles.probabilite_cible,
        cast(quantiles.nb_tirages as bigint) as nb_tirages,
        coalesce(variantes.est_calibre, acquisitions.est_calibre, false) as est_calibre,
        case
            when ensembles.mesure = 'acquisition_mutualisee' then acquisitions.facteur_calage
            when variantes.est_calibre then calages.facteur_calage
        end as facteur_calage,
        cast(
            case
                when scenarios.origine_volumes = 'observe' then couvertures.nb_collectivites
            end as bigint
        ) as nb_collectivites,
        cast(
            case
                when
                    scenarios.origine_volumes = 'observe'
                    and ensembles.mesure <> 'acquisition_mutualisee'
                    then attendues.nb_collectivites
            end as bigint
        ) as nb_collectivites_attendues,
        ensembles.est_demonstration

    from ensembles
    inner join scenarios
        on ensembles.scenario = scenarios.scenario
    inner join horizons
        on
            ensembles.scenario = horizons.scenario
            and ensembles.mesure = horizons.mesure
    cross join heures
    cross join attendues
    left join variantes
        on
            ensembles.mesure <> 'acquisition_mutualisee'
            and ensembles.scenario = variantes.scenario
            and ensembles.variante = variantes.variante
    left join acquisitions
        on
            ensembles.mesure = 'acquisition_mutualisee'
            and ensembles.scenario = acquisitions.scenario
            and ensembles.variante = acquisitions.variante
    left join calages
        on ensembles.scenario = calages.scenario
    left join couvertures
        on
            ensembles.scenario = couvertures.scenario
            and ensembles.mesure = couvertures.mesure
            and ensembles.processus = couvertures.processus
    left join quantiles
        on
            ensembles.scenario = quantiles.scenario
            and ensembles.mesure = quantiles.mesure
            and ensembles.processus = quantiles.processus
            and ensembles.nature_gain = quantiles.nature_gain
            and case when variantes.avec_couts_fixes then variantes.variante else 'tous' end
            = quantiles.variante

)

select * from final
