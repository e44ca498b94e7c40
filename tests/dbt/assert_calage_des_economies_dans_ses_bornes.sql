-- Un calage qui double les volumes ou les divise par deux dit que le barème n'est pas celui de
-- l'étude : le chiffre qu'il donne serait faux. Les bornes sont dans hyp_reglages_economies.
-- Un taux calé hors de 0 à 1 le dit aussi.
with

bornes as (

    select
        max(valeur) filter (where cle = 'facteur_calage_min') as borne_min,
        max(valeur) filter (where cle = 'facteur_calage_max') as borne_max

    from {{ ref('hyp_reglages_economies') }}

)

select
    calages.scenario,
    calages.processus,
    calages.facteur_calage,
    calages.taux,
    'Le calage du scénario sort de ses bornes : revoyez ses paramètres ou ses cibles.' as message

from {{ ref('int_calages') }} as calages
cross join bornes
where
    calages.est_calibre
    and (
        calages.facteur_calage is null
        or calages.facteur_calage < bornes.borne_min
        or calages.facteur_calage > bornes.borne_max
        or calages.taux is null
        or calages.taux < 0
        or calages.taux > 1
    )
