-- `siren` n'est rempli que pour le périmètre d'une seule collectivité : le filtrer ne doit jamais
-- montrer un agrégat.
{{ config(meta={'dagster': {'ref': {'name': 'ind_valeurs'}}}) }}

select
    perimetre_type,
    perimetre_code,
    siren
from {{ ref('ind_valeurs') }}
where (perimetre_type = 'collectivite') <> (siren is not null)
