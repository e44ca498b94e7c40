-- Chaque nature d'acte a exactement un code de retour qui la compte, nommé d'après elle, et aucun
-- autre code n'en a. Sinon le taux de télétransmission d'une nature se calculerait sur le
-- dénominateur d'une autre.
{{ config(meta={'dagster': {'ref': {'name': 'ref_codes_retour'}}}) }}

with

codes as (

    select
        code,
        nature_code

    from {{ ref('ref_codes_retour') }}

),

natures as (

    select code as nature_code
    from {{ ref('ref_natures_acte') }}

)

select
    natures.nature_code as nature_attendue,
    codes.code,
    codes.nature_code
from natures
full join codes
    on codes.code = concat('ACTES_TRANSMISSIBLES_', natures.nature_code)
where
    (natures.nature_code is not null and codes.code is null)
    or (natures.nature_code is null and codes.nature_code is not null)
    or natures.nature_code <> codes.nature_code
