-- DEM-08 est la somme de DEM-09 sur les natures : si elle s'en écarte, l'un des deux compte un
-- acte que l'autre ignore.
{{ config(meta={'dagster': {'ref': {'name': 'ind_valeurs'}}}) }}

select
    perimetre_type,
    perimetre_code,
    periode_type,
    periode_debut
from {{ ref('ind_valeurs') }}
where
    code_indicateur in ('DEM-08', 'DEM-09')
    and periode_type in ('trimestre', 'annee')
    and statut <> 'estime'
group by perimetre_type, perimetre_code, periode_type, periode_debut
having
    coalesce(sum(numerateur) filter (where code_indicateur = 'DEM-08'), -1)
    <> coalesce(sum(numerateur) filter (where code_indicateur = 'DEM-09'), -1)
    or coalesce(sum(denominateur) filter (where code_indicateur = 'DEM-08'), -1)
    <> coalesce(sum(denominateur) filter (where code_indicateur = 'DEM-09'), -1)
