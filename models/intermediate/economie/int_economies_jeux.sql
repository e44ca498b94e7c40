with

scenarios as (

    select * from {{ ref('hyp_scenarios') }}

),

gains as (

    select
        jeu,
        classe_taille,
        bareme,
        processus,
        etape,
        nature_gain,
        repetition,
        papier_eur - demat_eur as gain_eur,
        heures_papier - heures_demat as gain_heures

    from {{ ref('int_couts_jeux') }}
    where jeu not like 'declare:%'

),

parametres as (

    select
        jeu,
        parametre,
        valeur

    from {{ ref('int_parametres_jeux') }}
    where classe_taille = 'toutes'

),

-- Scénario dont les volumes et les taux sont des paramètres : ils varient avec le jeu.
poses as (

    select
        volumes.jeu,
        scenarios.scenario,
        scenarios.bareme,
        scenarios.horizon_annees,
        lignes.processus,
        volumes.valeur as operations,
        taux.valeur as taux

    from scenarios
    inner join {{ ref('hyp_scenarios_processus') }} as lignes
        on scenarios.scenario = lignes.scenario
    inner join parametres as volumes
        on lignes.parametre_volume = volumes.parametre
    inner join parametres as taux
        on
            lignes.parametre_taux = taux.parametre
            and volumes.jeu = taux.jeu

),

gains_operation as (

    select
        jeu,
        bareme,
        processus,
        nature_gain,
        sum(repetition * gain_eur) as gain_eur,
        sum(repetition * gain_heures) as gain_heures

    from gains
    where classe_taille = 'toutes'
    group by jeu, bareme, processus, nature_gain

),

mesures as (

    select
        'potentiel' as mesure,
        1 as constante,
        0 as pente

    union all

    select
        'projection_taux_constant' as mesure,
        0 as constante,
        1 as pente

    union all

    select
        'restant' as mesure,
        1 as constante,
        -1 as pente

),

economies_posees as (

    select
        poses.jeu,
        poses.scenario,
        mesures.mesure,
        poses.processus,
        gains_operation.nature_gain,
        poses.horizon_annees * poses.operations * gains_operation.gain_eur
        * (mesures.constante + mesures.pente * poses.taux) as gain_total_eur,
        poses.horizon_annees * poses.operations * gains_operation.gain_heures
        * (mesures.constante + mesures.pente * poses.taux) as heures_rendues

    from poses
    inner join gains_operation
        on
            poses.jeu = gains_operation.jeu
            and poses.bareme = gains_operation.bareme
            and poses.processus = gains_operation.processus
    cross join mesures

),

-- Scénario dont les volumes sont observés : seuls les coûts varient avec le jeu.
classes as (

    select distinct classe_taille from gains

),

unites as (

    select
        scenarios.scenario,
        scenarios.bareme,
        coalesce(classes.classe_taille, 'toutes') as classe_taille,
        volumes.mesure,
        volumes.processus,
        volumes.etape,
        sum(
            volumes.volume
            * case when volumes.mesure = 'constate' then 1 else scenarios.horizon_annees end
        ) as volume

    from scenarios
    cross join {{ ref('int_volumes_observes') }} as volumes
    left join classes
        on volumes.classe_taille = classes.classe_taille
    where scenarios.origine_volumes = 'observe'
    group by
        scenarios.scenario,
        scenarios.bareme,
        coalesce(classes.classe_taille, 'toutes'),
        volumes.mesure,
        volumes.processus,
        volumes.etape

),

economies_observees as (

    select
        gains.jeu,
        unites.scenario,
        unites.mesure,
        unites.processus,
        gains.nature_gain,
        {{ somme_avant_centimes('unites.volume * gains.gain_eur') }} as gain_total_eur,
        {{ somme_avant_centimes('unites.volume * gains.gain_heures') }} as heures_rendues

    from unites
    inner join gains
        on
            unites.bareme = gains.bareme
            and unites.classe_taille = gains.classe_taille
            and unites.processus = gains.processus
            and unites.etape = gains.etape
    group by gains.jeu, unites.scenario, unites.mesure, unites.processus, gains.nature_gain

),

-- Certificats, formation et équipement ne dépendent pas du taux : ils sortent du gain comme du
-- potentiel. Le barème les donne pour tout un périmètre d'adhérents ; des collectivités observées
-- y comptent pour leur poids.
perimetres as (

    select
        scenario,
        mesure,
        count(*) filter (where poids is null) as nb_perimetres,
        coalesce(sum(poids), 0) as poids

    from {{ ref('int_couts_fixes_perimetres') }}
    group by scenario, mesure

),

couts_fixes as (

    select
        gains.jeu,
        perimetres.scenario,
        perimetres.mesure,
        gains.processus,
        gains.nature_gain,
        sum(
            gains.repetition * gains.gain_eur
            * (perimetres.nb_perimetres + {{ ratio('perimetres.poids', 'adherents.valeur') }})
        ) as gain_total_eur,
        sum(
            gains.repetition * gains.gain_heures
            * (perimetres.nb_perimetres + {{ ratio('perimetres.poids', 'adherents.valeur') }})
        ) as heures_rendues

    from perimetres
    inner join scenarios
        on perimetres.scenario = scenarios.scenario
    inner join gains
        on scenarios.bareme = gains.bareme
    inner join parametres as adherents
        on
            adherents.parametre = 'adherents_nombre'
            and gains.jeu = adherents.jeu
    where
        gains.processus = 'couts_fixes'
        and gains.classe_taille = 'toutes'
    group by
        gains.jeu,
        perimetres.scenario,
        perimetres.mesure,
        gains.processus,
        gains.nature_gain

),

final as (

    select
        jeu,
        scenario,
        mesure,
        processus,
        nature_gain,
        gain_total_eur,
        heures_rendues
    from economies_posees

    union all

    select
        jeu,
        scenario,
        mesure,
        processus,
        nature_gain,
        gain_total_eur,
        heures_rendues
    from economies_observees

    union all

    select
        jeu,
        scenario,
        mesure,
        processus,
        nature_gain,
        gain_total_eur,
        heures_rendues
    from couts_fixes

)

select * from final
