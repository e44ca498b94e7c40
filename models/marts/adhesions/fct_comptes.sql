with

comptes as (

    select * from {{ ref('stg_comptes__comptes') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

rattaches as (

    select
        coalesce(fusions.siren, comptes.siren) as siren,
        comptes.compte_id_hache,
        comptes.est_actif,
        comptes.est_elu,
        comptes.date_creation,
        comptes.date_photo,
        comptes.nb_applications,
        comptes.est_demonstration,
        comptes.fichier_sha256,
        comptes.fichier_id,
        comptes.ligne,
        comptes.lot

    from comptes
    left join fusions
        on comptes.siren = fusions.siren_ancien

),

ranges as (

    select
        siren,
        compte_id_hache,
        est_actif,
        est_elu,
        date_creation,
        date_photo,
        nb_applications,
        est_demonstration,
        fichier_sha256,
        ligne,
        max(lot) over (partition by siren, compte_id_hache) as lot,
        max(case when est_actif then date_photo end) over (partition by siren, compte_id_hache)
            as derniere_photo_active,
        row_number() over (
            partition by siren, compte_id_hache
            order by date_photo desc, fichier_id desc, ligne desc
        ) as rang

    from rattaches

),

-- Un compte est dit désactivé au premier export qui le montre ainsi après l'avoir montré actif.
desactivations as (

    select
        siren,
        compte_id_hache,
        min(date_photo) as date_desactivation

    from ranges
    where not est_actif and date_photo > derniere_photo_active
    group by siren, compte_id_hache

),

final as (

    select
        ranges.siren,
        ranges.compte_id_hache,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        ranges.date_creation,
        ranges.est_actif,
        case
            when not ranges.est_actif
                then coalesce(desactivations.date_desactivation, ranges.date_creation)
        end as date_desactivation,
        ranges.est_elu,
        ranges.nb_applications,
        ranges.date_photo,
        ranges.est_demonstration,
        ranges.fichier_sha256,
        ranges.ligne,
        ranges.lot

    from ranges
    left join desactivations
        on
            ranges.siren = desactivations.siren
            and ranges.compte_id_hache = desactivations.compte_id_hache
    left join collectivites
        on ranges.siren = collectivites.siren
    where ranges.rang = 1

)

select * from final
