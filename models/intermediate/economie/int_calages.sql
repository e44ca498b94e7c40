with

scenarios as (

    select * from {{ ref('hyp_scenarios') }}

),

economies as (

    select
        scenario,
        processus,
        coalesce(sum(gain_total_eur) filter (where mesure = 'potentiel'), 0) as potentiel_eur,
        coalesce(sum(gain_total_eur) filter (where mesure = 'projection_taux_constant'), 0)
            as projection_eur

    from {{ ref('int_economies_jeux') }}
    where
        jeu = 'modes'
        and processus <> 'couts_fixes'
    group by scenario, processus

),

-- Premier total : un seul facteur, sur les volumes de tous les processus.
facteurs as (

    select
        economies.scenario,
        economies.processus,
        economies.potentiel_eur,
        economies.projection_eur,
        scenarios.cible_potentiel_eur is not null as est_calibre,
        scenarios.cible_projection_eur,
        coalesce(economies.processus = scenarios.processus_cale, false) as est_cale,
        case
            when scenarios.cible_potentiel_eur is null then 1
            else {{ ratio(
                'scenarios.cible_potentiel_eur',
                'sum(economies.potentiel_eur) over (partition by economies.scenario)',
            ) }}
        end as facteur

    from economies
    inner join scenarios
        on economies.scenario = scenarios.scenario

),

-- Second total : le taux d'un processus est ce qui manque aux autres.
final as (

    select
        scenario,
        processus,
        est_calibre,
        facteur as facteur_calage,
        potentiel_eur as potentiel_non_cale_eur,
        projection_eur as projection_non_calee_eur,
        {{ ratio('projection_eur', 'potentiel_eur') }} as taux_non_cale,
        case
            when est_cale and cible_projection_eur is not null
                then {{ ratio(
                    'cible_projection_eur - facteur * (sum(projection_eur) over '
                    '(partition by scenario) - projection_eur)',
                    'facteur * potentiel_eur',
                ) }}
            else {{ ratio('projection_eur', 'potentiel_eur') }}
        end as taux,
        est_cale

    from facteurs

)

select * from final
