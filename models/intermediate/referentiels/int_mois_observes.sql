with

actes as (

    select * from {{ ref('stg_actes__actes') }}

),

consultations as (

    select * from {{ ref('stg_consultations__consultations') }}

),

marches as (

    select * from {{ ref('stg_marches__marches') }}

),

flux_pes as (

    select * from {{ ref('stg_helios__flux_pes') }}

),

transferts as (

    select * from {{ ref('stg_archivage__transferts') }}

),

valeurs as (

    select * from {{ ref('stg_retours__valeurs') }}

),

documents as (

    select * from {{ ref('stg_services__documents') }}

),

journal as (

    select * from {{ ref('stg_services__journal') }}

),

tickets as (

    select * from {{ ref('stg_accompagnement__tickets') }}

),

adhesions as (

    select * from {{ ref('stg_adhesions__adhesions') }}

),

comptes as (

    select * from {{ ref('stg_comptes__comptes') }}

),

dates_recues as (

    select
        'actes' as source,
        date_decision as jour,
        true as etend_l_observation
    from actes
    union all
    select
        'consultations' as source,
        date_mise_en_ligne as jour,
        true as etend_l_observation
    from consultations
    union all
    select
        'marches' as source,
        date_notification as jour,
        true as etend_l_observation
    from marches
    union all
    select
        'helios' as source,
        date_flux as jour,
        true as etend_l_observation
    from flux_pes
    union all
    select
        'archivage' as source,
        date_transfert as jour,
        true as etend_l_observation
    from transferts
    union all
    select
        'retours' as source,
        mois as jour,
        true as etend_l_observation
    from valeurs
    union all
    select
        'services' as source,
        date_derniere_action as jour,
        true as etend_l_observation
    from documents
    union all
    select
        'services' as source,
        date_evenement as jour,
        true as etend_l_observation
    from journal
    union all
    -- Les tickets seuls : un événement de 2017 ne dit pas que l'assistance se suit depuis 2017.
    select
        'accompagnement' as source,
        mois as jour,
        false as etend_l_observation
    from tickets
    -- Une liste d'adhésions décrit tout ce qui la précède, jusqu'au jour qu'elle dit.
    union all
    select
        'adhesions' as source,
        date_debut as jour,
        false as etend_l_observation
    from adhesions
    union all
    select
        'adhesions' as source,
        date_photo as jour,
        false as etend_l_observation
    from adhesions
    union all
    select
        'comptes' as source,
        date_creation as jour,
        false as etend_l_observation
    from comptes

),

final as (

    select
        source,
        cast(date_trunc('month', min(jour)) as date) as premier_mois,
        cast(date_trunc('month', max(jour)) as date) as dernier_mois,
        bool_or(etend_l_observation) as etend_l_observation

    from dates_recues
    where jour is not null
    group by source

)

select * from final
