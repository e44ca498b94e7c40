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

),

sirens_par_fichier as (

    select
        siren,
        fichier_id,
        -- La ligne 0 désigne l'émetteur : elle ne compte que s'il n'a aucune ligne à lui.
        coalesce(min(ligne) filter (where ligne > 0), 0) as ligne

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
        sirens_par_fichier.ligne

    from sirens_par_fichier
    inner join fichiers
        on sirens_par_fichier.fichier_id = fichiers.fichier_id

)

select * from final
