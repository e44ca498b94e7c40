-- Ce que la variante nette des coûts fixes retranche est la somme de ce que coûtent les classes :
-- un écart dit qu'une classe se perd, ou se compte sans que son économie le soit.
{{ config(meta={'dagster': {'ref': {'name': 'ind_couts_fixes'}}}) }}

with

classes as (

    select
        scenario,
        mesure,
        sum(cout_total_eur) as cout_total_eur

    from {{ ref('ind_couts_fixes') }}
    group by scenario, mesure

),

retranches as (

    select
        economies.scenario,
        economies.mesure,
        economies.variante,
        economies.montant_eur

    from {{ ref('ind_economies') }} as economies
    inner join {{ ref('hyp_variantes') }} as variantes
        on
            economies.scenario = variantes.scenario
            and economies.variante = variantes.variante
    where
        economies.processus = 'couts_fixes'
        and economies.nature_gain = 'ensemble'
        and variantes.taux_actualisation = 0

)

select
    retranches.scenario,
    retranches.mesure,
    retranches.variante,
    retranches.montant_eur,
    classes.cout_total_eur

from retranches
left join classes
    on
        retranches.scenario = classes.scenario
        and retranches.mesure = classes.mesure
where coalesce(abs(retranches.montant_eur + classes.cout_total_eur) > 1, true)
