with

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}

),

termes_declares as (

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
        count(*) as nb_flux,
        count(*) filter (where statut_acquit = 'rejete') as nb_flux_rejetes,
        sum(nb_pieces_signees) filter (where statut_acquit <> 'rejete') as nb_pieces_signees,
        sum(nb_bordereaux_signes) filter (where statut_acquit <> 'rejete') as nb_bordereaux_signes,
        sum(nb_pj_dematerialisees) filter (where statut_acquit <> 'rejete')
            as nb_pj_dematerialisees,
        bool_or(est_demonstration) as est_demonstration

    from flux_pes
    where date_flux is not null
    group by siren, cast(date_trunc('month', date_flux) as date)

),

-- Le nombre de flux se lit sur la plateforme, sans retour : un mois couvert sans flux en compte 0.
termes as (

    select
        code_indicateur,
        terme,
        siren,
        mois,
        valeur,
        est_demonstration
    from termes_declares
    union all
    select
        'DEM-18' as code_indicateur,
        'denominateur' as terme,
        collectivites_mois.siren,
        collectivites_mois.mois,
        coalesce(flux_par_mois.nb_flux, 0) as valeur,
        coalesce(flux_par_mois.est_demonstration, false) as est_demonstration
    from collectivites_mois
    left join flux_par_mois
        on
            collectivites_mois.siren = flux_par_mois.siren
            and collectivites_mois.mois = flux_par_mois.mois
    where collectivites_mois.est_couvert_helios

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
    union all
    select
        'DEM-18' as code_indicateur,
        siren,
        mois,
        nb_flux_rejetes as nombre,
        est_demonstration
    from flux_par_mois

),

{{ mesures_rapprochees('est_couvert_helios') }},

{{ mesures_finales() }}

select * from final
