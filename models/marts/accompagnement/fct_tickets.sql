with

tickets as (

    select * from {{ ref('stg_accompagnement__tickets') }}
    where mois is not null

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

tickets_ranges as (

    select
        siren,
        code_service,
        mois,
        nb_tickets,
        delai_median_heures,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot,
        -- fichier_id suit l'ordre de réception, qu'une relecture des archives ne change pas.
        row_number() over (
            partition by siren, code_service, mois
            order by fichier_id desc, ligne desc
        ) as rang

    from tickets

),

-- Une commune entrée dans une autre compte pour celle d'aujourd'hui : les tickets s'ajoutent, des
-- médianes non.
tickets_rattaches as (

    select
        coalesce(fusions.siren, tickets_ranges.siren) as siren,
        tickets_ranges.code_service,
        tickets_ranges.mois,
        case
            when count(*) = count(tickets_ranges.nb_tickets) then sum(tickets_ranges.nb_tickets)
        end as nb_tickets,
        case when count(*) = 1 then max(tickets_ranges.delai_median_heures) end
            as delai_median_heures,
        bool_or(tickets_ranges.est_demonstration) as est_demonstration,
        min_by(tickets_ranges.fichier_sha256, tickets_ranges.siren) as fichier_sha256,
        min_by(tickets_ranges.ligne, tickets_ranges.siren) as ligne,
        max(tickets_ranges.lot) as lot

    from tickets_ranges
    left join fusions
        on tickets_ranges.siren = fusions.siren_ancien
    where tickets_ranges.rang = 1
    group by
        coalesce(fusions.siren, tickets_ranges.siren),
        tickets_ranges.code_service,
        tickets_ranges.mois

),

final as (

    select
        tickets_rattaches.siren,
        tickets_rattaches.code_service,
        tickets_rattaches.mois,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        cast(tickets_rattaches.nb_tickets as bigint) as nb_tickets,
        tickets_rattaches.delai_median_heures,
        tickets_rattaches.est_demonstration,
        tickets_rattaches.fichier_sha256,
        tickets_rattaches.ligne,
        tickets_rattaches.lot

    from tickets_rattaches
    left join collectivites
        on tickets_rattaches.siren = collectivites.siren

)

select * from final
