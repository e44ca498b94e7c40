with

campagnes as (

    select * from {{ ref('dim_campagnes') }}
    where not est_externe

),

services as (

    select * from {{ ref('dim_campagnes_services') }}

),

reponses as (

    select * from {{ ref('fct_reponses_enquete') }}
    where est_retenue and reponse is not null and reponse <> 'na'

),

reglages as (

    select
        max(case when cle = 'quantile_normal' then valeur end) as quantile,
        max(case when cle = 'nb_secret' then valeur end) as nb_secret,
        max(case when cle = 'diviseur_deploiement' then valeur end) as diviseur,
        max(case when cle = 'nb_services_en_tete' then valeur end) as nb_en_tete

    from {{ ref('hyp_enquetes') }}

),

populations as (

    select * from {{ ref('dim_campagnes_strates') }}
    where dimension = 'ensemble'

),

par_repondant as (

    select
        campagne,
        service,
        id_reponse,
        max(case when sujet = 'statut_service' then reponse end) as statut_service,
        max(case when sujet = 'mutualisation' then reponse end) as mutualisation

    from reponses
    where sujet in ('statut_service', 'mutualisation')
    group by campagne, service, id_reponse

),

comptes as (

    select
        campagne,
        service,
        count(*) filter (where statut_service is not null) as nb_repondants,
        count(*) filter (where statut_service = 'deploye') as nb_deployes,
        count(*) filter (where statut_service = 'en_projet') as nb_en_projet,
        count(*) filter (where statut_service = 'etudie') as nb_etudies,
        -- Ne se mutualise que ce qui est déployé.
        count(*) filter (where statut_service = 'deploye' and mutualisation = 'oui')
            as nb_mutualises

    from par_repondant
    group by campagne, service

),

ranges as (

    select
        services.campagne,
        campagnes.libelle_campagne,
        campagnes.date_debut,
        campagnes.est_derniere,
        campagnes.est_demonstration,
        services.service,
        services.libelle_service,
        services.thematique,
        populations.nb_population,
        coalesce(comptes.nb_repondants, 0) as nb_repondants,
        coalesce(comptes.nb_deployes, 0) as nb_deployes,
        coalesce(comptes.nb_en_projet, 0) as nb_en_projet,
        coalesce(comptes.nb_etudies, 0) as nb_etudies,
        coalesce(comptes.nb_mutualises, 0) as nb_mutualises,
        -- Les ex aequo ont le même rang : aucun n'est écarté par hasard.
        rank() over (
            partition by services.campagne
            order by coalesce(comptes.nb_deployes, 0) desc
        ) as rang_deploiement,
        rank() over (
            partition by services.campagne
            order by coalesce(comptes.nb_mutualises, 0) desc
        ) as rang_mutualisation,
        reglages.quantile,
        reglages.nb_secret,
        reglages.diviseur,
        reglages.nb_en_tete

    from services
    inner join campagnes
        on services.campagne = campagnes.campagne
    left join populations
        on services.campagne = populations.campagne
    left join comptes
        on
            services.campagne = comptes.campagne
            and services.service = comptes.service
    cross join reglages

),

final as (

    select
        campagne,
        libelle_campagne,
        date_debut,
        est_derniere,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as nom_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        cast(null as {{ dbt.type_string() }}) as nom_epci,
        service,
        libelle_service,
        thematique,
        nb_population,
        nb_repondants,
        case when nb_repondants >= nb_secret then nb_deployes end as nb_deployes,
        case when nb_repondants >= nb_secret then nb_en_projet end as nb_en_projet,
        case when nb_repondants >= nb_secret then nb_etudies end as nb_etudies,
        case when nb_repondants >= nb_secret then nb_mutualises end as nb_mutualises,
        case when nb_repondants >= nb_secret then {{ ratio('nb_deployes', 'nb_repondants') }} end
            as taux_deploiement,
        case
            when nb_repondants >= nb_secret
                then
                    {{ wilson('nb_deployes', 'nb_repondants', 'quantile', -1,
                        correction_population_finie('nb_repondants', 'nb_population')) }}
        end as ic_bas,
        case
            when nb_repondants >= nb_secret
                then
                    {{ wilson('nb_deployes', 'nb_repondants', 'quantile', 1,
                        correction_population_finie('nb_repondants', 'nb_population')) }}
        end as ic_haut,
        case when nb_repondants >= nb_secret then {{ ratio('nb_mutualises', 'nb_deployes') }} end
            as taux_mutualisation,
        -- Déployé par au moins un tiers : trois fois les déployés atteignent les répondants.
        nb_repondants >= nb_secret and nb_deployes * diviseur >= nb_repondants
            as est_parmi_les_plus_deployes,
        nb_repondants >= nb_secret and nb_mutualises > 0 and rang_mutualisation <= nb_en_tete
            as est_parmi_les_plus_mutualises,
        cast(rang_deploiement as bigint) as rang_deploiement,
        cast(rang_mutualisation as bigint) as rang_mutualisation,
        case
            when nb_repondants = 0 then 'absent'
            when nb_repondants < nb_secret then 'supprime'
            else 'declare'
        end as statut,
        est_demonstration

    from ranges

)

select * from final
