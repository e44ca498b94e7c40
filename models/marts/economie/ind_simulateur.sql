with

economies as (

    select * from {{ ref('ind_economies') }}
    where
        variante = 'central'
        and processus not in ('ensemble', 'couts_fixes')
        and nature_gain <> 'ensemble'

),

gains as (

    select * from {{ ref('int_gains_simulateur') }}

),

taux_actes as (

    select * from {{ ref('hyp_leviers') }}
    where levier = 'taux_actes'

),

taux_marches as (

    select * from {{ ref('hyp_leviers') }}
    where levier = 'taux_marches'

),

cout_page as (

    select * from {{ ref('hyp_leviers') }}
    where levier = 'cout_page'

),

minutes as (

    select * from {{ ref('hyp_leviers') }}
    where levier = 'minutes'

),

part_budget as (

    select * from {{ ref('hyp_leviers') }}
    where levier = 'part_budget'

),

decote as (

    select * from {{ ref('hyp_leviers') }}
    where levier = 'decote'

),

decotes as (

    select
        scenario,
        decote
    from {{ ref('hyp_variantes') }}
    where variante = 'central'

),

budgets as (

    select
        budgets.scenario,
        max(budgets.valeur) filter (where budgets.cle = 'part_budget') as part_budget,
        cast(
            max(budgets.valeur) filter (where budgets.cle = 'budget_annuel') as double
        )
        * cast(
            max(budgets.valeur) filter (where budgets.cle = 'duree_contrat') as double
        ) as budget_eur

    from {{ ref('hyp_budget_syndicat') }} as budgets
    group by budgets.scenario

),

-- Aux niveaux centraux, les chiffres publiés ; ailleurs, ce que la formule unique en fait.
economies_par_couts as (

    select
        economies.scenario,
        economies.mesure,
        economies.processus,
        economies.nature_gain,
        economies.est_demonstration,
        gains.niveau_cout_page,
        gains.niveau_minutes,
        cast(economies.montant_eur as double) * gains.facteur as montant_eur

    from economies
    inner join gains
        on
            economies.scenario = gains.scenario
            and economies.mesure = gains.mesure
            and economies.processus = gains.processus
            and economies.nature_gain = gains.nature_gain

),

paires as (

    select
        scenario,
        processus,
        nature_gain,
        niveau_cout_page,
        niveau_minutes,
        max(montant_eur) filter (where mesure = 'potentiel') as potentiel_eur,
        max(montant_eur) filter (where mesure = 'projection_taux_constant') as projection_eur,
        bool_or(est_demonstration) as est_demonstration

    from economies_par_couts
    group by scenario, processus, nature_gain, niveau_cout_page, niveau_minutes

),

-- Un taux choisi s'applique à tout ce qui est à faire ; sans taux choisi, celui du scénario.
projetees as (

    select
        paires.scenario,
        paires.processus,
        paires.nature_gain,
        paires.niveau_cout_page,
        paires.niveau_minutes,
        taux_actes.niveau as niveau_taux_actes,
        taux_marches.niveau as niveau_taux_marches,
        part_budget.niveau as niveau_part_budget,
        decote.niveau as niveau_decote,
        paires.est_demonstration,
        paires.potentiel_eur * (1 - coalesce(decote.valeur, decotes.decote))
        * {{ ratio('1', '1 - decotes.decote') }} as potentiel_eur,
        coalesce(
            paires.potentiel_eur
            * case paires.processus
                when 'actes' then taux_actes.valeur
                when 'marches' then taux_marches.valeur
            end,
            paires.projection_eur
        ) * (1 - coalesce(decote.valeur, decotes.decote))
        * {{ ratio('1', '1 - decotes.decote') }} as projection_eur

    from paires
    inner join decotes
        on paires.scenario = decotes.scenario
    cross join taux_actes
    cross join taux_marches
    cross join part_budget
    cross join decote

),

acquisitions as (

    select
        economies.scenario,
        economies.processus,
        economies.nature_gain,
        part_budget.niveau as niveau_part_budget,
        economies.est_demonstration,
        cast(economies.montant_eur as double)
        - (coalesce(part_budget.valeur, budgets.part_budget) - budgets.part_budget)
        * budgets.budget_eur as montant_eur

    from economies
    inner join budgets
        on economies.scenario = budgets.scenario
    cross join part_budget
    where economies.mesure = 'acquisition_mutualisee'

),

mesurees as (

    select
        scenario,
        'potentiel' as mesure,
        processus,
        nature_gain,
        niveau_taux_actes,
        niveau_taux_marches,
        niveau_cout_page,
        niveau_minutes,
        niveau_part_budget,
        niveau_decote,
        potentiel_eur as montant_eur,
        est_demonstration

    from projetees

    union all

    select
        scenario,
        'projection_taux_constant' as mesure,
        processus,
        nature_gain,
        niveau_taux_actes,
        niveau_taux_marches,
        niveau_cout_page,
        niveau_minutes,
        niveau_part_budget,
        niveau_decote,
        projection_eur as montant_eur,
        est_demonstration

    from projetees

    union all

    select
        scenario,
        'restant' as mesure,
        processus,
        nature_gain,
        niveau_taux_actes,
        niveau_taux_marches,
        niveau_cout_page,
        niveau_minutes,
        niveau_part_budget,
        niveau_decote,
        potentiel_eur - projection_eur as montant_eur,
        est_demonstration

    from projetees

    union all

    select
        acquisitions.scenario,
        'acquisition_mutualisee' as mesure,
        acquisitions.processus,
        acquisitions.nature_gain,
        taux_actes.niveau as niveau_taux_actes,
        taux_marches.niveau as niveau_taux_marches,
        cout_page.niveau as niveau_cout_page,
        minutes.niveau as niveau_minutes,
        acquisitions.niveau_part_budget,
        decote.niveau as niveau_decote,
        acquisitions.montant_eur,
        acquisitions.est_demonstration

    from acquisitions
    cross join taux_actes
    cross join taux_marches
    cross join cout_page
    cross join minutes
    cross join decote

),

scenarios as (

    select
        scenario,
        ordre_scenario,
        libelle_scenario
    from {{ ref('hyp_scenarios') }}

),

nommees as (

    select
        mesurees.scenario,
        scenarios.ordre_scenario,
        scenarios.libelle_scenario,
        taux_actes.libelle_niveau as niveau_taux_actes,
        case when taux_actes.est_central then 0 else taux_actes.ordre end as rang_taux_actes,
        taux_marches.libelle_niveau as niveau_taux_marches,
        case when taux_marches.est_central then 0 else taux_marches.ordre end as rang_taux_marches,
        cout_page.libelle_niveau as niveau_cout_page,
        case when cout_page.est_central then 0 else cout_page.ordre end as rang_cout_page,
        minutes.libelle_niveau as niveau_minutes,
        case when minutes.est_central then 0 else minutes.ordre end as rang_minutes,
        part_budget.libelle_niveau as niveau_part_budget,
        case when part_budget.est_central then 0 else part_budget.ordre end as rang_part_budget,
        decote.libelle_niveau as niveau_decote,
        case when decote.est_central then 0 else decote.ordre end as rang_decote,
        taux_actes.est_central
        and taux_marches.est_central
        and cout_page.est_central
        and minutes.est_central
        and part_budget.est_central
        and decote.est_central as est_central,
        mesurees.mesure,
        mesurees.processus,
        mesurees.nature_gain,
        cast(mesurees.montant_eur as decimal(18, 2)) as montant_eur,
        mesurees.est_demonstration

    from mesurees
    inner join scenarios on mesurees.scenario = scenarios.scenario
    inner join taux_actes on mesurees.niveau_taux_actes = taux_actes.niveau
    inner join taux_marches on mesurees.niveau_taux_marches = taux_marches.niveau
    inner join cout_page on mesurees.niveau_cout_page = cout_page.niveau
    inner join minutes on mesurees.niveau_minutes = minutes.niveau
    inner join part_budget on mesurees.niveau_part_budget = part_budget.niveau
    inner join decote on mesurees.niveau_decote = decote.niveau

),

centrales as (

    select
        scenario,
        mesure,
        processus,
        nature_gain,
        montant_eur

    from nommees
    where est_central

),

final as (

    select
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        nommees.scenario,
        cast(nommees.ordre_scenario as bigint) as ordre_scenario,
        nommees.libelle_scenario,
        nommees.niveau_taux_actes,
        nommees.niveau_taux_marches,
        nommees.niveau_cout_page,
        nommees.niveau_minutes,
        nommees.niveau_part_budget,
        nommees.niveau_decote,
        cast(nommees.rang_taux_actes as bigint) as rang_taux_actes,
        cast(nommees.rang_taux_marches as bigint) as rang_taux_marches,
        cast(nommees.rang_cout_page as bigint) as rang_cout_page,
        cast(nommees.rang_minutes as bigint) as rang_minutes,
        cast(nommees.rang_part_budget as bigint) as rang_part_budget,
        cast(nommees.rang_decote as bigint) as rang_decote,
        nommees.est_central,
        nommees.mesure,
        nommees.processus,
        nommees.nature_gain,
        nommees.montant_eur,
        centrales.montant_eur as montant_central_eur,
        nommees.est_demonstration

    from nommees
    left join centrales
        on
            nommees.scenario = centrales.scenario
            and nommees.mesure = centrales.mesure
            and nommees.processus = centrales.processus
            and nommees.nature_gain = centrales.nature_gain

)

select * from final
