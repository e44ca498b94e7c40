with

classes as (

    select * from {{ ref('hyp_acquisition') }}

),

entites as (

    select * from {{ ref('int_acquisition_entites') }}

),

valeurs as (

    select
        scenario,
        cle,
        cast(valeur as double) as valeur
    from {{ ref('hyp_budget_syndicat') }}

),

reglages as (

    select
        scenario,
        max(valeur) filter (where cle = 'cible_acquisition') as cible_eur,
        max(valeur) filter (where cle = 'annee_depart') as annee_depart,
        max(valeur) filter (where cle = 'duree_contrat') as nb_annees,
        max(valeur) filter (where cle = 'cout_contrat') as cout_contrat_eur,
        max(valeur) filter (where cle = 'cout_adhesion') as cout_adhesion_eur,
        max(valeur) filter (where cle = 'budget_annuel') as budget_annuel_eur,
        max(valeur) filter (where cle = 'part_budget') as part_budget

    from valeurs
    group by scenario

),

effectifs as (

    select
        scenario,
        classe_achat,
        count(*) filter (where est_adherente) as nb_adherentes,
        sum(population) filter (where est_adherente) as nb_habitants_adherents,
        avg(cast(population as double)) as population_moyenne,
        max(annee_depart) as annee_depart,
        bool_or(est_demonstration) filter (where est_adherente) as est_demonstration

    from entites
    group by scenario, classe_achat

),

-- Un nombre d'entités posé par le scénario ne dit pas lesquelles : leurs habitants s'estiment
-- par la moyenne de la classe.
decrites as (

    select
        classes.scenario,
        classes.classe_achat,
        classes.ordre,
        classes.libelle_classe_achat,
        classes.prix_isole_eur,
        classes.probabilite_achat,
        classes.source,
        classes.statut,
        reglages.cible_eur,
        reglages.nb_annees,
        reglages.budget_annuel_eur,
        reglages.cout_contrat_eur
        + reglages.cout_adhesion_eur
        + reglages.part_budget * reglages.budget_annuel_eur * reglages.nb_annees as cout_commun_eur,
        coalesce(classes.nb_entites, effectifs.nb_adherentes, 0) as nb_entites,
        case
            when classes.nb_entites is null then cast(effectifs.nb_habitants_adherents as double)
            else classes.nb_entites * effectifs.population_moyenne
        end as habitants,
        coalesce(
            reglages.annee_depart, max(effectifs.annee_depart) over (partition by classes.scenario)
        ) as annee_depart,
        classes.nb_entites is null
        and coalesce(effectifs.est_demonstration, false) as est_demonstration

    from classes
    inner join reglages
        on classes.scenario = reglages.scenario
    left join effectifs
        on
            classes.scenario = effectifs.scenario
            and classes.classe_achat = effectifs.classe_achat

),

-- La variante centrale suppose que chacun aurait acheté, et se cale sur la cible du scénario.
variantes as (

    select
        'central' as variante,
        true as est_centrale

    union all

    select
        'probabilites_achat' as variante,
        false as est_centrale

),

brutes as (

    select
        decrites.scenario,
        variantes.variante,
        decrites.classe_achat,
        decrites.ordre,
        decrites.libelle_classe_achat,
        decrites.nb_entites,
        decrites.habitants,
        decrites.prix_isole_eur,
        decrites.probabilite_achat,
        decrites.annee_depart,
        decrites.nb_annees,
        decrites.cout_commun_eur,
        decrites.budget_annuel_eur,
        decrites.est_demonstration,
        decrites.source,
        decrites.statut,
        case when variantes.est_centrale then decrites.cible_eur end as cible_eur,
        case
            when variantes.est_centrale then 1 else decrites.probabilite_achat
        end as probabilite_retenue,
        cast(decrites.nb_entites * decrites.prix_isole_eur * decrites.nb_annees as double)
        * case
            when variantes.est_centrale then 1 else decrites.probabilite_achat
        end as brut_eur

    from decrites
    cross join variantes

),

calages as (

    select
        scenario,
        variante,
        sum(nb_entites) as nb_entites_scenario,
        case
            when max(cible_eur) is null then 1
            else {{ ratio('max(cible_eur) + max(cout_commun_eur)', 'sum(brut_eur)') }}
        end as kappa

    from brutes
    group by scenario, variante

),

final as (

    select
        brutes.scenario,
        brutes.variante,
        brutes.classe_achat,
        brutes.ordre,
        brutes.libelle_classe_achat,
        cast(brutes.nb_entites as bigint) as nb_entites,
        brutes.habitants,
        brutes.prix_isole_eur,
        brutes.probabilite_achat,
        brutes.probabilite_retenue,
        calages.kappa,
        brutes.cible_eur is not null as est_calibre,
        cast(brutes.annee_depart as bigint) as annee_depart,
        cast(brutes.nb_annees as bigint) as nb_annees,
        brutes.brut_eur * calages.kappa as achats_evites_eur,
        cast(brutes.cout_commun_eur as decimal(18, 2)) as cout_commun_eur,
        cast(brutes.budget_annuel_eur as double) as budget_annuel_eur,
        cast(calages.nb_entites_scenario as bigint) as nb_entites_scenario,
        brutes.est_demonstration,
        brutes.source,
        brutes.statut

    from brutes
    inner join calages
        on
            brutes.scenario = calages.scenario
            and brutes.variante = calages.variante
    -- Sans adhérent connu, l'économie du scénario n'est pas nulle : elle est inconnue.
    where calages.nb_entites_scenario > 0

)

select * from final
