with

termes as (

    select * from {{ ref('fct_termes_declares') }}

),

indicateurs as (

    select distinct code_indicateur
    from {{ ref('dim_indicateurs') }}
    where source_numerateur = 'retours' and famille = 'DEM'

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

plateforme as (

    select
        code_indicateur,
        siren,
        mois,
        valeur as nombre,
        est_demonstration

    from termes
    where terme = 'numerateur'

),

{{ mesures_rapprochees() }},

{{ mesures_finales() }}

select * from final
