with

actes as (

    select * from {{ ref('fct_actes') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

periodes as (

    select * from {{ ref('dim_periodes') }}

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

actes_acquittes as (

    select
        siren,
        cast(date_trunc('month', date_decision) as date) as mois,
        delai_ar_jours,
        est_demonstration

    from actes
    where
        est_acquitte
        and not est_annule
        and delai_ar_jours is not null

),

-- Une médiane ne s'additionne pas : elle se recalcule sur les actes, à chaque niveau et période.
delais as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut,
        sum(actes_acquittes.delai_ar_jours) as total_delais_jours,
        count(*) as nb_actes,
        median(actes_acquittes.delai_ar_jours) as delai_median_jours,
        count(distinct actes_acquittes.siren) as nb_collectivites,
        bool_or(actes_acquittes.est_demonstration) as est_demonstration

    from actes_acquittes
    inner join perimetres
        on actes_acquittes.siren = perimetres.siren
    inner join periodes
        on actes_acquittes.mois = periodes.mois
    group by
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut

),

attendues as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut,
        count(distinct collectivites_mois.siren) as nb_collectivites_attendues,
        bool_or(collectivites_mois.est_provisoire) as est_provisoire

    from collectivites_mois
    inner join perimetres
        on collectivites_mois.siren = perimetres.siren
    inner join periodes
        on collectivites_mois.mois = periodes.mois
    group by
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut

),

final as (

    select
        'DEM-11' as code_indicateur,
        attendues.perimetre_type,
        attendues.perimetre_code,
        'toutes' as population,
        'ensemble' as dimension,
        'ensemble' as modalite,
        attendues.periode_type,
        attendues.periode_debut,
        cast(delais.total_delais_jours as double) as numerateur,
        cast(delais.nb_actes as double) as denominateur,
        cast(delais.delai_median_jours as double) as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        coalesce(delais.nb_collectivites, 0) as nb_collectivites,
        attendues.nb_collectivites_attendues,
        case when delais.nb_actes is null then 'absent' else 'observe' end as statut,
        attendues.est_provisoire,
        coalesce(delais.est_demonstration, false) as est_demonstration

    from attendues
    left join delais
        on
            attendues.perimetre_type = delais.perimetre_type
            and attendues.perimetre_code = delais.perimetre_code
            and attendues.periode_type = delais.periode_type
            and attendues.periode_debut = delais.periode_debut

)

select * from final
