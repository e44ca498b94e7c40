with

evenements as (

    select * from {{ ref('int_evenements_retenus') }}

),

actions as (

    select
        *,
        row_number() over (partition by id_document order by numero_evenement asc)
            as rang_premier,
        row_number() over (partition by id_document order by numero_evenement desc)
            as rang_dernier

    from evenements
    -- Type 1, action sur un document : consulter ou notifier n'est pas agir.
    where type_evenement = 1 and id_document is not null

),

final as (

    select
        id_document,
        -- La première entité qui agit est celle qui a créé le document.
        coalesce(max(siren) filter (where rang_premier = 1), min(siren)) as siren,
        max(flux) filter (where rang_dernier = 1) as flux,
        min(date_evenement) as date_creation,
        max(date_evenement) as date_derniere_action,
        max(action) filter (where rang_dernier = 1) as derniere_action,
        bool_or(est_demonstration) as est_demonstration,
        max(fichier_sha256) filter (where rang_dernier = 1) as fichier_sha256,
        max(ligne) filter (where rang_dernier = 1) as ligne,
        max(lot) as lot

    from actions
    group by id_document

)

select * from final
