with

mois_observes as (

    select * from {{ ref('int_mois_observes') }}

),

reglages as (

    select
        max(valeur) filter (where cle = 'nb_mois_observes_max') as nb_mois_max,
        max(valeur) filter (where cle = 'nb_mois_provisoires') as nb_mois_provisoires

    from {{ ref('hyp_observation') }}

),

-- Sans aucune donnée, le dernier mois échu reste observé : tout y est « absent », rien n'y vaut 0.
etendue as (

    select
        cast(
            coalesce(
                max(dernier_mois),
                date_trunc('month', {{ aujourdhui() }}) - interval 1 month
            ) as date
        ) as dernier_mois,
        min(premier_mois) as premier_mois

    from mois_observes
    where etend_l_observation

),

bornes as (

    select
        etendue.dernier_mois,
        reglages.nb_mois_provisoires,
        cast(
            greatest(
                coalesce(etendue.premier_mois, etendue.dernier_mois),
                {{ mois_avant('etendue.dernier_mois', 'reglages.nb_mois_max - 1') }}
            ) as date
        ) as premier_mois

    from etendue
    cross join reglages

),

suite as (

    {{ suite_de_mois('bornes', 'premier_mois', 'dernier_mois') }}

),

couverture as (

    select
        suite.mois,
        coalesce(bool_or(mois_observes.source = 'actes'), false) as est_couvert_actes,
        coalesce(bool_or(mois_observes.source = 'consultations'), false)
            as est_couvert_consultations,
        coalesce(bool_or(mois_observes.source = 'helios'), false) as est_couvert_helios,
        coalesce(bool_or(mois_observes.source = 'archivage'), false) as est_couvert_archivage,
        coalesce(bool_or(mois_observes.source = 'services'), false) as est_couvert_services,
        coalesce(bool_or(mois_observes.source = 'comptes'), false) as est_couvert_comptes,
        coalesce(bool_or(mois_observes.source = 'accompagnement'), false)
            as est_couvert_accompagnement,
        coalesce(bool_or(mois_observes.source = 'adhesions'), false) as est_couvert_adhesions

    from suite
    left join mois_observes
        on suite.mois between mois_observes.premier_mois and mois_observes.dernier_mois
    group by suite.mois

),

final as (

    select
        couverture.mois,
        cast(date_trunc('quarter', couverture.mois) as date) as trimestre,
        cast(date_trunc('year', couverture.mois) as date) as annee,
        couverture.est_couvert_actes,
        couverture.est_couvert_consultations,
        couverture.est_couvert_helios,
        couverture.est_couvert_archivage,
        couverture.est_couvert_services,
        couverture.est_couvert_comptes,
        couverture.est_couvert_accompagnement,
        couverture.est_couvert_adhesions,
        couverture.mois
        > {{ mois_avant('bornes.dernier_mois', 'bornes.nb_mois_provisoires') }} as est_provisoire

    from couverture
    cross join bornes

)

select * from final
