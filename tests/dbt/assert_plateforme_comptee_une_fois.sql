-- Le marché commun est la quote-part de plateforme : il se retranche de l'achat en commun, en
-- entier et une fois, quelle que soit la clé qui le partage, et d'aucune autre mesure.
with

acquisitions as (

    select
        scenario,
        sum(montant_eur) as montant_eur

    from {{ ref('ind_economies_collectivites') }}
    where mesure = 'acquisition_mutualisee'
    group by scenario

),

partages as (

    select
        scenario,
        cle_repartition,
        sum(economie_brute_eur) as brut_eur,
        sum(contribution_eur) as contribution_eur

    from {{ ref('ind_mutualisation') }}
    where variante = 'central'
    group by scenario, cle_repartition
    having count(*) = count(contribution_eur)

),

couts as (

    select
        scenario,
        max(cout_commun_eur) as cout_commun_eur

    from {{ ref('int_acquisition_classes') }}
    group by scenario

),

doubles_comptes as (

    select
        scenario,
        concat('plateforme comptée dans ', mesure) as motif

    from {{ ref('ind_economies_collectivites') }}
    where (processus = 'plateforme') <> (mesure = 'acquisition_mutualisee')
    group by scenario, mesure

    union all

    select
        partages.scenario,
        concat('clé ', partages.cle_repartition, ' : le marché commun n''est pas partagé en entier')
            as motif

    from partages
    inner join couts
        on partages.scenario = couts.scenario
    where abs(cast(partages.contribution_eur as double) - cast(couts.cout_commun_eur as double)) > 1

    union all

    select
        partages.scenario,
        concat('clé ', partages.cle_repartition, ' : brut moins contribution faux')
            as motif

    from partages
    inner join acquisitions
        on partages.scenario = acquisitions.scenario
    where abs(partages.brut_eur - partages.contribution_eur - acquisitions.montant_eur) > 1

    union all

    select
        bareme as scenario,
        concat('poste ', poste, ' : la plateforme n''est pas un coût unitaire') as motif

    from {{ ref('ind_couts_unitaires') }}
    where
        lower(poste) like '%plateforme%'
        or lower(poste) like '%plate_forme%'

)

select
    scenario,
    motif
from doubles_comptes
