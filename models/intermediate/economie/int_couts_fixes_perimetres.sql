with

scenarios as (

    select * from {{ ref('hyp_scenarios') }}

),

poids as (

    select * from {{ ref('hyp_poids_couts_fixes') }}

),

-- Autant d'années que l'horizon du scénario ; les lignes du barème donnent de quoi les compter.
rangs as (

    select row_number() over (order by parametre, classe_taille) as rang_annee
    from {{ ref('int_parametres_cout') }}

),

-- Une collectivité qui ne dématérialise rien n'a encore ni certificat ni agent formé pour cela.
actives as (

    select
        siren,
        classe_taille,
        mesure,
        annee,
        bool_or(est_demonstration) as est_demonstration

    from {{ ref('int_volumes_observes') }}
    where
        volume > 0
        and mesure <> 'restant'
    group by siren, classe_taille, mesure, annee

),

-- Ce qui reste à dépenser : les collectivités qui ne dématérialisent rien au taux actuel.
comptees as (

    select
        siren,
        classe_taille,
        mesure,
        annee,
        est_demonstration
    from actives

    union all

    select
        potentielles.siren,
        potentielles.classe_taille,
        'restant' as mesure,
        potentielles.annee,
        potentielles.est_demonstration

    from actives as potentielles
    left join actives as projetees
        on
            projetees.mesure = 'projection_taux_constant'
            and potentielles.siren = projetees.siren
    where
        potentielles.mesure = 'potentiel'
        and projetees.siren is null

),

par_classe as (

    select
        comptees.mesure,
        comptees.annee,
        comptees.classe_taille,
        count(*) as nb_collectivites,
        -- Sans classe connue, une collectivité pèse comme la moyenne.
        sum(coalesce(propres.poids, moyennes.poids)) as poids,
        bool_or(comptees.est_demonstration) as est_demonstration

    from comptees
    inner join poids as moyennes
        on moyennes.classe_taille = 'toutes'
    left join poids as propres
        on comptees.classe_taille = propres.classe_taille
    group by comptees.mesure, comptees.annee, comptees.classe_taille

),

observes as (

    select
        scenarios.scenario,
        par_classe.mesure,
        rangs.rang_annee,
        par_classe.annee + coalesce(rangs.rang_annee, 0) as annee,
        par_classe.classe_taille,
        par_classe.nb_collectivites,
        par_classe.poids,
        par_classe.est_demonstration

    from par_classe
    cross join scenarios
    left join rangs
        on
            par_classe.mesure <> 'constate'
            and scenarios.horizon_annees >= rangs.rang_annee
    where scenarios.origine_volumes = 'observe'

),

mesures as (

    select 'potentiel' as mesure
    union all
    select 'projection_taux_constant' as mesure

),

-- Un scénario posé compte le périmètre entier, au taux d'aujourd'hui comme à 100 %.
poses as (

    select
        scenarios.scenario,
        mesures.mesure,
        rangs.rang_annee,
        scenarios.annee_base + rangs.rang_annee as annee

    from scenarios
    cross join mesures
    inner join rangs
        on scenarios.horizon_annees >= rangs.rang_annee
    where scenarios.origine_volumes = 'parametres'

),

final as (

    select
        scenario,
        mesure,
        cast(rang_annee as bigint) as rang_annee,
        cast(annee as bigint) as annee,
        coalesce(classe_taille, 'toutes') as classe_taille,
        cast(nb_collectivites as bigint) as nb_collectivites,
        cast(poids as double) as poids,
        est_demonstration

    from observes

    union all

    select
        scenario,
        mesure,
        cast(rang_annee as bigint) as rang_annee,
        cast(annee as bigint) as annee,
        'toutes' as classe_taille,
        cast(null as bigint) as nb_collectivites,
        cast(null as double) as poids,
        false as est_demonstration

    from poses

)

select * from final
