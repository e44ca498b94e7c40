with

communes as (

    select * from {{ ref('ref_communes') }}

),

epci as (

    select * from {{ ref('ref_epci') }}

),

collectivites_hors_cog as (

    select * from {{ ref('ref_collectivites_hors_cog') }}

),

departements as (

    select * from {{ ref('ref_departements') }}

),

classes_taille as (

    select * from {{ ref('ref_classes_taille') }}

),

sirens_recus as (

    select * from {{ ref('int_sirens_recus') }}

),

noms_recus as (

    select * from {{ ref('int_noms_recus') }}

),

collectivites_du_referentiel as (

    select
        siren,
        nom,
        'commune' as type_collectivite,
        code_insee,
        code_departement,
        siren_epci,
        population,
        true as est_breton

    from communes

    union all

    select
        siren,
        nom,
        'epci' as type_collectivite,
        null as code_insee,
        code_departement,
        siren as siren_epci,
        population,
        -- Un EPCI est breton par la majorité de ses communes.
        nb_communes_bretonnes * 2 > nb_communes as est_breton

    from epci

    union all

    select
        siren,
        nom,
        type_collectivite,
        null as code_insee,
        code_departement,
        null as siren_epci,
        population,
        true as est_breton

    from collectivites_hors_cog

),

noms_classes as (

    select
        siren,
        nom,
        row_number() over (partition by siren order by nb_lignes desc, nom asc) as rang

    from noms_recus

),

noms_retenus as (

    select
        siren,
        nom

    from noms_classes
    where rang = 1

),

autres_sirens as (

    select sirens_recus.siren

    from sirens_recus
    left join collectivites_du_referentiel
        on sirens_recus.siren = collectivites_du_referentiel.siren
    where collectivites_du_referentiel.siren is null
    group by sirens_recus.siren

),

autres_organismes as (

    select
        autres_sirens.siren,
        coalesce(noms_retenus.nom, concat('Organisme ', autres_sirens.siren)) as nom,
        'autre' as type_collectivite,
        null as code_insee,
        null as code_departement,
        null as siren_epci,
        null as population,
        false as est_breton

    from autres_sirens
    left join noms_retenus
        on autres_sirens.siren = noms_retenus.siren

),

collectivites as (

    select
        siren,
        nom,
        type_collectivite,
        code_insee,
        code_departement,
        siren_epci,
        population,
        est_breton

    from collectivites_du_referentiel

    union all

    select
        siren,
        nom,
        type_collectivite,
        code_insee,
        code_departement,
        siren_epci,
        population,
        est_breton

    from autres_organismes

),

final as (

    select
        collectivites.siren,
        collectivites.nom,
        collectivites.type_collectivite,
        collectivites.code_insee,
        collectivites.code_departement,
        departements.nom_departement,
        collectivites.siren_epci,
        case
            when collectivites.type_collectivite = 'commune'
                then coalesce(epci.nom, 'Sans EPCI')
            else epci.nom
        end as nom_epci,
        collectivites.population,
        classes_taille.classe_taille,
        collectivites.est_breton

    from collectivites
    left join departements
        on collectivites.code_departement = departements.code_departement
    left join epci
        on collectivites.siren_epci = epci.siren
    -- Un type sans borne forme une seule classe, population connue ou non.
    left join classes_taille
        on
            collectivites.type_collectivite = classes_taille.type_collectivite
            and (
                classes_taille.population_min is null
                or collectivites.population >= classes_taille.population_min
            )
            and (
                classes_taille.population_max is null
                or collectivites.population <= classes_taille.population_max
            )

)

select * from final
