-- Le total du territoire est la somme de ce que chaque collectivité lit sur sa fiche, par mesure,
-- processus et nature comme pour l'ensemble : un écart dit qu'une ligne se perd ou se compte deux
-- fois.
with

collectivites as (

    select
        scenario,
        mesure,
        coalesce(processus, 'ensemble') as processus,
        coalesce(nature_gain, 'ensemble') as nature_gain,
        sum(montant_eur) as montant_eur,
        sum(nb_heures) as nb_heures

    from {{ ref('ind_economies_collectivites') }}
    group by scenario, mesure, cube (processus, nature_gain)

),

territoire as (

    select
        scenario,
        mesure,
        processus,
        nature_gain,
        montant_eur,
        nb_heures

    from {{ ref('ind_economies') }}
    where variante = 'central'

)

select
    coalesce(territoire.scenario, collectivites.scenario) as scenario,
    coalesce(territoire.mesure, collectivites.mesure) as mesure,
    coalesce(territoire.processus, collectivites.processus) as processus,
    coalesce(territoire.nature_gain, collectivites.nature_gain) as nature_gain,
    territoire.montant_eur as territoire_eur,
    collectivites.montant_eur as collectivites_eur

from territoire
full outer join collectivites
    on
        territoire.scenario = collectivites.scenario
        and territoire.mesure = collectivites.mesure
        and territoire.processus = collectivites.processus
        and territoire.nature_gain = collectivites.nature_gain
where
    coalesce(territoire.montant_eur <> collectivites.montant_eur, true)
    or coalesce(territoire.nb_heures <> collectivites.nb_heures, true)
