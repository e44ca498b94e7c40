-- Aux niveaux centraux, le simulateur redonne les chiffres publiés du scénario, à un euro près.
with

simules as (

    select
        scenario,
        mesure,
        sum(montant_eur) as montant_eur,
        count(*) as nb_lignes

    from {{ ref('ind_simulateur') }}
    where est_central
    group by scenario, mesure

),

publies as (

    select
        scenario,
        mesure,
        montant_eur

    from {{ ref('ind_economies') }}
    where
        variante = 'central'
        and processus = 'ensemble'
        and nature_gain = 'ensemble'
        and mesure <> 'constate'

)

select
    publies.scenario,
    publies.mesure,
    publies.montant_eur as montant_publie_eur,
    simules.montant_eur as montant_simule_eur

from publies
left join simules
    on
        publies.scenario = simules.scenario
        and publies.mesure = simules.mesure
where
    simules.montant_eur is null
    or abs(simules.montant_eur - publies.montant_eur) > 1
