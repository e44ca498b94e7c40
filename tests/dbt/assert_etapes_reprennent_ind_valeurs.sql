-- La page des étapes additionne des collectivités : elle doit retrouver la Bretagne d'ind_valeurs,
-- étape par étape, aux deux termes, sans qu'une estimation y soit entrée.
{{ config(meta={'dagster': {'ref': {'name': 'ind_etapes_annees'}}}) }}

with

page as (

    select
        code_indicateur,
        modalite,
        annee,
        sum(numerateur) as numerateur,
        sum(denominateur) as denominateur,
        sum(nb_collectivites) as nb_collectivites

    from {{ ref('ind_etapes_annees') }}
    group by code_indicateur, modalite, annee

),

bretagne as (

    select * from {{ ref('ind_valeurs') }}
    where
        perimetre_type = 'territoire'
        and periode_type = 'annee'
        and population = 'toutes'
        and code_indicateur in (
            select etapes.code_indicateur from {{ ref('dim_etapes') }} as etapes
        )

)

select
    bretagne.code_indicateur,
    bretagne.modalite,
    bretagne.periode_debut,
    bretagne.numerateur,
    page.numerateur as numerateur_page,
    bretagne.denominateur,
    page.denominateur as denominateur_page

from bretagne
full outer join page
    on
        bretagne.code_indicateur = page.code_indicateur
        and bretagne.modalite = page.modalite
        and bretagne.periode_debut = page.annee
where
    page.numerateur is distinct from bretagne.numerateur
    or page.denominateur is distinct from bretagne.denominateur
    or page.nb_collectivites is distinct from bretagne.nb_collectivites
