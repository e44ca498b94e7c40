with

concernees as (

    select * from {{ ref('ind_accompagnement_obligations') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

dernier_mois as (

    select max(mois) as mois
    from {{ ref('dim_mois') }}

),

ventilees as (

    select
        siren,
        'obligation' as dimension,
        code_obligation as modalite,
        date_echeance,
        est_connue,
        est_preparee,
        est_demonstration
    from concernees
    union all
    select
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        date_echeance,
        est_connue,
        est_preparee,
        est_demonstration
    from concernees

),

comptes as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        ventilees.dimension,
        ventilees.modalite,
        ventilees.date_echeance,
        count(*) filter (where ventilees.est_connue and ventilees.est_preparee) as nb_preparees,
        count(*) filter (where ventilees.est_connue) as nb_connues,
        count(*) as nb_attendues,
        count(distinct ventilees.siren) filter (where ventilees.est_connue) as nb_collectivites,
        count(distinct ventilees.siren) as nb_collectivites_attendues,
        bool_or(ventilees.est_demonstration) as est_demonstration

    from ventilees
    inner join perimetres
        on ventilees.siren = perimetres.siren
    group by
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        ventilees.dimension,
        ventilees.modalite,
        ventilees.date_echeance

),

final as (

    select
        'APP-10' as code_indicateur,
        comptes.perimetre_type,
        comptes.perimetre_code,
        'toutes' as population,
        comptes.dimension,
        comptes.modalite,
        'campagne' as periode_type,
        comptes.date_echeance as periode_debut,
        case when comptes.nb_connues > 0 then cast(comptes.nb_preparees as double) end
            as numerateur,
        case when comptes.nb_connues > 0 then cast(comptes.nb_connues as double) end
            as denominateur,
        {{ ratio('comptes.nb_preparees', 'comptes.nb_connues') }} as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        comptes.nb_collectivites,
        comptes.nb_collectivites_attendues,
        case
            when comptes.nb_connues = 0 then 'absent'
            when comptes.nb_connues < comptes.nb_attendues then 'partiel'
            else 'observe'
        end as statut,
        comptes.date_echeance > dernier_mois.mois as est_provisoire,
        comptes.est_demonstration

    from comptes
    cross join dernier_mois

)

select * from final
