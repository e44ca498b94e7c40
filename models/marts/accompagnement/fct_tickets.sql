with

tickets as (

    select * from {{ ref('stg_accompagnement__tickets') }}
    where mois is not null

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

final as (

    select
        tickets_ranges.siren,
        tickets_ranges.code_service,
        tickets_ranges.mois,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        tickets_ranges.nb_tickets,
        tickets_ranges.delai_median_heures,
        tickets_ranges.est_demonstration,
        tickets_ranges.fichier_sha256,
        tickets_ranges.ligne,
        tickets_ranges.lot

    from tickets_ranges
    left join collectivites
        on tickets_ranges.siren = collectivites.siren
    where tickets_ranges.rang = 1

)

select * from final
