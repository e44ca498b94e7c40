with

journal as (

    select * from {{ ref('stg_services__journal') }}

),

entites as (

    select * from {{ ref('int_entites_rattachees') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

-- Les extraits du journal se recouvrent : la dernière lecture d'un événement l'emporte.
ranges as (

    select
        *,
        row_number() over (
            partition by numero_evenement
            order by fichier_id desc, ligne desc
        ) as rang

    from journal

),

final as (

    select
        ranges.numero_evenement,
        ranges.type_evenement,
        -- Sans SIREN au journal, celui de l'entité ; une commune réunie à une autre y compte.
        coalesce(fusions.siren, ranges.siren, entites.siren) as siren,
        ranges.id_entite,
        ranges.utilisateur_hache,
        ranges.id_document,
        ranges.flux,
        ranges.action,
        ranges.date_evenement,
        ranges.est_demonstration,
        ranges.fichier_sha256,
        ranges.ligne,
        ranges.lot

    from ranges
    left join entites
        on ranges.id_entite = entites.id_entite
    left join fusions
        on coalesce(ranges.siren, entites.siren) = fusions.siren_ancien
    where ranges.rang = 1

)

select * from final
