with

tirages as (

    select * from {{ ref('int_economies_tirages') }}
    where
        jeu <> 'modes'
        and jeu not like '%:%'

),

cibles as (

    select
        scenario,
        'potentiel' as mesure,
        cible_potentiel_eur as cible_eur
    from {{ ref('hyp_scenarios') }}

    union all

    select
        scenario,
        'projection_taux_constant' as mesure,
        cible_projection_eur as cible_eur
    from {{ ref('hyp_scenarios') }}

),

-- `tous` sert à toute variante qui ne fait que multiplier ; une variante nette des coûts fixes a
-- ses propres quantiles.
variantes as (

    select
        scenario,
        'tous' as variante,
        cast(0 as double) as decote,
        0 as part_couts_fixes
    from {{ ref('hyp_scenarios') }}

    union all

    select
        scenario,
        variante,
        decote,
        1 as part_couts_fixes
    from {{ ref('hyp_variantes') }}
    where avec_couts_fixes

),

montants as (

    select
        tirages.scenario,
        variantes.variante,
        tirages.mesure,
        tirages.processus,
        tirages.nature_gain,
        case
            when tirages.gain_total_eur is not null or variantes.part_couts_fixes = 1
                then
                    coalesce(tirages.gain_total_eur, 0) * (1 - variantes.decote)
                    + tirages.couts_fixes_eur * variantes.part_couts_fixes
        end as montant_eur,
        case
            when tirages.processus = 'ensemble' and tirages.nature_gain = 'ensemble'
                then cibles.cible_eur
        end as cible_eur

    from tirages
    inner join variantes
        on tirages.scenario = variantes.scenario
    left join cibles
        on
            tirages.scenario = cibles.scenario
            and tirages.mesure = cibles.mesure

),

final as (

    select
        scenario,
        variante,
        mesure,
        processus,
        nature_gain,
        count(*) as nb_tirages,
        {{ quantile('montant_eur', 0.05) }} as p5_eur,
        {{ quantile('montant_eur', 0.10) }} as p10_eur,
        {{ quantile('montant_eur', 0.50) }} as p50_eur,
        {{ quantile('montant_eur', 0.90) }} as p90_eur,
        {{ quantile('montant_eur', 0.95) }} as p95_eur,
        avg(case when montant_eur > 0 then 1 else 0 end) as probabilite_gain,
        avg(case when montant_eur >= cible_eur then 1 when montant_eur < cible_eur then 0 end)
            as probabilite_cible

    from montants
    where montant_eur is not null
    group by scenario, variante, mesure, processus, nature_gain

)

select * from final
