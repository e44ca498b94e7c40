with

cibles as (

    select
        scenario,
        cible_potentiel_eur,
        cible_projection_eur

    from {{ ref('hyp_scenarios') }}
    where
        cible_potentiel_eur is not null
        and cible_projection_eur is not null

),

reglages as (

    select max(valeur) filter (where cle = 'tolerance_compatibilite') as tolerance
    from {{ ref('hyp_reglages_economies') }}

),

-- Nets des coûts fixes, quatrième inconnue des deux totaux.
totaux as (

    select
        jeu,
        scenario,
        sum(gain_total_eur + couts_fixes_eur) filter (where mesure = 'potentiel') as potentiel_eur,
        sum(gain_total_eur + couts_fixes_eur) filter (where mesure = 'projection_taux_constant')
            as projection_eur,
        sum(couts_fixes_eur) filter (where mesure = 'potentiel') as couts_fixes_eur

    from {{ ref('int_economies_tirages') }}
    where
        processus = 'ensemble'
        and nature_gain = 'ensemble'
        and jeu <> 'modes'
        and jeu not like '%:%'
    group by jeu, scenario

),

final as (

    select
        totaux.scenario,
        totaux.jeu,
        cast(totaux.jeu as bigint) as tirage,
        totaux.potentiel_eur,
        totaux.projection_eur,
        totaux.couts_fixes_eur,
        coalesce(
            abs(totaux.potentiel_eur - cibles.cible_potentiel_eur)
            <= reglages.tolerance * cibles.cible_potentiel_eur
            and abs(totaux.projection_eur - cibles.cible_projection_eur)
            <= reglages.tolerance * cibles.cible_projection_eur,
            false
        ) as est_compatible

    from totaux
    inner join cibles
        on totaux.scenario = cibles.scenario
    cross join reglages

)

select * from final
