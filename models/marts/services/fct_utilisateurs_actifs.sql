with

evenements as (

    select * from {{ ref('int_evenements_retenus') }}
    where siren is not null and date_evenement is not null and utilisateur_hache is not null

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

-- Le dernier événement du mois dit pour chaque utilisateur qu'il a été actif, sans dire qui il est.
ranges as (

    select
        siren,
        cast(date_trunc('month', date_evenement) as date) as mois,
        numero_evenement,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot,
        row_number() over (
            partition by
                siren, cast(date_trunc('month', date_evenement) as date), utilisateur_hache
            order by numero_evenement desc
        ) as rang

    from evenements

),

final as (

    select
        ranges.siren,
        ranges.mois,
        ranges.numero_evenement,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
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
