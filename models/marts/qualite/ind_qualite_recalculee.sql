with

completes as (

    select * from {{ ref('ind_estimations_territoire') }}
    where dimension = 'ensemble'

),

-- La part estimée d'un taux complété : elle se publie même quand elle est nulle.
parts_estimees as (

    select
        'QUA-10' as code_indicateur,
        perimetre_type,
        perimetre_code,
        'toutes' as population,
        'indicateur' as dimension,
        code_indicateur as modalite,
        'annee' as periode_type,
        periode_debut,
        case when denominateur_complete > 0 then denominateur_estime end as numerateur,
        case when denominateur_complete > 0 then denominateur_complete end as denominateur,
        part_estimee as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        nb_collectivites_observees + nb_collectivites_estimees as nb_collectivites,
        nb_collectivites_attendues,
        case when part_estimee is null then 'absent' else 'declare' end as statut,
        false as est_provisoire,
        est_demonstration
    from completes

),

recalculs as (

    select * from {{ ref('ind_qualite_lignes') }}
    union all
    select * from {{ ref('ind_qualite_fraicheur') }}
    union all
    select * from {{ ref('ind_qualite_scores') }}
    union all
    select * from parts_estimees

),

final as (

    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        population,
        dimension,
        modalite,
        periode_type,
        periode_debut,
        numerateur,
        denominateur,
        valeur,
        ic_bas,
        ic_haut,
        nb_collectivites,
        nb_collectivites_attendues,
        statut,
        est_provisoire,
        est_demonstration

    from recalculs

)

select * from final
