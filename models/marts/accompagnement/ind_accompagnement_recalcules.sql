with

participations as (

    select * from {{ ref('fct_participations') }}

),

obligations as (

    select * from {{ ref('dim_obligations') }}

),

assujettissements as (

    select * from {{ ref('dim_assujettissements') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

dernier_mois as (

    select max(mois) as mois
    from {{ ref('dim_mois') }}

),

-- Sans aucun événement reçu sur une obligation, on ne sait pas qui s'y est formé : ce n'est pas 0.
obligations_accompagnees as (

    select
        code_obligation,
        bool_or(est_demonstration) as est_demonstration

    from participations
    where code_obligation <> ''
    group by code_obligation

),

-- Venir le jour de l'échéance, c'est venir trop tard.
prepares as (

    select
        participations.siren,
        participations.code_obligation

    from participations
    inner join obligations
        on participations.code_obligation = obligations.code_obligation
    where participations.date_evenement < obligations.date_echeance
    group by participations.siren, participations.code_obligation

),

concernees as (

    select
        assujettissements.siren,
        assujettissements.code_obligation,
        obligations.date_echeance,
        assujettissements.statut_assujettissement = 'assujettie'
        and obligations_accompagnees.code_obligation is not null as est_connue,
        prepares.siren is not null as est_preparee,
        coalesce(obligations_accompagnees.est_demonstration, false) as est_demonstration

    from assujettissements
    inner join obligations
        on assujettissements.code_obligation = obligations.code_obligation
    left join obligations_accompagnees
        on assujettissements.code_obligation = obligations_accompagnees.code_obligation
    left join prepares
        on
            assujettissements.siren = prepares.siren
            and assujettissements.code_obligation = prepares.code_obligation
    where
        assujettissements.statut_assujettissement <> 'non_assujettie'
        and obligations.date_echeance is not null

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
