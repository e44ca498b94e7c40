-- Un calage hors de ses bornes dit que les prix posés ne décrivent pas l'économie citée :
-- rien ne se publie.
with

calages as (

    select distinct
        scenario,
        kappa
    from {{ ref('int_acquisition_classes') }}
    where est_calibre

),

bornes as (

    select
        scenario,
        max(valeur) filter (where cle = 'kappa_min') as kappa_min,
        max(valeur) filter (where cle = 'kappa_max') as kappa_max

    from {{ ref('hyp_budget_syndicat') }}
    group by scenario

)

select
    calages.scenario,
    calages.kappa,
    bornes.kappa_min,
    bornes.kappa_max

from calages
inner join bornes
    on calages.scenario = bornes.scenario
where
    calages.kappa is null
    or bornes.kappa_min is null
    or bornes.kappa_max is null
    or calages.kappa < bornes.kappa_min
    or calages.kappa > bornes.kappa_max
