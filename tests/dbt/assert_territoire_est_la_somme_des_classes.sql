-- Chaque collectivité bretonne est dans une classe et une seule : la somme des classes est le
-- territoire, au numérateur, au dénominateur et en nombre de collectivités. Un écart dit qu'un
-- agrégat perd ou double des lignes.
{{ config(meta={'dagster': {'ref': {'name': 'ind_valeurs'}}}) }}

with

additives as (

    select ind_valeurs.*
    from {{ ref('ind_valeurs') }} as ind_valeurs
    inner join {{ ref('dim_indicateurs') }} as dim_indicateurs
        on
            ind_valeurs.code_indicateur = dim_indicateurs.code_indicateur
            and ind_valeurs.version_definition = dim_indicateurs.version_definition
    where dim_indicateurs.agregation <> 'non_additif'

)

select
    code_indicateur,
    dimension,
    modalite,
    periode_type,
    periode_debut
from additives
where perimetre_type in ('classe', 'territoire')
group by code_indicateur, dimension, modalite, periode_type, periode_debut
having
    coalesce(sum(numerateur) filter (where perimetre_type = 'classe'), -1)
    <> coalesce(sum(numerateur) filter (where perimetre_type = 'territoire'), -1)
    or coalesce(sum(denominateur) filter (where perimetre_type = 'classe'), -1)
    <> coalesce(sum(denominateur) filter (where perimetre_type = 'territoire'), -1)
    or sum(nb_collectivites_attendues) filter (where perimetre_type = 'classe')
    <> sum(nb_collectivites_attendues) filter (where perimetre_type = 'territoire')
