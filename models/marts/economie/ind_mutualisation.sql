with

classes as (

    select * from {{ ref('int_acquisition_classes') }}

),

entites as (

    select * from {{ ref('int_acquisition_entites') }}

),

mois as (

    select mois from {{ ref('dim_mois') }}

),

consultations as (

    select
        consultations.siren,
        count(*) as nb_consultations

    from {{ ref('fct_consultations') }} as consultations
    inner join mois
        on cast(date_trunc('month', consultations.date_mise_en_ligne) as date) = mois.mois
    group by consultations.siren

),

-- Le volume d'une entité est ce que l'observatoire en a vu, faute de volume par classe en 2013.
volumes as (

    select
        entites.scenario,
        entites.classe_achat,
        {{ ratio('sum(consultations.nb_consultations)', 'count(*)') }} as volume_par_entite

    from entites
    left join consultations
        on entites.siren = consultations.siren
    where entites.est_adherente
    group by entites.scenario, entites.classe_achat

),

mesurees as (

    select
        classes.scenario,
        classes.variante,
        classes.classe_achat,
        classes.ordre,
        classes.libelle_classe_achat,
        classes.nb_entites,
        classes.habitants,
        classes.prix_isole_eur,
        classes.probabilite_achat,
        classes.kappa,
        classes.est_calibre,
        classes.nb_annees,
        classes.achats_evites_eur,
        classes.cout_commun_eur,
        classes.budget_annuel_eur,
        classes.est_demonstration,
        classes.source,
        classes.statut,
        -- Ce que la classe aurait payé si toutes ses entités avaient acheté.
        classes.nb_entites * cast(classes.prix_isole_eur as double)
        * classes.kappa * classes.nb_annees as achats_isoles_eur,
        classes.nb_entites * volumes.volume_par_entite as volume

    from classes
    left join volumes
        on
            classes.scenario = volumes.scenario
            and classes.classe_achat = volumes.classe_achat

),

cles as (

    select
        'entite' as cle_repartition,
        'Par entité' as libelle_cle
    union all
    select
        'habitant' as cle_repartition,
        'Par habitant' as libelle_cle
    union all
    select
        'volume' as cle_repartition,
        'Par consultation' as libelle_cle
    union all
    select
        'classe' as cle_repartition,
        'Par classe, selon le prix isolé' as libelle_cle

),

poids as (

    select
        mesurees.scenario,
        mesurees.variante,
        mesurees.classe_achat,
        cles.cle_repartition,
        cles.libelle_cle,
        cast(
            case
                -- Une classe où personne n'adhère ne pèse rien : ce n'est pas un poids inconnu.
                when mesurees.nb_entites = 0 then 0
                when cles.cle_repartition = 'entite' then mesurees.nb_entites
                when cles.cle_repartition = 'habitant' then mesurees.habitants
                when cles.cle_repartition = 'volume' then mesurees.volume
                else mesurees.achats_isoles_eur
            end as double
        ) as poids

    from mesurees
    cross join cles

),

-- Une classe sans poids connu laisse la clé entière inconnue, plutôt que de charger les autres.
parts as (

    select
        scenario,
        variante,
        classe_achat,
        cle_repartition,
        libelle_cle,
        case
            when
                count(*) over (partition by scenario, variante, cle_repartition)
                = count(poids) over (partition by scenario, variante, cle_repartition)
                then {{ ratio(
                    'poids', 'sum(poids) over (partition by scenario, variante, cle_repartition)'
                ) }}
        end as part_cout_commun

    from poids

),

seuils as (

    select
        scenario,
        variante,
        {{ ratio(
            'sum(achats_evites_eur) - max(cout_commun_eur)',
            'max(budget_annuel_eur) * max(nb_annees)'
        ) }} as part_budget_seuil

    from classes
    group by scenario, variante

),

contributions as (

    select
        mesurees.scenario,
        mesurees.variante,
        mesurees.classe_achat,
        mesurees.ordre,
        mesurees.libelle_classe_achat,
        parts.cle_repartition,
        parts.libelle_cle,
        mesurees.nb_entites,
        mesurees.habitants,
        mesurees.volume,
        mesurees.prix_isole_eur,
        mesurees.probabilite_achat,
        mesurees.kappa,
        mesurees.est_calibre,
        mesurees.nb_annees,
        mesurees.achats_evites_eur,
        mesurees.achats_isoles_eur,
        mesurees.cout_commun_eur * parts.part_cout_commun as contribution_eur,
        parts.part_cout_commun,
        seuils.part_budget_seuil,
        mesurees.est_demonstration,
        mesurees.source,
        mesurees.statut

    from mesurees
    inner join parts
        on
            mesurees.scenario = parts.scenario
            and mesurees.variante = parts.variante
            and mesurees.classe_achat = parts.classe_achat
    inner join seuils
        on
            mesurees.scenario = seuils.scenario
            and mesurees.variante = seuils.variante

),

final as (

    select
        cast(null as varchar) as siren,
        cast(null as varchar) as nom_collectivite,
        cast(null as varchar) as type_collectivite,
        cast(null as varchar) as classe_taille,
        cast(null as varchar) as code_departement,
        cast(null as varchar) as siren_epci,
        scenario,
        variante,
        classe_achat,
        ordre,
        libelle_classe_achat,
        cle_repartition,
        libelle_cle,
        nb_entites,
        cast(round(habitants) as bigint) as nb_habitants,
        cast(round(volume) as bigint) as nb_consultations,
        nb_annees,
        cast(prix_isole_eur as decimal(18, 2)) as prix_isole_eur,
        probabilite_achat,
        kappa,
        est_calibre,
        cast(achats_evites_eur as decimal(18, 2)) as economie_brute_eur,
        cast(achats_isoles_eur as decimal(18, 2)) as achats_isoles_eur,
        part_cout_commun,
        cast(contribution_eur as decimal(18, 2)) as contribution_eur,
        cast(achats_evites_eur - contribution_eur as decimal(18, 2)) as economie_nette_eur,
        {{ ratio('contribution_eur', 'nb_entites * nb_annees') }} as contribution_entite_an_eur,
        {{ ratio('contribution_eur', 'habitants * nb_annees') }} as contribution_habitant_an_eur,
        {{ ratio('achats_isoles_eur', 'habitants * nb_annees') }} as prix_isole_habitant_an_eur,
        {{ ratio('contribution_eur', 'achats_isoles_eur') }} as part_prix_isole,
        part_budget_seuil,
        est_demonstration,
        source,
        statut

    from contributions

)

select * from final
