{{ config(materialized='incremental', unique_key=['siren', 'transfert_id']) }}

with

transferts as (

    select * from {{ ref('stg_archivage__transferts') }}

),

tailles as (

    select * from {{ ref('stg_archivage__tailles') }}

),

reponses as (

    -- Un accusé de réception ne décide de rien.
    select * from {{ ref('stg_archivage__reponses') }}
    where type_reponse <> 'accuse_reception'

),

unites as (

    select * from {{ ref('ref_unites_taille_seda') }}

),

codes_reponse as (

    select * from {{ ref('ref_codes_reponse_seda') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

{% if is_incremental() %}

    transferts_touches as (

        select transferts.transfert_id
        from transferts
        where transferts.lot > (select coalesce(max(deja.lot), '') from {{ this }} as deja)
        union
        select reponses.transfert_id
        from reponses
        where reponses.lot > (select coalesce(max(deja.lot), '') from {{ this }} as deja)

    ),

{% endif %}

versions as (

    select
        *,
        row_number() over (
            partition by siren, transfert_id
            order by date_transfert desc nulls last, fichier_id desc, ligne desc
        ) as rang,
        max(lot) over (partition by siren, transfert_id) as dernier_lot

    from transferts
    {% if is_incremental() %}
        where
            transfert_id in (
                select transferts_touches.transfert_id from transferts_touches
            )
    {% endif %}

),

transferts_retenus as (

    select * from versions
    where rang = 1

),

-- Une seule taille illisible, ou d'unité inconnue, et le total de son niveau n'est pas connu.
tailles_par_niveau as (

    select
        tailles.fichier_id,
        tailles.niveau,
        sum(tailles.nb_mesures) as nb_mesures,
        case
            when count(*) = count(tailles.taille * unites.nb_octets)
                then try_cast(round(sum(tailles.taille * unites.nb_octets)) as bigint)
        end as taille_octets

    from tailles
    inner join transferts_retenus
        on tailles.fichier_id = transferts_retenus.fichier_id
    left join unites
        on tailles.code_unite = unites.code
    group by tailles.fichier_id, tailles.niveau

),

-- La taille des objets fait foi quand chacun dit la sienne ; sinon, celle du bordereau.
tailles_retenues as (

    select
        transferts_retenus.fichier_id,
        coalesce(
            max(tailles_par_niveau.taille_octets) filter (
                where
                tailles_par_niveau.niveau = 'objet'
                and tailles_par_niveau.nb_mesures = transferts_retenus.nb_objets
            ),
            max(tailles_par_niveau.taille_octets) filter (
                where tailles_par_niveau.niveau = 'description'
            )
        ) as taille_octets

    from transferts_retenus
    inner join tailles_par_niveau
        on transferts_retenus.fichier_id = tailles_par_niveau.fichier_id
    group by transferts_retenus.fichier_id

),

-- Bien des réponses taisent le SIREN du versant : l'identifiant suffit s'il est seul.
reponses_candidates as (

    select
        transferts_retenus.siren,
        transferts_retenus.transfert_id,
        reponses.fichier_id,
        reponses.code_reponse,
        reponses.date_reponse,
        reponses.date_decision,
        reponses.lot,
        case
            when reponses.type_reponse = 'acceptation' then true
            else codes_reponse.est_accepte
        end as est_accepte,
        count(*) over (partition by reponses.fichier_id) as nb_transferts_possibles

    from transferts_retenus
    inner join reponses
        on
            transferts_retenus.transfert_id = reponses.transfert_id
            and (
                reponses.siren is null
                or transferts_retenus.siren = reponses.siren
                or transferts_retenus.siren_producteur = reponses.siren
            )
    left join codes_reponse
        on reponses.code_reponse = codes_reponse.code

),

reponses_classees as (

    select
        *,
        row_number() over (
            partition by siren, transfert_id
            order by
                case when est_accepte is null then 1 else 0 end asc,
                date_reponse desc nulls last,
                fichier_id desc
        ) as rang,
        max(lot) over (partition by siren, transfert_id) as dernier_lot

    from reponses_candidates
    where nb_transferts_possibles = 1

),

final as (

    select
        coalesce(fusions.siren, transferts_retenus.siren) as siren,
        transferts_retenus.transfert_id,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        transferts_retenus.siren_producteur,
        transferts_retenus.code_version_seda,
        transferts_retenus.code_accord,
        transferts_retenus.code_profil,
        reponses_classees.code_reponse,
        case
            when reponses_classees.est_accepte then 'accepte'
            when not reponses_classees.est_accepte then 'rejete'
            else 'en_cours'
        end as statut,
        transferts_retenus.date_transfert,
        case
            when reponses_classees.est_accepte is not null
                then coalesce(reponses_classees.date_decision, reponses_classees.date_reponse)
        end as date_decision,
        transferts_retenus.nb_objets,
        tailles_retenues.taille_octets,
        transferts_retenus.est_demonstration,
        transferts_retenus.fichier_sha256,
        transferts_retenus.ligne,
        greatest(
            transferts_retenus.dernier_lot, coalesce(reponses_classees.dernier_lot, '')
        ) as lot

    from transferts_retenus
    left join tailles_retenues
        on transferts_retenus.fichier_id = tailles_retenues.fichier_id
    left join reponses_classees
        on
            transferts_retenus.siren = reponses_classees.siren
            and transferts_retenus.transfert_id = reponses_classees.transfert_id
            and reponses_classees.rang = 1
    -- Une commune entrée dans une autre compte pour celle d'aujourd'hui.
    left join fusions
        on transferts_retenus.siren = fusions.siren_ancien
    left join collectivites
        on coalesce(fusions.siren, transferts_retenus.siren) = collectivites.siren

)

select * from final
