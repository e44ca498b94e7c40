with

certificats as (

    select * from {{ ref('stg_comptes__certificats') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

ranges as (

    select
        coalesce(fusions.siren, certificats.siren) as siren,
        certificats.certificat_id_hache,
        certificats.date_fin_validite,
        certificats.statut,
        certificats.est_rgs_2_etoiles,
        certificats.est_demonstration,
        certificats.fichier_sha256,
        certificats.ligne,
        max(certificats.lot) over (
            partition by
                coalesce(fusions.siren, certificats.siren), certificats.certificat_id_hache
        ) as lot,
        row_number() over (
            partition by
                coalesce(fusions.siren, certificats.siren), certificats.certificat_id_hache
            order by certificats.fichier_id desc, certificats.ligne desc
        ) as rang

    from certificats
    left join fusions
        on certificats.siren = fusions.siren_ancien

),

final as (

    select
        ranges.siren,
        ranges.certificat_id_hache,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        ranges.date_fin_validite,
        ranges.statut,
        ranges.est_rgs_2_etoiles,
        ranges.est_demonstration,
        ranges.fichier_sha256,
        ranges.ligne,
        ranges.lot

    from ranges
    left join collectivites
        on ranges.siren = collectivites.siren
    where ranges.rang = 1

)

select * from final
