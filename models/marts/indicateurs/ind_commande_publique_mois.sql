with

consultations as (

    select * from {{ ref('fct_consultations') }}

),


termes as (

    select * from {{ ref('fct_termes_declares') }}

),

indicateurs as (

    select distinct code_indicateur
    from {{ ref('dim_indicateurs') }}
    where source_numerateur = 'consultations'

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

consultations_par_mois as (

    select
        siren,
        cast(date_trunc('month', date_mise_en_ligne) as date) as mois,
        count(*) as nb_consultations,
        sum(nb_retraits_electroniques) as nb_retraits_electroniques,
        sum(nb_plis_electroniques) as nb_plis_electroniques,
        bool_or(est_demonstration) as est_demonstration

    from consultations
    where date_mise_en_ligne is not null
    group by siren, cast(date_trunc('month', date_mise_en_ligne) as date)

),

plateforme as (

    select
        'DEM-01' as code_indicateur,
        siren,
        mois,
        nb_consultations as nombre,
        est_demonstration
    from consultations_par_mois
    union all
    select
        'DEM-02' as code_indicateur,
        siren,
        mois,
        nb_retraits_electroniques as nombre,
        est_demonstration
    from consultations_par_mois
    union all
    select
        'DEM-03' as code_indicateur,
        siren,
        mois,
        nb_plis_electroniques as nombre,
        est_demonstration
    from consultations_par_mois

),

{{ mesures_rapprochees('est_couvert_consultations') }},

{{ mesures_finales() }}

select * from final
