with

classes as (

    select * from {{ ref('hyp_acquisition') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

adhesions as (

    select
        siren,
        mois,
        est_demonstration
    from {{ ref('dim_populations') }}
    where population = 'adherents'

),

dernier_mois as (

    select max(mois) as mois
    from adhesions

),

adherents as (

    select
        adhesions.siren,
        dernier_mois.mois,
        adhesions.est_demonstration

    from adhesions
    inner join dernier_mois
        on adhesions.mois = dernier_mois.mois

),

final as (

    select
        classes.scenario,
        classes.classe_achat,
        collectivites.siren,
        collectivites.population,
        classes.nb_entites is null as est_comptee,
        adherents.siren is not null as est_adherente,
        extract(year from adherents.mois) as annee_depart,
        coalesce(adherents.est_demonstration, false) as est_demonstration

    from collectivites
    inner join classes
        on
            (
                collectivites.population >= classes.population_min
                and (
                    classes.population_max is null
                    or collectivites.population <= classes.population_max
                )
                and collectivites.type_collectivite in ('commune', 'epci')
            )
            or concat(', ', classes.types_sans_population, ',')
            like concat('%, ', collectivites.type_collectivite, ',%')
    left join adherents
        on collectivites.siren = adherents.siren
    where collectivites.est_breton or adherents.siren is not null

)

select * from final
