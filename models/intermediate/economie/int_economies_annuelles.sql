with

scenarios as (

    select * from {{ ref('hyp_scenarios') }}

),

variantes as (

    select * from {{ ref('hyp_variantes') }}

),

feuilles as (

    select
        scenario,
        est_calibre,
        mesure,
        processus,
        nature_gain,
        rang_annee,
        annee,
        cast({{ somme_avant_centimes('gain_total_eur') }} as double) as gain_total_eur,
        cast({{ somme_avant_centimes('heures_rendues') }} as double) as heures_rendues,
        sum(operations) filter (where nature_gain = 'temps') as operations,
        bool_or(est_demonstration) as est_demonstration

    from {{ ref('int_economies_feuilles') }}
    group by
        scenario,
        est_calibre,
        mesure,
        processus,
        nature_gain,
        rang_annee,
        annee

),

rangs as (

    select distinct
        scenario,
        mesure,
        rang_annee

    from feuilles

),

perimetres as (

    select
        scenario,
        mesure,
        rang_annee,
        annee,
        bool_or(est_demonstration) as est_demonstration,
        -- Une année d'un périmètre posé pèse comme une autre.
        sum(coalesce(poids, 1)) as poids

    from {{ ref('int_couts_fixes_perimetres') }}
    group by scenario, mesure, rang_annee, annee

),

poids_annees as (

    select
        *,
        {{ ratio('poids', 'sum(poids) over (partition by scenario, mesure)') }} as part_annee

    from perimetres

),

-- Le taux n'y change rien : chaque année coûte ce que pèsent ses collectivités.
couts_fixes as (

    select
        economies.scenario,
        economies.mesure,
        economies.processus,
        economies.nature_gain,
        poids_annees.rang_annee,
        poids_annees.annee,
        poids_annees.part_annee * economies.gain_total_eur as gain_total_eur,
        poids_annees.part_annee * economies.heures_rendues as heures_rendues,
        poids_annees.est_demonstration

    from {{ ref('int_economies_jeux') }} as economies
    inner join poids_annees
        on
            economies.scenario = poids_annees.scenario
            and economies.mesure = poids_annees.mesure
    where
        economies.jeu = 'modes'
        and economies.processus = 'couts_fixes'

),

taux as (

    select
        scenario,
        est_calibre,
        {{ ratio(
            somme_avant_centimes('gain_total_eur') ~ " filter (where mesure = 'projection_taux_constant')",
            somme_avant_centimes('gain_total_eur') ~ " filter (where mesure = 'potentiel')",
        ) }} as taux_pondere

    from feuilles
    group by scenario, est_calibre

),

-- Rampe : le taux part de `taux_initial`, monte d'autant chaque année, et fait en moyenne celui
-- qui est retenu.
coefficients as (

    select
        variantes.scenario,
        variantes.variante,
        rangs.mesure,
        rangs.rang_annee,
        variantes.avec_couts_fixes,
        1 - variantes.decote as apres_decote,
        coalesce(power(1 + variantes.taux_actualisation, -rangs.rang_annee), 1)
            as actualisation,
        case
            when variantes.profil = 'rampe' and taux.taux_pondere > 0
                then {{ ratio(
                    'taux.taux_pondere - variantes.taux_initial', 'taux.taux_pondere'
                ) }} * {{ ratio(
                    'rangs.rang_annee + rangs.rang_annee - scenarios.horizon_annees - 1',
                    'scenarios.horizon_annees - 1',
                ) }}
            else 0
        end as derive

    from variantes
    inner join scenarios
        on variantes.scenario = scenarios.scenario
    inner join taux
        on
            variantes.scenario = taux.scenario
            and variantes.est_calibre = taux.est_calibre
    inner join rangs
        on variantes.scenario = rangs.scenario

),

-- Ce que le taux gagne dans la projection, il le retire au restant.
annuelles as (

    select
        variantes.scenario,
        variantes.variante,
        feuilles.mesure,
        feuilles.processus,
        feuilles.nature_gain,
        feuilles.rang_annee,
        feuilles.annee,
        coefficients.apres_decote * coefficients.actualisation * (
            feuilles.gain_total_eur
            + coefficients.derive * case
                when feuilles.mesure = 'projection_taux_constant' then feuilles.gain_total_eur
                when feuilles.mesure = 'restant'
                    then feuilles.gain_total_eur - potentiels.gain_total_eur
                else 0
            end
        ) as gain_total_eur,
        coefficients.apres_decote * feuilles.heures_rendues as heures_rendues,
        feuilles.operations,
        feuilles.est_demonstration

    from variantes
    inner join feuilles
        on
            variantes.scenario = feuilles.scenario
            and variantes.est_calibre = feuilles.est_calibre
    inner join coefficients
        on
            variantes.scenario = coefficients.scenario
            and variantes.variante = coefficients.variante
            and feuilles.mesure = coefficients.mesure
            and coalesce(feuilles.rang_annee, 0) = coalesce(coefficients.rang_annee, 0)
    left join feuilles as potentiels
        on
            potentiels.mesure = 'potentiel'
            and feuilles.scenario = potentiels.scenario
            and feuilles.est_calibre = potentiels.est_calibre
            and feuilles.processus = potentiels.processus
            and feuilles.nature_gain = potentiels.nature_gain
            and feuilles.annee = potentiels.annee
    where
        variantes.variante <> 'central'
        -- Ce qui est passé ne s'actualise pas.
        and (feuilles.rang_annee is not null or variantes.taux_actualisation = 0)

    union all

    select
        variantes.scenario,
        variantes.variante,
        couts_fixes.mesure,
        couts_fixes.processus,
        couts_fixes.nature_gain,
        couts_fixes.rang_annee,
        couts_fixes.annee,
        coefficients.actualisation * couts_fixes.gain_total_eur as gain_total_eur,
        couts_fixes.heures_rendues,
        null as operations,
        couts_fixes.est_demonstration

    from variantes
    inner join couts_fixes
        on variantes.scenario = couts_fixes.scenario
    inner join coefficients
        on
            variantes.scenario = coefficients.scenario
            and variantes.variante = coefficients.variante
            and couts_fixes.mesure = coefficients.mesure
            and coalesce(couts_fixes.rang_annee, 0) = coalesce(coefficients.rang_annee, 0)
    where variantes.avec_couts_fixes

    union all

    -- La variante centrale est la somme de ce que chaque collectivité lit sur sa fiche.
    select
        scenario,
        'central' as variante,
        mesure,
        processus,
        nature_gain,
        null as rang_annee,
        annee,
        cast(sum(montant_eur) as double) as gain_total_eur,
        sum(nb_heures) as heures_rendues,
        sum(nb_operations) as operations,
        bool_or(est_demonstration) as est_demonstration

    from {{ ref('ind_economies_collectivites') }}
    group by scenario, mesure, processus, nature_gain, annee

    union all

    select
        scenario,
        variante,
        'acquisition_mutualisee' as mesure,
        'plateforme' as processus,
        'budget' as nature_gain,
        null as rang_annee,
        annee,
        cast(sum(montant_eur) as double) as gain_total_eur,
        0 as heures_rendues,
        null as operations,
        bool_or(est_demonstration) as est_demonstration

    from {{ ref('int_acquisition') }}
    where variante <> 'central'
    group by scenario, variante, annee

),

echelles as (

    select
        scenario,
        variante,
        mesure,
        -- Les quantiles d'une variante nette des coûts fixes sont déjà décotés.
        avg(actualisation * case when avec_couts_fixes then 1 else apres_decote end)
            as coefficient_quantiles

    from coefficients
    group by scenario, variante, mesure

),

final as (

    select
        annuelles.scenario,
        annuelles.variante,
        annuelles.mesure,
        annuelles.processus,
        annuelles.nature_gain,
        cast(annuelles.annee as bigint) as annee,
        cast(cast(annuelles.gain_total_eur as decimal(28, 9)) as double) as gain_total_eur,
        cast(cast(annuelles.heures_rendues as decimal(28, 9)) as double) as heures_rendues,
        annuelles.operations,
        annuelles.est_demonstration,
        echelles.coefficient_quantiles

    from annuelles
    left join echelles
        on
            annuelles.scenario = echelles.scenario
            and annuelles.variante = echelles.variante
            and annuelles.mesure = echelles.mesure

)

select * from final
