-- Un scénario calé publie ses totaux à l'euro près, et une économie à venir restante qui est leur
-- différence : c'est ce que le comité compare au document de 2013.
with

centrales as (

    select
        scenario,
        max(montant_eur) filter (where mesure = 'potentiel') as potentiel_eur,
        max(montant_eur) filter (where mesure = 'projection_taux_constant') as projection_eur,
        max(montant_eur) filter (where mesure = 'restant') as restant_eur

    from {{ ref('ind_economies') }}
    where
        variante = 'central'
        and processus = 'ensemble'
        and nature_gain = 'ensemble'
    group by scenario

)

select
    scenarios.scenario,
    centrales.potentiel_eur,
    centrales.projection_eur,
    centrales.restant_eur

from {{ ref('hyp_scenarios') }} as scenarios
left join centrales
    on scenarios.scenario = centrales.scenario
where
    (
        scenarios.cible_potentiel_eur is not null
        and coalesce(abs(centrales.potentiel_eur - scenarios.cible_potentiel_eur) >= 1, true)
    )
    or (
        scenarios.cible_projection_eur is not null
        and coalesce(abs(centrales.projection_eur - scenarios.cible_projection_eur) >= 1, true)
    )
    or abs(centrales.potentiel_eur - centrales.projection_eur - centrales.restant_eur) >= 1
