with

valeurs as (

    select * from {{ ref('stg_retours__valeurs') }}
    where mois is not null

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

anomalies as (

    select * from {{ ref('stg_ingestion__anomalies') }}
    where source = 'retours'

),

fichiers as (

    select * from {{ ref('stg_ingestion__fichiers') }}

),

lignes_signalees as (

    select
        fichier_id,
        ligne

    from anomalies
    where gravite = 'avertissement' and ligne > 0
    group by fichier_id, ligne

),

lignes_refusees as (

    select
        fichier_id,
        count(distinct ligne) as nb_lignes_refusees

    from anomalies
    where gravite = 'rejet'
    group by fichier_id

),

-- Un retour est dû pour la période qu'il couvre : jusqu'au dernier jour de son dernier mois.
par_mois as (

    select
        valeurs.fichier_id,
        valeurs.siren,
        valeurs.mois,
        min(coalesce(valeurs.date_envoi, cast(fichiers.horodatage_reception as date)))
            as date_envoi,
        max(valeurs.mois) over (partition by valeurs.fichier_id) as dernier_mois,
        count(*) as nb_lignes_integrees,
        count(lignes_signalees.ligne) as nb_lignes_signalees,
        min(valeurs.ligne) as ligne,
        max(valeurs.fichier_sha256) as fichier_sha256,
        max(valeurs.lot) as lot,
        bool_or(valeurs.est_demonstration) as est_demonstration

    from valeurs
    inner join fichiers
        on valeurs.fichier_id = fichiers.fichier_id
    left join lignes_signalees
        on
            valeurs.fichier_id = lignes_signalees.fichier_id
            and valeurs.ligne = lignes_signalees.ligne
    group by valeurs.fichier_id, valeurs.siren, valeurs.mois

),

final as (

    select
        par_mois.fichier_id,
        coalesce(fusions.siren, par_mois.siren) as siren,
        par_mois.siren as siren_declarant,
        par_mois.mois,
        par_mois.date_envoi,
        cast({{ mois_avant('par_mois.dernier_mois', '-1') }} - 1 as date) as date_fin_periode,
        cast(
            par_mois.date_envoi - ({{ mois_avant('par_mois.dernier_mois', '-1') }} - 1) as bigint
        ) as delai_envoi_jours,
        -- Une ligne refusée n'a souvent pas de mois : elle compte au dernier mois de son fichier.
        par_mois.nb_lignes_integrees + case
            when par_mois.mois = par_mois.dernier_mois
                then coalesce(lignes_refusees.nb_lignes_refusees, 0)
            else 0
        end as nb_lignes,
        par_mois.nb_lignes_integrees - par_mois.nb_lignes_signalees as nb_lignes_valides,
        par_mois.fichier_sha256,
        par_mois.ligne,
        par_mois.lot,
        par_mois.est_demonstration

    from par_mois
    left join lignes_refusees
        on par_mois.fichier_id = lignes_refusees.fichier_id
    left join fusions
        on par_mois.siren = fusions.siren_ancien

)

select * from final
