with

fichiers as (

    select * from {{ ref('stg_ingestion__fichiers') }}
    where statut <> 'doublon'

),

anomalies as (

    select * from {{ ref('stg_ingestion__anomalies') }}

),

sirens_recus as (

    select * from {{ ref('int_sirens_recus') }}
    where nb_lignes > 0

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

fusions as (

    select * from {{ ref('dim_fusions') }}

),

-- Un fichier sans ligne exploitable compte ses lignes refusées, ou une s'il n'en a aucune.
refusees as (

    select
        fichier_id,
        siren,
        count(distinct ligne) as nb_lignes_refusees,
        count(distinct case
            when
                code like '%siren%'
                or code like '%siret%'
                or code in ('marches_acheteur_inconnu', 'archivage_collectivite_inconnue')
                then ligne
        end) as nb_siren_refuses

    from anomalies
    where gravite = 'rejet' and code <> 'fichier_sans_enregistrement'
    group by fichier_id, siren

),

-- Une colonne en trop se dit à la ligne de l'en-tête, qui n'est pas une ligne de données.
signalees as (

    select
        fichier_id,
        siren,
        count(distinct ligne) as nb_lignes_signalees

    from anomalies
    where
        gravite = 'avertissement'
        and ligne > 0
        and code not like '%colonne%'
        and code not like '%entete%'
    group by fichier_id, siren

),

comptes as (

    select
        fichier_id,
        siren,
        nb_lignes as nb_lignes_integrees,
        0 as nb_lignes_refusees,
        0 as nb_siren_refuses,
        0 as nb_lignes_signalees
    from sirens_recus
    union all
    select
        fichier_id,
        siren,
        0 as nb_lignes_integrees,
        nb_lignes_refusees,
        nb_siren_refuses,
        0 as nb_lignes_signalees
    from refusees
    union all
    select
        fichier_id,
        siren,
        0 as nb_lignes_integrees,
        0 as nb_lignes_refusees,
        0 as nb_siren_refuses,
        nb_lignes_signalees
    from signalees

),

-- Une commune réunie à une autre compte pour elle : son ancien SIREN est connu.
rattaches as (

    select
        comptes.fichier_id,
        coalesce(fusions.siren, comptes.siren) as siren,
        comptes.nb_lignes_integrees,
        comptes.nb_lignes_refusees,
        comptes.nb_siren_refuses,
        comptes.nb_lignes_signalees

    from comptes
    left join fusions
        on comptes.siren = fusions.siren_ancien

),

par_fichier as (

    select
        rattaches.fichier_id,
        coalesce(rattaches.siren, 'non rattachée') as rattachement,
        max(rattaches.siren) as siren,
        sum(rattaches.nb_lignes_integrees) as nb_lignes_integrees,
        sum(rattaches.nb_lignes_refusees) as nb_lignes_refusees,
        sum(rattaches.nb_siren_refuses) as nb_siren_refuses,
        sum(rattaches.nb_lignes_signalees) as nb_lignes_signalees

    from rattaches
    group by rattaches.fichier_id, coalesce(rattaches.siren, 'non rattachée')

),

final as (

    select
        par_fichier.fichier_id,
        par_fichier.rattachement,
        par_fichier.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        fichiers.source,
        cast(date_trunc('month', fichiers.horodatage_reception) as date) as mois_reception,
        cast(par_fichier.nb_lignes_integrees + par_fichier.nb_lignes_refusees as bigint)
            as nb_lignes,
        cast(par_fichier.nb_lignes_refusees as bigint) as nb_lignes_refusees,
        -- Ce que personne ne porte se retranche du territoire seulement.
        cast(
            case
                when par_fichier.siren is null then par_fichier.nb_lignes_signalees
                else least(par_fichier.nb_lignes_signalees, par_fichier.nb_lignes_integrees)
            end as bigint
        ) as nb_lignes_signalees,
        cast(par_fichier.nb_lignes_integrees + par_fichier.nb_siren_refuses as bigint)
            as nb_lignes_siren_juge,
        cast(
            case
                when collectivites.type_collectivite <> 'autre' then par_fichier.nb_lignes_integrees
                else 0
            end as bigint
        ) as nb_lignes_siren_connu,
        fichiers.est_demonstration,
        fichiers.sha256 as fichier_sha256,
        cast(0 as bigint) as ligne,
        fichiers.lot

    from par_fichier
    inner join fichiers
        on par_fichier.fichier_id = fichiers.fichier_id
    left join collectivites
        on par_fichier.siren = collectivites.siren

)

select * from final
