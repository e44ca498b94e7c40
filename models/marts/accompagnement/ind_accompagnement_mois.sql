with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

transactions as (

    select * from {{ ref('ind_transactions_services') }}

),

services as (

    select * from {{ ref('dim_services') }}

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

-- Le taux d'un service ne se lit que chez qui l'emploie, ou demande de l'aide à son sujet.
couples as (

    select
        siren,
        code_service
    from transactions
    union
    select
        siren,
        code_service
    from tickets

),

termes as (

    select
        couples.siren,
        couples.code_service,
        collectivites_mois.mois,
        collectivites_mois.est_couvert_accompagnement
        and (
            (
                services.source_usage = 'consultations'
                and collectivites_mois.est_couvert_consultations
            )
            or (services.source_usage = 'actes' and collectivites_mois.est_couvert_actes)
            or (services.source_usage = 'helios' and collectivites_mois.est_couvert_helios)
            or (services.source_usage = 'archivage' and collectivites_mois.est_couvert_archivage)
            or (services.source_usage = 'services' and collectivites_mois.est_couvert_services)
        ) as est_connu,
        coalesce(tickets.nb_tickets, 0) as nb_tickets,
        coalesce(transactions.nb_transactions, 0) as nb_transactions,
        coalesce(tickets.est_demonstration, false)
        or coalesce(transactions.est_demonstration, false) as est_demonstration

    from couples
    -- « autre » n'est pas un service : ses tickets n'ont pas de transactions à qui se rapporter.
    inner join services
        on couples.code_service = services.code_service
    inner join collectivites_mois
        on couples.siren = collectivites_mois.siren
    left join tickets
        on
            couples.siren = tickets.siren
            and couples.code_service = tickets.code_service
            and collectivites_mois.mois = tickets.mois
    left join transactions
        on
            couples.siren = transactions.siren
            and couples.code_service = transactions.code_service
            and collectivites_mois.mois = transactions.mois

),

mesures as (

    select
        'APP-11' as code_indicateur,
        siren,
        mois,
        'service' as dimension,
        code_service as modalite,
        case when est_connu then nb_tickets end as numerateur,
        case when est_connu then nb_transactions end as denominateur,
        est_connu,
        false as est_partiel,
        est_demonstration

    from termes
    union all
    select
        'APP-11' as code_indicateur,
        siren,
        mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        sum(case when est_connu then nb_tickets end) as numerateur,
        sum(case when est_connu then nb_transactions end) as denominateur,
        bool_or(est_connu) as est_connu,
        bool_or(est_connu) and not bool_and(est_connu) as est_partiel,
        bool_or(est_demonstration) as est_demonstration

    from termes
    group by siren, mois

),

{{ mesures_finales() }}

select * from final
