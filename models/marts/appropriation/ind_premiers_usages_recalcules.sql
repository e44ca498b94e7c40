with

usages as (

    select * from {{ ref('ind_premiers_usages') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

mois_observes as (

    select
        annee,
        bool_or(est_provisoire) as est_provisoire

    from {{ ref('dim_mois') }}
    group by annee

),

reglages as (

    select max(valeur) as part_mediane

    from {{ ref('hyp_usages') }}
    where cle = 'part_mediane'

),

axes as (

    select 'service' as dimension
    union all
    select 'ensemble' as dimension

),

ventiles as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        axes.dimension,
        case when axes.dimension = 'ensemble' then 'ensemble' else usages.code_service end
            as modalite,
        cast(date_trunc('year', usages.mois) as date) as annee,
        usages.siren,
        usages.est_suivie,
        usages.a_servi,
        usages.duree_mois,
        usages.est_demonstration

    from usages
    inner join perimetres
        on usages.siren = perimetres.siren
    cross join axes

),

comptes as (

    select
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        annee,
        count(*) filter (where est_suivie) as nb_suivies,
        count(*) filter (where a_servi) as nb_premiers_usages,
        count(distinct case when est_suivie then siren end) as nb_collectivites,
        count(distinct siren) as nb_collectivites_attendues,
        count(*) as nb_adhesions,
        bool_or(est_demonstration) as est_demonstration

    from ventiles
    group by perimetre_type, perimetre_code, dimension, modalite, annee

),

-- Kaplan-Meier : à chaque durée, ceux qui servent parmi ceux qu'on suit encore sans usage.
par_duree as (

    select
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        annee,
        duree_mois,
        count(*) as nb_suivies,
        count(*) filter (where a_servi) as nb_premiers_usages

    from ventiles
    where est_suivie
    group by perimetre_type, perimetre_code, dimension, modalite, annee, duree_mois

),

risques as (

    select
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        annee,
        duree_mois,
        nb_premiers_usages,
        sum(nb_suivies) over (
            partition by perimetre_type, perimetre_code, dimension, modalite, annee
            order by duree_mois desc
            rows between unbounded preceding and current row
        ) as nb_sans_usage

    from par_duree

),

survies as (

    select
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        annee,
        duree_mois,
        bool_or(nb_premiers_usages = nb_sans_usage) over (
            partition by perimetre_type, perimetre_code, dimension, modalite, annee
            order by duree_mois asc
            rows between unbounded preceding and current row
        ) as est_epuisee,
        -- Un produit de parts, par la somme de leurs logarithmes ; celui de zéro n'existe pas.
        exp(
            sum(
                case
                    when nb_premiers_usages < nb_sans_usage
                        then ln(1 - {{ ratio('nb_premiers_usages', 'nb_sans_usage') }})
                    else 0
                end
            ) over (
                partition by perimetre_type, perimetre_code, dimension, modalite, annee
                order by duree_mois asc
                rows between unbounded preceding and current row
            )
        ) as part_sans_usage

    from risques

),

medianes as (

    select
        survies.perimetre_type,
        survies.perimetre_code,
        survies.dimension,
        survies.modalite,
        survies.annee,
        min(survies.duree_mois) as duree_mediane_mois

    from survies
    cross join reglages
    where
        survies.est_epuisee
        or {{ valeur_stable('survies.part_sans_usage') }} <= reglages.part_mediane
    group by
        survies.perimetre_type,
        survies.perimetre_code,
        survies.dimension,
        survies.modalite,
        survies.annee

),

-- Médiane non atteinte : moins de la moitié a servi, et l'on ne sait pas quand l'autre servira.
final as (

    select
        'APP-06' as code_indicateur,
        comptes.perimetre_type,
        comptes.perimetre_code,
        'toutes' as population,
        comptes.dimension,
        comptes.modalite,
        'annee' as periode_type,
        comptes.annee as periode_debut,
        cast(comptes.nb_premiers_usages as double) as numerateur,
        cast(comptes.nb_suivies as double) as denominateur,
        cast(medianes.duree_mediane_mois as double) as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        cast(comptes.nb_collectivites as bigint) as nb_collectivites,
        cast(comptes.nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        case
            when medianes.duree_mediane_mois is null then 'absent'
            when comptes.nb_suivies < comptes.nb_adhesions then 'partiel'
            else 'observe'
        end as statut,
        mois_observes.est_provisoire,
        comptes.est_demonstration

    from comptes
    inner join mois_observes
        on comptes.annee = mois_observes.annee
    left join medianes
        on
            comptes.perimetre_type = medianes.perimetre_type
            and comptes.perimetre_code = medianes.perimetre_code
            and comptes.dimension = medianes.dimension
            and comptes.modalite = medianes.modalite
            and comptes.annee = medianes.annee

)

select * from final
