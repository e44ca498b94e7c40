with

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}

),


termes as (

    select * from {{ ref('fct_termes_declares') }}

),

indicateurs as (

    select distinct code_indicateur
    from {{ ref('dim_indicateurs') }}
    where source_numerateur = 'helios'

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

flux_par_mois as (

    select
        siren,
        cast(date_trunc('month', date_flux) as date) as mois,
        sum(nb_pieces_signees) as nb_pieces_signees,
        sum(nb_bordereaux_signes) as nb_bordereaux_signes,
        sum(nb_pj_dematerialisees) as nb_pj_dematerialisees,
        bool_or(est_demonstration) as est_demonstration

    from flux_pes
    where
        date_flux is not null
        and statut_acquit <> 'rejete'
    group by siren, cast(date_trunc('month', date_flux) as date)

),

plateforme as (

    select
        'DEM-14' as code_indicateur,
        siren,
        mois,
        nb_pieces_signees as nombre,
        est_demonstration
    from flux_par_mois
    union all
    select
        'DEM-15' as code_indicateur,
        siren,
        mois,
        nb_bordereaux_signes as nombre,
        est_demonstration
    from flux_par_mois
    union all
    select
        'DEM-16' as code_indicateur,
        siren,
        mois,
        nb_pj_dematerialisees as nombre,
        est_demonstration
    from flux_par_mois

),

{{ mesures_rapprochees('est_couvert_helios') }},

{{ mesures_finales() }}

select * from final
