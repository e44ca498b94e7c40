with

calages as (

    select * from {{ ref('int_calages') }}

),

economies as (

    select
        scenario,
        processus,
        sum(montant_eur) filter (where mesure = 'potentiel') as potentiel_eur,
        sum(montant_eur) filter (where mesure = 'projection_taux_constant') as projection_eur,
        sum(nb_operations) filter (where mesure = 'potentiel') as nb_operations_potentielles,
        sum(nb_operations) filter (where mesure = 'projection_taux_constant')
            as nb_operations_dematerialisees

    from {{ ref('ind_economies_collectivites') }}
    where mesure <> 'acquisition_mutualisee'
    group by scenario, processus

),

-- Moyenne simple : des collectivités quand elles sont connues, des processus sinon.
par_collectivite as (

    select
        scenario,
        processus,
        siren,
        {{ ratio(
            "sum(nb_operations) filter (where mesure = 'projection_taux_constant')",
            "sum(nb_operations) filter (where mesure = 'potentiel')",
        ) }} as taux

    from {{ ref('ind_economies_collectivites') }}
    where mesure <> 'acquisition_mutualisee'
    group by scenario, processus, siren

),

moyennes as (

    select
        scenario,
        processus,
        avg(taux) as taux_moyen_simple

    from par_collectivite
    group by scenario, processus

),

processus as (

    select
        economies.scenario,
        economies.processus,
        calages.facteur_calage,
        calages.est_calibre,
        coalesce(calages.est_cale, false) as est_cale,
        {{ ratio('economies.projection_eur', 'economies.potentiel_eur') }} as taux_economies,
        {{ ratio(
            'economies.nb_operations_dematerialisees', 'economies.nb_operations_potentielles'
        ) }} as taux_volumes,
        moyennes.taux_moyen_simple,
        {{ ratio('economies.potentiel_eur', 'economies.nb_operations_potentielles') }}
            as gain_operation_eur,
        economies.nb_operations_potentielles,
        economies.potentiel_eur,
        economies.projection_eur

    from economies
    inner join calages
        on
            economies.scenario = calages.scenario
            and economies.processus = calages.processus
    inner join moyennes
        on
            economies.scenario = moyennes.scenario
            and economies.processus = moyennes.processus

),

ensembles as (

    select
        processus.scenario,
        'ensemble' as processus,
        max(processus.facteur_calage) as facteur_calage,
        bool_or(processus.est_calibre) as est_calibre,
        false as est_cale,
        {{ ratio('sum(processus.projection_eur)', 'sum(processus.potentiel_eur)') }}
            as taux_economies,
        {{ ratio(
            'sum(processus.taux_volumes * processus.nb_operations_potentielles)',
            'sum(processus.nb_operations_potentielles)',
        ) }} as taux_volumes,
        avg(processus.taux_moyen_simple) as taux_moyen_simple,
        cast(null as double) as gain_operation_eur,
        sum(processus.nb_operations_potentielles) as nb_operations_potentielles,
        sum(processus.potentiel_eur) as potentiel_eur,
        sum(processus.projection_eur) as projection_eur

    from processus
    group by processus.scenario

),

lignes as (

    select
        scenario,
        processus,
        facteur_calage,
        est_calibre,
        est_cale,
        taux_economies,
        taux_volumes,
        taux_moyen_simple,
        gain_operation_eur,
        nb_operations_potentielles,
        potentiel_eur,
        projection_eur
    from processus

    union all

    select
        scenario,
        processus,
        facteur_calage,
        est_calibre,
        est_cale,
        taux_economies,
        taux_volumes,
        taux_moyen_simple,
        gain_operation_eur,
        nb_operations_potentielles,
        potentiel_eur,
        projection_eur
    from ensembles

),

final as (

    select
        scenario,
        processus,
        {{ sans_collectivite() }},
        facteur_calage,
        est_calibre,
        est_cale,
        taux_economies,
        taux_volumes,
        taux_moyen_simple,
        gain_operation_eur,
        cast(nb_operations_potentielles as bigint) as nb_operations_potentielles,
        cast(potentiel_eur as decimal(18, 2)) as montant_potentiel_eur,
        cast(projection_eur as decimal(18, 2)) as montant_projection_eur

    from lignes

)

select * from final
