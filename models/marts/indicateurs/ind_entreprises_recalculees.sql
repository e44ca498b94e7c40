with

entreprises as (

    select * from {{ ref('fct_entreprises_mois') }}

),

mois_observes as (

    select * from {{ ref('dim_mois') }}

),

periodes as (

    select * from {{ ref('dim_periodes') }}

),

-- Un mois dont les actives dépassent les inscrites est faux : il n'entre dans aucun taux.
connus as (

    select
        mois,
        nb_inscrites,
        nb_actives,
        est_demonstration

    from entreprises
    where nb_actives <= nb_inscrites

),

par_periode as (

    select
        periodes.periode_type,
        periodes.periode_debut,
        max(connus.mois) as dernier_mois_connu,
        bool_or(mois_observes.est_provisoire) as est_provisoire

    from periodes
    inner join mois_observes
        on periodes.mois = mois_observes.mois
    left join connus
        on periodes.mois = connus.mois
    group by periodes.periode_type, periodes.periode_debut

),

final as (

    select
        'APP-08' as code_indicateur,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'toutes' as population,
        'ensemble' as dimension,
        'ensemble' as modalite,
        par_periode.periode_type,
        par_periode.periode_debut,
        cast(connus.nb_actives as double) as numerateur,
        cast(connus.nb_inscrites as double) as denominateur,
        {{ ratio('connus.nb_actives', 'connus.nb_inscrites') }} as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        -- La plateforme compte les entreprises une fois : aucune collectivité n'y contribue.
        cast(0 as bigint) as nb_collectivites,
        cast(0 as bigint) as nb_collectivites_attendues,
        case when connus.mois is null then 'absent' else 'observe' end as statut,
        par_periode.est_provisoire,
        coalesce(connus.est_demonstration, false) as est_demonstration

    from par_periode
    left join connus
        on par_periode.dernier_mois_connu = connus.mois

)

select * from final
