with

fichiers as (

    select * from {{ ref('stg_ingestion__fichiers') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

anomalies as (

    select
        fichier_id,
        count(*) filter (where gravite = 'avertissement') as nb_avertissements,
        count(*) filter (where gravite = 'rejet' and ligne > 0) as nb_lignes_refusees

    from {{ ref('fct_anomalies') }}
    group by fichier_id

),

final as (

    select
        fichiers.fichier_id,
        fichiers.sha256,
        fichiers.sha256 as fichier_sha256,
        fichiers.siren_emetteur,
        fichiers.siren_emetteur as siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        fichiers.source,
        fichiers.nom_fichier,
        fichiers.format_reconnu,
        fichiers.statut,
        fichiers.motif_code,
        fichiers.motif,
        fichiers.nb_enregistrements,
        fichiers.nb_rejets,
        coalesce(anomalies.nb_lignes_refusees, 0) as nb_lignes_refusees,
        coalesce(anomalies.nb_avertissements, 0) as nb_avertissements,
        {{ chemin_conserve('fichiers') }} as chemin_conserve,
        fichiers.taille_octets,
        fichiers.version_analyseur,
        fichiers.horodatage_reception as recu_le,
        cast(date_trunc('month', fichiers.horodatage_reception) as date) as mois_reception,
        fichiers.est_demonstration,
        cast(0 as bigint) as ligne

    from fichiers
    left join collectivites
        on fichiers.siren_emetteur = collectivites.siren
    left join anomalies
        on fichiers.fichier_id = anomalies.fichier_id

)

select * from final
