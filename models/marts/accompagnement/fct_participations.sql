with

participations as (

    select * from {{ ref('stg_accompagnement__participations') }}

),

evenements as (

    select * from {{ ref('stg_accompagnement__evenements') }}

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
        participations_rangees.siren,
        participations_rangees.id_evenement,
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
        participations_rangees.nb_participants,
        evenements_ranges.id_evenement is not null as est_evenement_connu,
        participations_rangees.est_demonstration
        or coalesce(evenements_ranges.est_demonstration, false) as est_demonstration,
        participations_rangees.fichier_sha256,
        participations_rangees.ligne,
        participations_rangees.lot

    from participations_rangees
    left join evenements_ranges
        on
            participations_rangees.id_evenement = evenements_ranges.id_evenement
            and evenements_ranges.rang = 1
    left join collectivites
        on participations_rangees.siren = collectivites.siren
    where participations_rangees.rang = 1

)

select * from final
