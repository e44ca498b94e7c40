with

fichiers as (

    select * from {{ ref('stg_ingestion__fichiers') }}

),

marches as (

    select * from {{ ref('stg_marches__marches') }}

),

consultations as (

    select * from {{ ref('stg_consultations__consultations') }}

),

actes as (

    select * from {{ ref('stg_actes__actes') }}

),

flux_pes as (

    select * from {{ ref('stg_helios__flux_pes') }}

),

transferts as (

    select * from {{ ref('stg_archivage__transferts') }}

),

valeurs as (

    select * from {{ ref('stg_retours__valeurs') }}

),

documents as (

    select * from {{ ref('stg_services__documents') }}

),

entites as (

    select * from {{ ref('stg_services__entites') }}

),

journal as (

    select * from {{ ref('stg_services__journal') }}

),

lignes_programmes as (

    select * from {{ ref('stg_programmes__lignes') }}

),

repondants as (

    select * from {{ ref('stg_enquetes__repondants') }}

),

participations as (

    select * from {{ ref('stg_accompagnement__participations') }}

),

tickets as (

    select * from {{ ref('stg_accompagnement__tickets') }}

),

adhesions as (

    select * from {{ ref('stg_adhesions__adhesions') }}

),

conventions as (

    select * from {{ ref('stg_adhesions__conventions') }}

),

comptes as (

    select * from {{ ref('stg_comptes__comptes') }}

),

certificats as (

    select * from {{ ref('stg_comptes__certificats') }}

),

sirens as (

    select
        siren_emetteur as siren,
        fichier_id,
        0 as ligne
    from fichiers
    union all
    select
        siren,
        fichier_id,
        ligne
    from marches
    union all
    select
        siren,
        fichier_id,
        ligne
    from consultations
    union all
    select
        siren,
        fichier_id,
        ligne
    from actes
    union all
    select
        siren,
        fichier_id,
        ligne
    from flux_pes
    union all
    select
        siren,
        fichier_id,
        ligne
    from transferts
    union all
    select
        siren,
        fichier_id,
        ligne
    from valeurs
    union all
    select
        siren,
        fichier_id,
        ligne
    from documents
    union all
    select
        siren,
        fichier_id,
        ligne
    from entites
    union all
    select
        siren,
        fichier_id,
        ligne
    from journal
    union all
    select
        siren,
        fichier_id,
        ligne
    from lignes_programmes
    union all
    select
        siren,
        fichier_id,
        ligne
    from repondants
    union all
    select
        siren,
        fichier_id,
        ligne
    from participations
    union all
    select
        siren,
        fichier_id,
        ligne
    from tickets
    union all
    select
        siren,
        fichier_id,
        ligne
    from adhesions
    union all
    select
        siren,
        fichier_id,
        ligne
    from conventions
    union all
    select
        siren,
        fichier_id,
        ligne
    from comptes
    union all
    select
        siren,
        fichier_id,
        ligne
    from certificats

),

sirens_par_fichier as (

    select
        siren,
        fichier_id,
        -- La ligne 0 désigne l'émetteur : elle ne compte que s'il n'a aucune ligne à lui.
        coalesce(min(ligne) filter (where ligne > 0), 0) as ligne,
        count(*) filter (where ligne > 0) as nb_lignes

    from sirens
    where siren is not null
    group by siren, fichier_id

),

final as (

    select
        sirens_par_fichier.siren,
        sirens_par_fichier.fichier_id,
        fichiers.sha256 as fichier_sha256,
        fichiers.source,
        sirens_par_fichier.ligne,
        sirens_par_fichier.nb_lignes

    from sirens_par_fichier
    inner join fichiers
        on sirens_par_fichier.fichier_id = fichiers.fichier_id

)

select * from final
