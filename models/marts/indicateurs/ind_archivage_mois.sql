with

transferts as (

    select * from {{ ref('fct_transferts_archives') }}

),


termes as (

    select * from {{ ref('fct_termes_declares') }}

),

indicateurs as (

    select distinct code_indicateur
    from {{ ref('dim_indicateurs') }}
    where source_numerateur = 'archivage'

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

plateforme as (

    select
        'DEM-21' as code_indicateur,
        siren,
        cast(date_trunc('month', date_transfert) as date) as mois,
        count(*) filter (where statut = 'accepte') as nombre,
        bool_or(est_demonstration) as est_demonstration

    from transferts
    where date_transfert is not null
    group by siren, cast(date_trunc('month', date_transfert) as date)

),

{{ mesures_rapprochees('est_couvert_archivage') }},

{{ mesures_finales() }}

select * from final
