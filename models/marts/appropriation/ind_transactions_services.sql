with

consultations as (

    select * from {{ ref('fct_consultations') }}

),

actes as (

    select * from {{ ref('fct_actes') }}

),

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}

),

transferts as (

    select * from {{ ref('fct_transferts_archives') }}

),

documents as (

    select * from {{ ref('fct_documents_services') }}

),

services as (

    select * from {{ ref('dim_services') }}

),

fusions as (

    select * from {{ ref('dim_fusions') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

{{ transactions_rattachees() }},

par_mois as (

    select
        siren,
        code_service,
        mois,
        count(*) as nb_transactions,
        bool_or(est_demonstration) as est_demonstration

    from rattachees
    group by siren, code_service, mois

),

final as (

    select
        par_mois.siren,
        par_mois.code_service,
        par_mois.mois,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        par_mois.nb_transactions,
        par_mois.est_demonstration

    from par_mois
    left join collectivites
        on par_mois.siren = collectivites.siren

)

select * from final
