with

mois as (

    select * from {{ ref('dim_mois') }}

),

final as (

    select
        mois,
        'mois' as periode_type,
        mois as periode_debut
    from mois
    union all
    select
        mois,
        'trimestre' as periode_type,
        trimestre as periode_debut
    from mois
    union all
    select
        mois,
        'annee' as periode_type,
        annee as periode_debut
    from mois

)

select * from final
