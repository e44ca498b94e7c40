with

couts as (

    select * from {{ ref('int_couts_simulateur') }}

),

scenarios as (

    select * from {{ ref('hyp_scenarios') }}

),

classes as (

    select distinct classe_taille from couts

),

-- Volumes observés : chaque étape a les siens, la classe a ses coûts.
gains_observes as (

    select
        scenarios.scenario,
        couts.niveau_cout_page,
        couts.niveau_minutes,
        volumes.mesure,
        volumes.processus,
        couts.nature_gain,
        sum(volumes.volume * couts.gain_unitaire_eur) as gain_eur

    from {{ ref('int_volumes_observes') }} as volumes
    cross join scenarios
    left join classes
        on volumes.classe_taille = classes.classe_taille
    inner join couts
        on
            scenarios.bareme = couts.bareme
            and volumes.processus = couts.processus
            and volumes.etape = couts.etape
            and coalesce(classes.classe_taille, 'toutes') = couts.classe_taille
    where
        scenarios.origine_volumes = 'observe'
        and volumes.mesure in ('projection_taux_constant', 'potentiel')
    group by
        scenarios.scenario,
        couts.niveau_cout_page,
        couts.niveau_minutes,
        volumes.mesure,
        volumes.processus,
        couts.nature_gain

),

-- Volumes posés : une opération type suffit, le volume est le même à tous les niveaux.
gains_poses as (

    select
        scenarios.scenario,
        couts.niveau_cout_page,
        couts.niveau_minutes,
        lignes.processus,
        couts.nature_gain,
        sum(couts.repetition * couts.gain_unitaire_eur) as gain_eur

    from scenarios
    inner join {{ ref('hyp_scenarios_processus') }} as lignes
        on scenarios.scenario = lignes.scenario
    inner join couts
        on
            scenarios.bareme = couts.bareme
            and lignes.processus = couts.processus
    where couts.classe_taille = 'toutes'
    group by
        scenarios.scenario,
        couts.niveau_cout_page,
        couts.niveau_minutes,
        lignes.processus,
        couts.nature_gain

),

gains as (

    select
        scenario,
        niveau_cout_page,
        niveau_minutes,
        mesure,
        processus,
        nature_gain,
        gain_eur
    from gains_observes

    union all

    select
        scenario,
        niveau_cout_page,
        niveau_minutes,
        'projection_taux_constant' as mesure,
        processus,
        nature_gain,
        gain_eur
    from gains_poses

    union all

    select
        scenario,
        niveau_cout_page,
        niveau_minutes,
        'potentiel' as mesure,
        processus,
        nature_gain,
        gain_eur
    from gains_poses

),

centraux as (

    select
        gains.scenario,
        gains.mesure,
        gains.processus,
        gains.nature_gain,
        gains.gain_eur

    from gains
    inner join {{ ref('hyp_leviers') }} as pages
        on
            pages.levier = 'cout_page'
            and gains.niveau_cout_page = pages.niveau
    inner join {{ ref('hyp_leviers') }} as minutes
        on
            minutes.levier = 'minutes'
            and gains.niveau_minutes = minutes.niveau
    where pages.est_central and minutes.est_central

),

final as (

    select
        gains.scenario,
        gains.niveau_cout_page,
        gains.niveau_minutes,
        gains.mesure,
        gains.processus,
        gains.nature_gain,
        {{ ratio('gains.gain_eur', 'centraux.gain_eur') }} as facteur

    from gains
    inner join centraux
        on
            gains.scenario = centraux.scenario
            and gains.mesure = centraux.mesure
            and gains.processus = centraux.processus
            and gains.nature_gain = centraux.nature_gain

)

select * from final
