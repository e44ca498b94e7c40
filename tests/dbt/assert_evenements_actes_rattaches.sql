-- Un courrier, une annulation ou une enveloppe sans son acte : rien n'est compté faux, mais un acte
-- manque aux chiffres. Simple avertissement, car il peut encore arriver.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_actes'}}}) }}

with

evenements as (

    select * from {{ ref('stg_actes__evenements') }}

),

actes as (

    select * from {{ ref('fct_actes') }}

),

final as (

    select
        evenements.cle_acte,
        count(*) as nb_evenements

    from evenements
    left join actes
        on evenements.cle_acte = actes.cle_acte
    where
        evenements.cle_acte is not null
        and actes.cle_acte is null
    group by evenements.cle_acte

)

select * from final
