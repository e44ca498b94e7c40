with

scenarios as (

    select * from {{ ref('hyp_scenarios') }}

),

calages as (

    select * from {{ ref('int_calages') }}

),

parametres as (

    select * from {{ ref('int_parametres_cout') }}

),

-- Autant d'années que l'horizon du scénario ; les lignes du barème donnent de quoi les compter.
rangs as (

    select row_number() over (order by parametre, classe_taille) as rang_annee
    from parametres

),

modes as (

    select
        scenario,
        processus,
        nature_gain,
        gain_total_eur,
        heures_rendues

    from {{ ref('int_economies_jeux') }}
    where
        jeu = 'modes'
        and mesure = 'potentiel'

),

lignes_posees as (

    select
        lignes.scenario,
        lignes.processus,
        parametres.valeur_centrale as nb_operations_an

    from {{ ref('hyp_scenarios_processus') }} as lignes
    inner join parametres
        on
            lignes.parametre_volume = parametres.parametre
            and parametres.classe_taille = 'toutes'

),

-- Les centimes exacts viennent plus tard ; ici chaque scénario posé existe calé et non calé.
calibrations as (

    select true as est_calibre
    union all
    select false as est_calibre

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

taux_poses as (

    select
        calages.scenario,
        calages.processus,
        calibrations.est_calibre,
        case when calibrations.est_calibre then calages.facteur_calage else 1 end as facteur,
        case when calibrations.est_calibre then calages.taux else calages.taux_non_cale end as taux

    from calages
    cross join calibrations
    where calages.est_calibre or not calibrations.est_calibre

),

posees as (

    select
        modes.scenario,
        taux_poses.est_calibre,
        mesures.mesure,
        modes.processus,
        modes.nature_gain,
        rangs.rang_annee,
        scenarios.annee_base + rangs.rang_annee as annee,
        {{ ratio('modes.gain_total_eur', 'scenarios.horizon_annees') }} * taux_poses.facteur
        * (mesures.constante + mesures.pente * taux_poses.taux) as gain_total_eur,
        {{ ratio('modes.heures_rendues', 'scenarios.horizon_annees') }} * taux_poses.facteur
        * (mesures.constante + mesures.pente * taux_poses.taux) as heures_rendues,
        lignes_posees.nb_operations_an * taux_poses.facteur
        * (mesures.constante + mesures.pente * taux_poses.taux) as operations

    from modes
    inner join scenarios
        on modes.scenario = scenarios.scenario
    inner join taux_poses
        on
            modes.scenario = taux_poses.scenario
            and modes.processus = taux_poses.processus
    inner join lignes_posees
        on
            modes.scenario = lignes_posees.scenario
            and modes.processus = lignes_posees.processus
    inner join rangs
        on scenarios.horizon_annees >= rangs.rang_annee
    cross join mesures
    where scenarios.origine_volumes = 'parametres'

),

gains as (

    select
        jeu,
        classe_taille,
        bareme,
        processus,
        etape,
        nature_gain,
        papier_eur - demat_eur as gain_eur,
        heures_papier - heures_demat as gain_heures

    from {{ ref('int_couts_jeux') }}
    where jeu = 'modes' or jeu like 'declare:%'

),

jeux as (

    select
        jeu,
        classe_taille

    from gains
    group by jeu, classe_taille

),

-- Ce qu'une collectivité déclare la concerne seule ; sinon elle a les coûts de sa classe.
volumes as (

    select
        volumes.siren,
        volumes.processus,
        volumes.etape,
        volumes.est_operation,
        volumes.mesure,
        volumes.annee,
        volumes.volume,
        volumes.est_demonstration,
        coalesce(declares.jeu, 'modes') as jeu,
        case
            when declares.jeu is null then coalesce(classes.classe_taille, 'toutes')
            else 'toutes'
        end as classe_taille

    from {{ ref('int_volumes_observes') }} as volumes
    left join jeux as declares
        on declares.jeu = concat('declare:', volumes.siren)
    left join jeux as classes
        on
            classes.jeu = 'modes'
            and volumes.classe_taille = classes.classe_taille

),

par_annee as (

    select
        scenarios.scenario,
        scenarios.bareme,
        volumes.siren,
        volumes.processus,
        volumes.etape,
        volumes.est_operation,
        volumes.mesure,
        volumes.volume,
        volumes.est_demonstration,
        volumes.jeu,
        volumes.classe_taille,
        rangs.rang_annee,
        volumes.annee + rangs.rang_annee as annee

    from volumes
    cross join scenarios
    inner join rangs
        on scenarios.horizon_annees >= rangs.rang_annee
    where
        scenarios.origine_volumes = 'observe'
        and volumes.mesure <> 'constate'

    union all

    select
        scenarios.scenario,
        scenarios.bareme,
        volumes.siren,
        volumes.processus,
        volumes.etape,
        volumes.est_operation,
        volumes.mesure,
        volumes.volume,
        volumes.est_demonstration,
        volumes.jeu,
        volumes.classe_taille,
        cast(null as bigint) as rang_annee,
        volumes.annee

    from volumes
    cross join scenarios
    where
        scenarios.origine_volumes = 'observe'
        and volumes.mesure = 'constate'

),

observees as (

    select
        par_annee.scenario,
        par_annee.siren,
        par_annee.mesure,
        par_annee.processus,
        gains.nature_gain,
        par_annee.rang_annee,
        par_annee.annee,
        cast({{ somme_avant_centimes('par_annee.volume * gains.gain_eur') }} as double)
            as gain_total_eur,
        cast({{ somme_avant_centimes('par_annee.volume * gains.gain_heures') }} as double)
            as heures_rendues,
        max(par_annee.volume) filter (where par_annee.est_operation) as operations,
        bool_or(par_annee.est_demonstration) as est_demonstration

    from par_annee
    inner join gains
        on
            par_annee.jeu = gains.jeu
            and par_annee.classe_taille = gains.classe_taille
            and par_annee.bareme = gains.bareme
            and par_annee.processus = gains.processus
            and par_annee.etape = gains.etape
    group by
        par_annee.scenario,
        par_annee.siren,
        par_annee.mesure,
        par_annee.processus,
        gains.nature_gain,
        par_annee.rang_annee,
        par_annee.annee

),

final as (

    select
        scenario,
        est_calibre,
        mesure,
        processus,
        nature_gain,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(rang_annee as bigint) as rang_annee,
        cast(annee as bigint) as annee,
        gain_total_eur,
        heures_rendues,
        operations,
        false as est_demonstration

    from posees

    union all

    select
        scenario,
        false as est_calibre,
        mesure,
        processus,
        nature_gain,
        siren,
        cast(rang_annee as bigint) as rang_annee,
        cast(annee as bigint) as annee,
        gain_total_eur,
        heures_rendues,
        operations,
        est_demonstration

    from observees

)

select * from final
