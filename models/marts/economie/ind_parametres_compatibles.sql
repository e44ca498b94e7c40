with

tirages as (

    select * from {{ ref('int_tirages_compatibles') }}

),

-- Ne comptent que les paramètres dont les totaux du scénario dépendent.
utiles as (

    select
        tornade.scenario,
        tornade.parametre,
        tornade.libelle_parametre,
        tornade.unite_parametre

    from {{ ref('ind_tornade') }} as tornade
    group by
        tornade.scenario,
        tornade.parametre,
        tornade.libelle_parametre,
        tornade.unite_parametre

),

valeurs as (

    select
        tirages.scenario,
        utiles.parametre,
        utiles.libelle_parametre,
        utiles.unite_parametre,
        tirages.est_compatible,
        parametres.valeur

    from tirages
    inner join utiles
        on tirages.scenario = utiles.scenario
    inner join {{ ref('int_parametres_jeux') }} as parametres
        on
            tirages.jeu = parametres.jeu
            and utiles.parametre = parametres.parametre
            and parametres.classe_taille = 'toutes'

    union all

    select
        scenario,
        'couts_fixes' as parametre,
        'Certificats et formation, sur l''horizon' as libelle_parametre,
        'eur' as unite_parametre,
        est_compatible,
        -couts_fixes_eur as valeur

    from tirages

    union all

    select
        scenario,
        'taux_pondere' as parametre,
        'Taux moyen, pondéré par l''économie' as libelle_parametre,
        'ratio' as unite_parametre,
        est_compatible,
        {{ ratio('projection_eur - couts_fixes_eur', 'potentiel_eur - couts_fixes_eur') }} as valeur

    from tirages

    union all

    -- Le gain d'une opération : ce que les totaux laissent le plus ouvert.
    select
        tirages.scenario,
        concat('gain_operation_', gains.processus) as parametre,
        concat(
            'Gain par opération, ',
            case gains.processus when 'marches' then 'marchés publics' else gains.processus end
        ) as libelle_parametre,
        'eur par opération' as unite_parametre,
        tirages.est_compatible,
        sum(gains.repetition * (gains.papier_eur - gains.demat_eur)) as valeur

    from tirages
    inner join {{ ref('hyp_scenarios') }} as scenarios
        on tirages.scenario = scenarios.scenario
    inner join {{ ref('hyp_scenarios_processus') }} as lignes
        on tirages.scenario = lignes.scenario
    inner join {{ ref('int_couts_jeux') }} as gains
        on
            tirages.jeu = gains.jeu
            and scenarios.bareme = gains.bareme
            and lignes.processus = gains.processus
            and gains.classe_taille = 'toutes'
    group by tirages.scenario, gains.processus, tirages.est_compatible, tirages.jeu

),

final as (

    select
        scenario,
        parametre,
        libelle_parametre,
        unite_parametre,
        {{ sans_collectivite() }},
        count(*) as nb_tirages,
        count(*) filter (where est_compatible) as nb_compatibles,
        {{ quantile('valeur', 0.05) }} as p5_a_priori,
        {{ quantile('valeur', 0.50) }} as p50_a_priori,
        {{ quantile('valeur', 0.95) }} as p95_a_priori,
        {{ quantile('case when est_compatible then valeur end', 0.05) }} as p5_compatible,
        {{ quantile('case when est_compatible then valeur end', 0.50) }} as p50_compatible,
        {{ quantile('case when est_compatible then valeur end', 0.95) }} as p95_compatible

    from valeurs
    group by scenario, parametre, libelle_parametre, unite_parametre

)

select * from final
