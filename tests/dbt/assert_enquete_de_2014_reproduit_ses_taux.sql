-- Les effectifs de la note 003 redonnent les taux qu'elle affiche : 60, 79, 73, 64 et 70 %. Un
-- écart dit qu'un effectif, la formule ou l'arrondi a changé.
{{ config(meta={'dagster': {'ref': {'name': 'ind_enquete_reponses'}}}) }}

with

affiches as (

    select
        'moins_10000' as modalite,
        60 as taux_affiche
    union all
    select
        '10000_24999' as modalite,
        79 as taux_affiche
    union all
    select
        '25000_89999' as modalite,
        73 as taux_affiche
    union all
    select
        'plus_90000' as modalite,
        64 as taux_affiche
    union all
    select
        'ensemble' as modalite,
        70 as taux_affiche

)

select
    affiches.modalite,
    affiches.taux_affiche,
    reponses.taux_reponse
from affiches
left join {{ ref('ind_enquete_reponses') }} as reponses
    on
        affiches.modalite = reponses.modalite
        and reponses.campagne = 'NPDC-2014'
        and reponses.dimension in ('classe_taille', 'ensemble')
where coalesce(round(100 * reponses.taux_reponse) <> affiches.taux_affiche, true)
