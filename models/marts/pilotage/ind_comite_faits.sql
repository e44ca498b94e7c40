with

pilotage as (

    select * from {{ ref('ind_pilotage_mois') }}

),

conformite as (

    select * from {{ ref('ind_conformite') }}

),

economies as (

    select * from {{ ref('ind_economies') }}
    where
        scenario = 'actuel' and variante = 'central' and mesure = 'constate'
        and processus = 'ensemble' and nature_gain = 'ensemble'

),

retours as (

    select
        mois,
        libelle_mois,
        siren,
        nom_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        libelle_type,
        cast(sum(nb_collectivites) as bigint) as nb_retours_recus,
        cast(sum(nb_collectivites_attendues) as bigint) as nb_retours_attendus,
        max(couverture_alerte) as couverture_alerte,
        bool_or(est_provisoire) as est_provisoire,
        bool_or(est_demonstration) as est_demonstration

    from pilotage
    group by
        mois,
        libelle_mois,
        siren,
        nom_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        libelle_type

),

obligations as (

    select
        siren,
        max(date_observation) as date_observation,
        count(*) filter (where statut <> 'non_concernee') as nb_obligations_concernees,
        count(est_conforme_aujourd_hui) as nb_obligations_connues,
        count(*) filter (where est_conforme_aujourd_hui) as nb_obligations_tenues,
        bool_or(est_demonstration) as est_demonstration

    from conformite
    group by siren

),

attention as (

    select
        mois,
        count(*) as nb_controles,
        count(*) filter (where est_signale) as nb_points,
        count(*) filter (where est_nouveau) as nb_nouveaux_points,
        bool_or(est_demonstration) as est_demonstration

    from {{ ref('ind_attention_mois') }}
    group by mois

),

final as (

    select
        retours.mois,
        retours.libelle_mois,
        retours.siren,
        retours.nom_collectivite,
        retours.type_collectivite,
        retours.classe_taille,
        retours.code_departement,
        retours.nom_departement,
        retours.siren_epci,
        retours.nom_epci,
        retours.libelle_type,
        retours.nb_retours_recus,
        retours.nb_retours_attendus,
        un_an_avant.nb_retours_recus as nb_retours_recus_un_an_avant,
        un_an_avant.nb_retours_attendus as nb_retours_attendus_un_an_avant,
        retours.couverture_alerte,
        obligations.date_observation,
        obligations.nb_obligations_concernees,
        obligations.nb_obligations_connues,
        obligations.nb_obligations_tenues,
        attention.nb_controles as nb_controles_bretagne,
        attention.nb_points as nb_points_bretagne,
        attention.nb_nouveaux_points as nb_nouveaux_points_bretagne,
        economies.montant_eur as economies_bretagne_eur,
        economies.p10_eur as economies_bretagne_p10_eur,
        economies.p90_eur as economies_bretagne_p90_eur,
        economies.horizon_annees as economies_bretagne_annees,
        economies.nb_collectivites as nb_collectivites_economies,
        retours.est_provisoire,
        retours.est_demonstration
        or coalesce(obligations.est_demonstration, false)
        or coalesce(attention.est_demonstration, false)
        or coalesce(economies.est_demonstration, false) as est_demonstration

    from retours
    left join retours as un_an_avant
        on
            retours.siren = un_an_avant.siren
            and retours.mois = cast(un_an_avant.mois + interval '1' year as date)
    left join obligations
        on retours.siren = obligations.siren
    left join attention
        on retours.mois = attention.mois
    left join economies
        on true

)

select * from final
