with

documents as (

    select * from {{ ref('stg_services__documents') }}

),

entites as (

    select * from {{ ref('int_entites_rattachees') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

noms as (

    select
        nom_entite,
        min(siren) as siren

    from entites
    where est_nom_sans_homonyme and nom_entite <> ''
    group by nom_entite

),

-- Chaque export est une photographie : le dernier reçu d'un document l'emporte.
ranges as (

    select
        *,
        row_number() over (
            partition by id_document
            order by fichier_id desc, ligne desc
        ) as rang

    from documents

),

final as (

    select
        ranges.id_document,
        coalesce(fusions.siren, ranges.siren, entites.siren, noms.siren) as siren,
        ranges.flux,
        ranges.numero_acte,
        ranges.derniere_action,
        ranges.date_derniere_action,
        ranges.est_demonstration,
        ranges.fichier_sha256,
        ranges.ligne,
        ranges.lot

    from ranges
    left join entites
        on ranges.id_entite = entites.id_entite
    left join noms
        on lower(trim(ranges.entite)) = noms.nom_entite
    left join fusions
        on coalesce(ranges.siren, entites.siren, noms.siren) = fusions.siren_ancien
    where ranges.rang = 1

)

select * from final
