-- Une enquête d'un autre territoire est un repère : rien d'elle n'entre dans un taux breton, ni une
-- collectivité interrogée, ni une réponse. Le taux breton est celui des seules campagnes bretonnes.
{{ config(meta={'dagster': {'ref': {'name': 'ind_enquetes_recalculees'}}}) }}

with

externes as (

    select campagne
    from {{ ref('dim_campagnes') }}
    where est_externe

),

publies as (

    select
        periode_debut,
        numerateur,
        denominateur
    from {{ ref('ind_enquetes_recalculees') }}
    where
        code_indicateur = 'ENQ-02'
        and perimetre_type = 'territoire'
        and dimension = 'ensemble'

),

bretons as (

    select
        date_debut as periode_debut,
        sum(nb_repondants) as numerateur,
        sum(nb_population) as denominateur
    from {{ ref('ind_enquete_reponses') }}
    where
        dimension = 'ensemble'
        and campagne in (
            select collectivites.campagne
            from {{ ref('ind_enquetes_collectivites') }} as collectivites
        )
    group by date_debut

)

select
    'collectivite' as faute,
    cast(date_debut as date) as periode_debut
from {{ ref('ind_enquetes_collectivites') }}
where campagne in (select externes.campagne from externes)
union all
select
    'taux' as faute,
    publies.periode_debut
from publies
left join bretons
    on publies.periode_debut = bretons.periode_debut
where
    publies.numerateur <> bretons.numerateur
    or publies.denominateur <> bretons.denominateur
    or bretons.periode_debut is null
union all
select
    'periode' as faute,
    publies.periode_debut
from publies
inner join {{ ref('dim_campagnes') }} as campagnes
    on publies.periode_debut = campagnes.date_debut
where campagnes.est_externe
