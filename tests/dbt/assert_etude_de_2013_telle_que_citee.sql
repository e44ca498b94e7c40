-- Les totaux de l'étude de 2013, publiés parmi les indicateurs, sont ceux que ses documents citent.
with

attendus as (

    select
        case code_valeur
            when 'G007' then 'ECO-05'
            when 'G008' then 'ECO-02'
            when 'G009' then 'ECO-03'
            when 'G013' then 'ECO-04'
        end as code_indicateur,
        valeur

    from {{ ref('dim_valeurs_sources') }}
    where code_valeur in ('G007', 'G008', 'G009', 'G013')

),

publies as (

    select
        code_indicateur,
        valeur

    from {{ ref('ind_valeurs') }}
    where
        dimension = 'scenario'
        and modalite = 'S0_2013'
        and perimetre_type = 'territoire'

)

select
    attendus.code_indicateur,
    attendus.valeur as valeur_citee,
    publies.valeur as valeur_publiee

from attendus
left join publies
    on attendus.code_indicateur = publies.code_indicateur
where
    publies.valeur is null
    or abs(publies.valeur - attendus.valeur) >= 1
