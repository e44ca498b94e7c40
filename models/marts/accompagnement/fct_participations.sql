with

participations as (

    select * from {{ ref('stg_accompagnement__participations') }}

),

evenements as (

    select * from {{ ref('stg_accompagnement__evenements') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

participations_rangees as (

    select
        id_evenement,
        siren,
        nb_participants,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot,
        -- fichier_id suit l'ordre de réception, qu'une relecture des archives ne change pas.
        row_number() over (
            partition by id_evenement, siren
            order by fichier_id desc, ligne desc
        ) as rang

    from participations

),

-- Une commune entrée dans une autre compte pour celle d'aujourd'hui ; venues au même événement,
-- leurs présences s'ajoutent.
participations_rattachees as (

    select
        participations_rangees.id_evenement,
        coalesce(fusions.siren, participations_rangees.siren) as siren,
        case
            when count(*) = count(participations_rangees.nb_participants)
                then sum(participations_rangees.nb_participants)
        end as nb_participants,
        bool_or(participations_rangees.est_demonstration) as est_demonstration,
        min_by(participations_rangees.fichier_sha256, participations_rangees.siren)
            as fichier_sha256,
        min_by(participations_rangees.ligne, participations_rangees.siren) as ligne,
        max(participations_rangees.lot) as lot

    from participations_rangees
    left join fusions
        on participations_rangees.siren = fusions.siren_ancien
    where participations_rangees.rang = 1
    group by
        participations_rangees.id_evenement,
        coalesce(fusions.siren, participations_rangees.siren)

),

evenements_ranges as (

    select
        id_evenement,
        type_evenement,
        theme,
        code_obligation,
        code_departement_evenement,
        date_evenement,
        duree_heures,
        est_demonstration,
        row_number() over (
            partition by id_evenement
            order by fichier_id desc, ligne desc
        ) as rang

    from evenements

),

final as (

    select
        participations_rattachees.siren,
        participations_rattachees.id_evenement,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        evenements_ranges.date_evenement,
        evenements_ranges.type_evenement,
        evenements_ranges.theme,
        coalesce(evenements_ranges.code_obligation, '') as code_obligation,
        evenements_ranges.code_departement_evenement,
        evenements_ranges.duree_heures,
        cast(participations_rattachees.nb_participants as bigint) as nb_participants,
        evenements_ranges.id_evenement is not null as est_evenement_connu,
        participations_rattachees.est_demonstration
        or coalesce(evenements_ranges.est_demonstration, false) as est_demonstration,
        participations_rattachees.fichier_sha256,
        participations_rattachees.ligne,
        participations_rattachees.lot

    from participations_rattachees
    left join evenements_ranges
        on
            participations_rattachees.id_evenement = evenements_ranges.id_evenement
            and evenements_ranges.rang = 1
    left join collectivites
        on participations_rattachees.siren = collectivites.siren

)

select * from final
