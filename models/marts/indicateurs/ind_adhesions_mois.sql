with

adhesions as (

    select * from {{ ref('fct_adhesions') }}

),

conventions as (

    select * from {{ ref('fct_conventions') }}

),

comptes as (

    select * from {{ ref('fct_comptes') }}

),

connexions as (

    select * from {{ ref('fct_connexions_mois') }}

),

services as (

    select * from {{ ref('dim_services') }}

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

mois as (

    select
        mois,
        {{ mois_avant('mois', '-1') }} as mois_suivant
    from {{ ref('dim_mois') }}

),

-- L'état du dernier jour du mois, pour les adhésions, les conventions et les comptes.
adhesions_du_mois as (

    select
        adhesions.siren,
        mois.mois,
        adhesions.type_adhesion,
        adhesions.code_service,
        bool_or(adhesions.est_demonstration) as est_demonstration

    from adhesions
    inner join mois
        on {{ court_fin_de_mois(
            'adhesions.date_debut', 'adhesions.date_fin', 'mois.mois_suivant'
        ) }}
    group by adhesions.siren, mois.mois, adhesions.type_adhesion, adhesions.code_service

),

entites_de_test as (

    select
        siren,
        mois
    from adhesions_du_mois
    where type_adhesion = 'test'

),

conventions_du_mois as (

    select
        conventions.siren,
        mois.mois,
        count(*) filter (where conventions.est_a_jour) as nb_a_jour,
        count(conventions.est_a_jour) as nb_actives,
        count(*) > count(conventions.est_a_jour) as est_partiel,
        bool_or(conventions.est_demonstration) as est_demonstration

    from conventions
    inner join mois
        on {{ court_fin_de_mois(
            'conventions.date_signature', 'conventions.date_fin', 'mois.mois_suivant'
        ) }}
    group by conventions.siren, mois.mois

),

comptes_du_mois as (

    select
        comptes.siren,
        mois.mois,
        count(*) as nb_comptes,
        bool_or(comptes.est_demonstration) as est_demonstration

    from comptes
    inner join mois
        on {{ est_compte_ouvert('comptes', 'mois.mois_suivant') }}
    group by comptes.siren, mois.mois

),

axes as (

    select
        'ensemble' as dimension,
        'ensemble' as modalite,
        'adherent' as type_adhesion,
        '' as code_service
    union all
    select
        'service' as dimension,
        code_service as modalite,
        'service' as type_adhesion,
        code_service
    from services

),

mesures as (

    select
        'APP-01' as code_indicateur,
        collectivites_mois.siren,
        collectivites_mois.mois,
        axes.dimension,
        axes.modalite,
        case
            when adhesions_du_mois.siren is not null and entites_de_test.siren is null then 1
            else 0
        end as numerateur,
        1 as denominateur,
        collectivites_mois.est_couvert_adhesions as est_connu,
        false as est_partiel,
        coalesce(adhesions_du_mois.est_demonstration, false) as est_demonstration
    from collectivites_mois
    cross join axes
    left join adhesions_du_mois
        on
            collectivites_mois.siren = adhesions_du_mois.siren
            and collectivites_mois.mois = adhesions_du_mois.mois
            and axes.type_adhesion = adhesions_du_mois.type_adhesion
            and axes.code_service = adhesions_du_mois.code_service
    left join entites_de_test
        on
            collectivites_mois.siren = entites_de_test.siren
            and collectivites_mois.mois = entites_de_test.mois
    union all
    -- Seuls ceux qu'une convention lie ont une convention à tenir à jour.
    select
        'REG-07' as code_indicateur,
        conventions_du_mois.siren,
        conventions_du_mois.mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        conventions_du_mois.nb_a_jour as numerateur,
        conventions_du_mois.nb_actives as denominateur,
        collectivites_mois.est_couvert_adhesions and conventions_du_mois.nb_actives > 0
            as est_connu,
        conventions_du_mois.est_partiel,
        conventions_du_mois.est_demonstration
    from conventions_du_mois
    inner join collectivites_mois
        on
            conventions_du_mois.siren = collectivites_mois.siren
            and conventions_du_mois.mois = collectivites_mois.mois
    union all
    select
        'APP-07' as code_indicateur,
        collectivites_mois.siren,
        collectivites_mois.mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        coalesce(connexions.nb_utilisateurs_actifs, 0) as numerateur,
        comptes_du_mois.nb_comptes as denominateur,
        collectivites_mois.est_couvert_services
        and collectivites_mois.est_couvert_comptes
        and coalesce(
            comptes_du_mois.nb_comptes >= coalesce(connexions.nb_utilisateurs_actifs, 0), false
        ) as est_connu,
        false as est_partiel,
        coalesce(comptes_du_mois.est_demonstration, false)
        or coalesce(connexions.est_demonstration, false) as est_demonstration
    from collectivites_mois
    left join comptes_du_mois
        on
            collectivites_mois.siren = comptes_du_mois.siren
            and collectivites_mois.mois = comptes_du_mois.mois
    left join connexions
        on
            collectivites_mois.siren = connexions.siren
            and collectivites_mois.mois = connexions.mois

),

{{ mesures_finales() }}

select * from final
