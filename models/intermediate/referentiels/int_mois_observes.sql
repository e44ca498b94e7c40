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

dates_recues as (

    select
        'actes' as source,
        date_decision as jour
    from actes
    union all
    select
        'consultations' as source,
        date_mise_en_ligne as jour
    from consultations
    union all
    select
        'marches' as source,
        date_notification as jour
    from marches
    union all
    select
        'helios' as source,
        date_flux as jour
    from flux_pes
    union all
    select
        'archivage' as source,
        date_transfert as jour
    from transferts
    union all
    select
        'retours' as source,
        mois as jour
    from valeurs

),

final as (

    select
        source,
        cast(date_trunc('month', min(jour)) as date) as premier_mois,
        cast(date_trunc('month', max(jour)) as date) as dernier_mois

    from dates_recues
    where jour is not null
    group by source

)

select * from final
