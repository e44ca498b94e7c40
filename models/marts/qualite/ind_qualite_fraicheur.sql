with

receptions as (

    select
        cast(max(recu_le) as date) as date_reference,
        bool_or(est_demonstration) as est_demonstration

    from {{ ref('fct_fichiers_recus') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

sources as (

    select * from {{ ref('dim_sources') }}

),

{{ jours_par_source() }},

derniers_mois as (

    select
        source,
        siren,
        cast(date_trunc('month', max(jour)) as date) as dernier_mois

    from jours
    where siren is not null and jour is not null
    group by source, siren

),

-- La plus récente des données d'un périmètre fait sa fraîcheur : elle ne se moyenne pas.
par_source as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        'source' as dimension,
        derniers_mois.source as modalite,
        max(derniers_mois.dernier_mois) as dernier_mois,
        count(distinct derniers_mois.siren) as nb_collectivites

    from derniers_mois
    inner join perimetres
        on derniers_mois.siren = perimetres.siren
    inner join sources
        on derniers_mois.source = sources.source
    group by perimetres.perimetre_type, perimetres.perimetre_code, derniers_mois.source

),

ensemble as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        'ensemble' as dimension,
        'ensemble' as modalite,
        max(derniers_mois.dernier_mois) as dernier_mois,
        count(distinct derniers_mois.siren) as nb_collectivites

    from perimetres
    left join derniers_mois
        on perimetres.siren = derniers_mois.siren
    group by perimetres.perimetre_type, perimetres.perimetre_code

),

attendues as (

    select
        perimetre_type,
        perimetre_code,
        count(distinct siren) as nb_collectivites_attendues

    from perimetres
    group by perimetre_type, perimetre_code

),

reunies as (

    select * from par_source
    union all
    select * from ensemble

),

anciennetes as (

    select
        reunies.perimetre_type,
        reunies.perimetre_code,
        reunies.dimension,
        reunies.modalite,
        reunies.nb_collectivites,
        attendues.nb_collectivites_attendues,
        receptions.date_reference,
        receptions.est_demonstration,
        case
            when reunies.dernier_mois is not null
                then greatest(
                    0,
                    receptions.date_reference - ({{ mois_avant('reunies.dernier_mois', '-1') }} - 1)
                )
        end as anciennete_jours

    from reunies
    inner join attendues
        on
            reunies.perimetre_type = attendues.perimetre_type
            and reunies.perimetre_code = attendues.perimetre_code
    cross join receptions
    where receptions.date_reference is not null

),

periodes as (

    select
        'mois' as periode_type,
        cast(date_trunc('month', date_reference) as date) as periode_debut
    from receptions
    union all
    select
        'trimestre' as periode_type,
        cast(date_trunc('quarter', date_reference) as date) as periode_debut
    from receptions
    union all
    select
        'annee' as periode_type,
        cast(date_trunc('year', date_reference) as date) as periode_debut
    from receptions

),

final as (

    select
        'QUA-08' as code_indicateur,
        anciennetes.perimetre_type,
        anciennetes.perimetre_code,
        'toutes' as population,
        anciennetes.dimension,
        anciennetes.modalite,
        periodes.periode_type,
        periodes.periode_debut,
        cast(anciennetes.anciennete_jours as double) as numerateur,
        cast(case when anciennetes.anciennete_jours is not null then 1 end as double)
            as denominateur,
        cast(anciennetes.anciennete_jours as double) as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        cast(anciennetes.nb_collectivites as bigint) as nb_collectivites,
        cast(anciennetes.nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        case when anciennetes.anciennete_jours is null then 'absent' else 'observe' end as statut,
        false as est_provisoire,
        coalesce(anciennetes.est_demonstration, false) as est_demonstration

    from anciennetes
    cross join periodes

)

select * from final
