with

entites as (

    select * from {{ ref('stg_services__entites') }}

),

rangees as (

    select
        id_entite,
        siren,
        denomination,
        row_number() over (partition by id_entite order by fichier_id desc, ligne desc) as rang

    from entites

),

final as (

    select
        id_entite,
        siren,
        lower(trim(denomination)) as nom_entite,
        -- Un nom que deux collectivités portent n'en désigne aucune.
        min(siren) over (partition by lower(trim(denomination)))
        = max(siren) over (partition by lower(trim(denomination))) as est_nom_sans_homonyme

    from rangees
    where rang = 1

)

select * from final
