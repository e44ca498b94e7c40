with

transactions as (

    select * from {{ ref('ind_transactions_services') }}

),

adhesions as (

    select * from {{ ref('fct_adhesions') }}
    where type_adhesion = 'service'

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

services as (

    select * from {{ ref('dim_services') }}

),

mois_observes as (

    select * from {{ ref('dim_mois') }}

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

reglages as (

    select
        max(valeur) filter (where cle = 'fenetre_activation_mois') as activation,
        max(valeur) filter (where cle = 'fenetre_largeur_mois') as largeur,
        max(valeur) filter (where cle = 'fenetre_retention_mois') as retention,
        max(valeur) filter (where cle = 'ecart_retention_mois') as ecart

    from {{ ref('hyp_usages') }}

),

-- Une fenêtre se nomme par son dernier mois ; le témoin est la même fenêtre, un an plus tôt.
fenetres as (

    select
        mois_observes.mois,
        {{ mois_avant('mois_observes.mois', 'reglages.activation - 1') }} as debut_activation,
        {{ mois_avant('mois_observes.mois', 'reglages.largeur - 1') }} as debut_largeur,
        {{ mois_avant('mois_observes.mois', 'reglages.retention - 1') }} as debut_retention,
        {{ mois_avant('mois_observes.mois', 'reglages.ecart') }} as fin_temoin,
        {{ mois_avant('mois_observes.mois', 'reglages.ecart + reglages.retention - 1') }}
            as debut_temoin,
        least(
            {{ mois_avant('mois_observes.mois', 'reglages.activation - 1') }},
            {{ mois_avant('mois_observes.mois', 'reglages.ecart + reglages.retention - 1') }}
        ) as debut,
        reglages.activation,
        reglages.largeur,
        reglages.retention

    from mois_observes
    cross join reglages

),

couverts as (

    select
        services.code_service,
        mois_observes.mois

    from mois_observes
    cross join services
    where
        (services.source_usage = 'consultations' and mois_observes.est_couvert_consultations)
        or (services.source_usage = 'actes' and mois_observes.est_couvert_actes)
        or (services.source_usage = 'helios' and mois_observes.est_couvert_helios)
        or (services.source_usage = 'archivage' and mois_observes.est_couvert_archivage)
        or (services.source_usage = 'services' and mois_observes.est_couvert_services)

),

-- On ne dit pas d'un service qu'il est inemployé quand des mois de la fenêtre manquent.
connaissance as (

    select
        couverts.code_service,
        fenetres.mois,
        bool_or(couverts.mois = fenetres.mois) as est_mois_couvert,
        count(*) filter (
            where couverts.mois between fenetres.debut_activation and fenetres.mois
        ) = max(fenetres.activation) as est_activation_connue,
        count(*) filter (
            where couverts.mois between fenetres.debut_largeur and fenetres.mois
        ) = max(fenetres.largeur) as est_largeur_connue,
        count(*) filter (
            where couverts.mois between fenetres.debut_retention and fenetres.mois
        ) = max(fenetres.retention)
        and count(*) filter (
            where couverts.mois between fenetres.debut_temoin and fenetres.fin_temoin
        ) = max(fenetres.retention) as est_retention_connue

    from fenetres
    inner join couverts
        on couverts.mois between fenetres.debut and fenetres.mois
    group by couverts.code_service, fenetres.mois

),

activites as (

    select
        transactions.siren,
        transactions.code_service,
        fenetres.mois,
        coalesce(
            sum(transactions.nb_transactions) filter (where transactions.mois = fenetres.mois), 0
        ) as nb_transactions,
        coalesce(
            sum(transactions.nb_transactions) filter (
                where transactions.mois >= fenetres.debut_activation
            ),
            0
        ) as nb_transactions_annee,
        coalesce(bool_or(transactions.mois >= fenetres.debut_largeur), false)
            as est_active_trimestre,
        coalesce(bool_or(transactions.mois >= fenetres.debut_retention), false)
            as est_active_semestre,
        coalesce(
            bool_or(transactions.mois between fenetres.debut_temoin and fenetres.fin_temoin), false
        ) as est_active_un_an_avant,
        bool_or(transactions.est_demonstration) as est_demonstration

    from transactions
    inner join fenetres
        on transactions.mois between fenetres.debut and fenetres.mois
    group by transactions.siren, transactions.code_service, fenetres.mois

),

membres as (

    select
        adhesions.siren,
        adhesions.code_service,
        mois_observes.mois,
        min(adhesions.date_debut) as date_adhesion,
        bool_or(adhesions.est_demonstration) as est_demonstration

    from adhesions
    inner join mois_observes
        on
            cast(date_trunc('month', adhesions.date_debut) as date) <= mois_observes.mois
            and (
                adhesions.date_fin is null
                or cast(date_trunc('month', adhesions.date_fin) as date) >= mois_observes.mois
            )
    group by adhesions.siren, adhesions.code_service, mois_observes.mois

),

reunies as (

    select
        collectivites_mois.siren,
        services.code_service,
        collectivites_mois.mois,
        collectivites_mois.nom_collectivite,
        collectivites_mois.type_collectivite,
        collectivites_mois.classe_taille,
        collectivites_mois.code_departement,
        collectivites_mois.nom_departement,
        collectivites_mois.siren_epci,
        collectivites_mois.nom_epci,
        collectivites.population as nb_habitants,
        services.libelle_service,
        services.ordre_service,
        membres.siren is not null as est_membre,
        membres.date_adhesion,
        case
            when connaissance.est_mois_couvert
                then cast(coalesce(activites.nb_transactions, 0) as bigint)
        end as nb_transactions,
        case
            when connaissance.est_mois_couvert and collectivites_mois.est_couvert_accompagnement
                then cast(coalesce(tickets.nb_tickets, 0) as bigint)
        end as nb_tickets,
        case
            when connaissance.est_activation_connue
                then cast(coalesce(activites.nb_transactions_annee, 0) as bigint)
        end as nb_transactions_annee,
        case
            when connaissance.est_largeur_connue
                then coalesce(activites.est_active_trimestre, false)
        end as est_active_trimestre,
        case
            when connaissance.est_retention_connue
                then coalesce(activites.est_active_semestre, false)
        end as est_active_semestre,
        case
            when connaissance.est_retention_connue
                then coalesce(activites.est_active_un_an_avant, false)
        end as est_active_un_an_avant,
        collectivites_mois.est_provisoire,
        coalesce(activites.est_demonstration, false)
        or coalesce(membres.est_demonstration, false)
        or coalesce(tickets.est_demonstration, false) as est_demonstration

    from collectivites_mois
    inner join collectivites
        on collectivites_mois.siren = collectivites.siren
    cross join services
    left join connaissance
        on
            services.code_service = connaissance.code_service
            and collectivites_mois.mois = connaissance.mois
    left join activites
        on
            collectivites_mois.siren = activites.siren
            and services.code_service = activites.code_service
            and collectivites_mois.mois = activites.mois
    left join membres
        on
            collectivites_mois.siren = membres.siren
            and services.code_service = membres.code_service
            and collectivites_mois.mois = membres.mois
    left join tickets
        on
            collectivites_mois.siren = tickets.siren
            and services.code_service = tickets.code_service
            and collectivites_mois.mois = tickets.mois

),

final as (

    select
        siren,
        code_service,
        mois,
        nom_collectivite,
        type_collectivite,
        {{ libelle_type_collectivite('type_collectivite') }} as libelle_type,
        classe_taille,
        code_departement,
        {{ libelle_rattachement('nom_departement', 'type_collectivite') }} as nom_departement,
        siren_epci,
        {{ libelle_rattachement('nom_epci', 'type_collectivite') }} as nom_epci,
        cast(nb_habitants as bigint) as nb_habitants,
        libelle_service,
        ordre_service,
        {{ libelle_mois('mois') }} as libelle_mois,
        est_membre,
        date_adhesion,
        nb_transactions,
        nb_tickets,
        nb_transactions_annee,
        nb_transactions_annee > 0 as est_active_annee,
        est_active_trimestre,
        est_active_semestre,
        est_active_un_an_avant,
        est_active_un_an_avant and not est_active_semestre as est_arretee,
        est_provisoire,
        est_demonstration

    from reunies

)

select * from final
