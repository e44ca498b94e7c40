with

mois as (

    select * from {{ ref('dim_mois') }}

),

par_type as (

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

),

final as (

    select
        mois,
        periode_type,
        periode_debut,
        mois = max(mois) over (partition by periode_type, periode_debut) as est_dernier_mois

    from par_type

)

select * from final
