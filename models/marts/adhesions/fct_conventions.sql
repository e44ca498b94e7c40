with

conventions as (

    select * from {{ ref('stg_adhesions__conventions') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

reglages as (

    select max(valeur) filter (where cle = 'version_exigee') as version_exigee
    from {{ ref('hyp_conventions') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

rattachees as (

    select
        coalesce(fusions.siren, conventions.siren) as siren,
        conventions.reference_convention,
        conventions.version_convention,
        conventions.date_signature,
        conventions.date_fin,
        conventions.date_relance,
        conventions.date_photo,
        conventions.est_demonstration,
        conventions.fichier_sha256,
        conventions.fichier_id,
        conventions.ligne,
        conventions.lot

    from conventions
    left join fusions
        on conventions.siren = fusions.siren_ancien

),

rangees as (

    select
        siren,
        reference_convention,
        version_convention,
        date_signature,
        date_fin,
        date_relance,
        date_photo,
        est_demonstration,
        fichier_sha256,
        ligne,
        max(lot) over (partition by siren, reference_convention) as lot,
        row_number() over (
            partition by siren, reference_convention
            order by date_photo desc, fichier_id desc, ligne desc
        ) as rang

    from rattachees

),

final as (

    select
        rangees.siren,
        rangees.reference_convention,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        rangees.version_convention,
        rangees.date_signature,
        rangees.date_fin,
        rangees.date_relance,
        -- Deux textes AAAA-MM se comparent comme les mois qu'ils disent.
        rangees.version_convention >= reglages.version_exigee as est_a_jour,
        rangees.date_photo,
        rangees.est_demonstration,
        rangees.fichier_sha256,
        rangees.ligne,
        rangees.lot

    from rangees
    cross join reglages
    left join collectivites
        on rangees.siren = collectivites.siren
    where rangees.rang = 1

)

select * from final
