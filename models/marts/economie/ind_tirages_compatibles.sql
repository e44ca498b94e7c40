with

tirages as (

    select * from {{ ref('int_tirages_compatibles') }}
    where est_compatible

),

reglages as (

    select max(valeur) filter (where cle = 'tirages_montres') as nb_montres
    from {{ ref('hyp_reglages_economies') }}

),

rangs as (

    select
        scenario,
        jeu,
        tirage,
        potentiel_eur,
        projection_eur,
        row_number() over (partition by scenario order by tirage) as rang

    from tirages

),

taux as (

    select
        rangs.scenario,
        rangs.tirage,
        rangs.potentiel_eur,
        rangs.projection_eur,
        max(parametres.valeur) filter (where lignes.processus = 'actes') as taux_actes,
        max(parametres.valeur) filter (where lignes.processus = 'marches') as taux_marches

    from rangs
    cross join reglages
    inner join {{ ref('hyp_scenarios_processus') }} as lignes
        on rangs.scenario = lignes.scenario
    inner join {{ ref('int_parametres_jeux') }} as parametres
        on
            rangs.jeu = parametres.jeu
            and lignes.parametre_taux = parametres.parametre
            and parametres.classe_taille = 'toutes'
    where rangs.rang <= reglages.nb_montres
    group by rangs.scenario, rangs.tirage, rangs.potentiel_eur, rangs.projection_eur

),

final as (

    select
        scenario,
        tirage,
        {{ sans_collectivite() }},
        taux_actes,
        taux_marches,
        cast(potentiel_eur as decimal(18, 2)) as montant_potentiel_eur,
        cast(projection_eur as decimal(18, 2)) as montant_projection_eur

    from taux

)

select * from final
