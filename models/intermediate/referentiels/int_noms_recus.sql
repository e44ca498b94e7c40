with

marches as (

    select * from {{ ref('stg_marches__marches') }}

),

valeurs as (

    select * from {{ ref('stg_retours__valeurs') }}

),

adhesions as (

    select * from {{ ref('stg_adhesions__adhesions') }}

),

noms as (

    select
        siren,
        trim(nom_acheteur) as nom
    from marches
    union all
    select
        siren,
        trim(nom_collectivite) as nom
    from valeurs
    union all
    select
        siren,
        trim(nom_recu) as nom
    from adhesions

),

final as (

    select
        siren,
        nom,
        count(*) as nb_lignes

    from noms
    where siren is not null and nom <> ''
    group by siren, nom

)

select * from final
