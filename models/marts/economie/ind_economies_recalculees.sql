with

economies as (

    select * from {{ ref('ind_economies_collectivites') }}
    where
        scenario = 'actuel'
        and siren is not null

),

territoires as (

    select * from {{ ref('ind_economies') }}
    where variante = 'central'

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

mutualisation as (

    select * from {{ ref('ind_mutualisation') }}
    where
        scenario = 'actuel'
        and variante = 'central'
        and cle_repartition = 'entite'

),

-- L'année d'où part un scénario observé est celle de ses derniers volumes.
depart as (

    select make_date(cast(min(annee) - 1 as integer), 1, 1) as annee_depart
    from economies
    where mesure = 'potentiel'

),

codes as (

    select
        'constate' as mesure,
        'ECO-01' as code_indicateur
    union all
    select
        'projection_taux_constant' as mesure,
        'ECO-02' as code_indicateur
    union all
    select
        'potentiel' as mesure,
        'ECO-03' as code_indicateur
    union all
    select
        'restant' as mesure,
        'ECO-04' as code_indicateur
    union all
    select
        'acquisition_mutualisee' as mesure,
        'ECO-05' as code_indicateur

),

montants as (

    select
        codes.code_indicateur,
        economies.siren,
        economies.processus,
        economies.nature_gain,
        case
            when economies.mesure = 'constate'
                then make_date(cast(economies.annee as integer), 1, 1)
            else depart.annee_depart
        end as periode_debut,
        economies.montant_eur,
        economies.est_demonstration

    from economies
    inner join codes
        on economies.mesure = codes.mesure
    cross join depart

),

ventiles as (

    select
        code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        periode_debut,
        montant_eur,
        est_demonstration
    from montants

    union all

    select
        code_indicateur,
        siren,
        'processus' as dimension,
        processus as modalite,
        periode_debut,
        montant_eur,
        est_demonstration
    from montants
    where code_indicateur <> 'ECO-05'

),

sommes as (

    select
        ventiles.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        ventiles.dimension,
        ventiles.modalite,
        ventiles.periode_debut,
        cast(sum(ventiles.montant_eur) as double) as numerateur,
        cast(1 as double) as denominateur,
        count(distinct ventiles.siren) as nb_collectivites,
        bool_or(ventiles.est_demonstration) as est_demonstration

    from ventiles
    inner join perimetres
        on ventiles.siren = perimetres.siren
    group by
        ventiles.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        ventiles.dimension,
        ventiles.modalite,
        ventiles.periode_debut

),

attendues as (

    select
        perimetre_type,
        perimetre_code,
        count(distinct siren) as nb_collectivites_attendues

    from perimetres
    group by perimetre_type, perimetre_code

),

-- Un périmètre sans aucune collectivité chiffrée le dit : absent, et non zéro.
grille as (

    select
        sommes.code_indicateur,
        attendues.perimetre_type,
        attendues.perimetre_code,
        sommes.dimension,
        sommes.modalite,
        sommes.periode_debut

    from sommes
    cross join attendues
    where sommes.perimetre_type = 'territoire'

),

additives as (

    select
        grille.code_indicateur,
        grille.perimetre_type,
        grille.perimetre_code,
        grille.dimension,
        grille.modalite,
        grille.periode_debut,
        sommes.numerateur,
        sommes.denominateur,
        sommes.nb_collectivites,
        coalesce(sommes.est_demonstration, false) as est_demonstration

    from grille
    left join sommes
        on
            grille.code_indicateur = sommes.code_indicateur
            and grille.perimetre_type = sommes.perimetre_type
            and grille.perimetre_code = sommes.perimetre_code
            and grille.dimension = sommes.dimension
            and grille.modalite = sommes.modalite
            and grille.periode_debut = sommes.periode_debut

),

-- Parts de l'argent, du temps et de ce que gagnent d'autres : une nature qui coûte plus qu'elle ne
-- rapporte retire tout sens à des parts.
natures as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        montants.periode_debut,
        montants.nature_gain,
        sum(montants.montant_eur) as montant_eur,
        count(distinct montants.siren) as nb_collectivites,
        bool_or(montants.est_demonstration) as est_demonstration

    from montants
    inner join perimetres
        on montants.siren = perimetres.siren
    where montants.code_indicateur = 'ECO-01'
    group by
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        montants.periode_debut,
        montants.nature_gain

),

natures_et_totaux as (

    select
        perimetre_type,
        perimetre_code,
        periode_debut,
        nature_gain,
        montant_eur,
        nb_collectivites,
        est_demonstration,
        sum(montant_eur) over (
            partition by perimetre_type, perimetre_code, periode_debut
        ) as total_eur,
        min(montant_eur) over (
            partition by perimetre_type, perimetre_code, periode_debut
        ) as minimum_eur

    from natures

),

parts as (

    select
        'ECO-07' as code_indicateur,
        perimetre_type,
        perimetre_code,
        'nature_gain' as dimension,
        nature_gain as modalite,
        periode_debut,
        cast(montant_eur as double) as numerateur,
        cast(total_eur as double) as denominateur,
        nb_collectivites,
        est_demonstration

    from natures_et_totaux
    where
        minimum_eur >= 0
        and total_eur > 0

),

couts as (

    select
        processus,
        canal,
        sum(valeur_operation_eur) as cout_eur

    from {{ ref('ind_couts_unitaires') }}
    where
        bareme = 'complet'
        and classe_taille = 'toutes'
        and processus <> 'couts_fixes'
    group by processus, canal

),

unitaires as (

    select
        'ECO-06' as code_indicateur,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'processus_canal' as dimension,
        concat(couts.processus, '_', couts.canal) as modalite,
        depart.annee_depart as periode_debut,
        couts.cout_eur as numerateur,
        cast(1 as double) as denominateur,
        cast(null as bigint) as nb_collectivites,
        false as est_demonstration

    from couts
    cross join depart

),

mois_observes as (

    select
        mois,
        cast(date_trunc('year', mois) as date) as annee
    from {{ ref('dim_mois') }}
    where est_couvert_services

),

marche_commun as (

    select
        cast(max(valeur) filter (where cle = 'cout_contrat') as double)
        + cast(max(valeur) filter (where cle = 'cout_adhesion') as double)
        + cast(max(valeur) filter (where cle = 'part_budget') as double)
        * cast(max(valeur) filter (where cle = 'budget_annuel') as double)
        * cast(max(valeur) filter (where cle = 'duree_contrat') as double) as cout_eur,
        cast(max(valeur) filter (where cle = 'duree_contrat') as double) as nb_annees

    from {{ ref('hyp_budget_syndicat') }}
    where scenario = 'actuel'

),

reglages as (

    select max(valeur) filter (where cle = 'mois_de_reference') as nb_mois
    from {{ ref('hyp_reglages_economies') }}

),

transactions as (

    select
        mois_observes.annee,
        sum(usages.nb_transactions) as nb_transactions,
        count(distinct usages.siren) as nb_collectivites,
        bool_or(usages.est_demonstration) as est_demonstration

    from mois_observes
    inner join {{ ref('ind_transactions_services') }} as usages
        on mois_observes.mois = usages.mois
    group by mois_observes.annee

),

etendues as (

    select
        annee,
        count(*) as nb_mois
    from mois_observes
    group by annee

),

par_transaction as (

    select
        'ECO-08' as code_indicateur,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'ensemble' as dimension,
        'ensemble' as modalite,
        transactions.annee as periode_debut,
        {{ ratio('marche_commun.cout_eur', 'marche_commun.nb_annees') }}
        * {{ ratio('etendues.nb_mois', 'reglages.nb_mois') }} as numerateur,
        cast(transactions.nb_transactions as double) as denominateur,
        cast(null as bigint) as nb_collectivites,
        transactions.est_demonstration

    from transactions
    inner join etendues
        on transactions.annee = etendues.annee
    cross join marche_commun
    cross join reglages

),

equites as (

    select
        'ECO-09' as code_indicateur,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'classe_achat' as dimension,
        mutualisation.classe_achat as modalite,
        depart.annee_depart as periode_debut,
        cast(mutualisation.contribution_eur as double) as numerateur,
        cast(mutualisation.achats_isoles_eur as double) as denominateur,
        mutualisation.nb_entites as nb_collectivites,
        mutualisation.est_demonstration

    from mutualisation
    cross join depart
    where mutualisation.nb_entites > 0

),

probabilites as (

    select
        'ECO-10' as code_indicateur,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'mesure' as dimension,
        territoires.mesure as modalite,
        depart.annee_depart as periode_debut,
        territoires.probabilite_gain as numerateur,
        cast(1 as double) as denominateur,
        territoires.nb_collectivites,
        territoires.est_demonstration

    from territoires
    cross join depart
    where
        territoires.scenario = 'actuel'
        and territoires.processus = 'ensemble'
        and territoires.nature_gain = 'ensemble'
        and territoires.probabilite_gain is not null

),

documents as (

    select
        scenario,
        make_date(cast(max(valeur) as integer), 1, 1) as annee_document
    from {{ ref('hyp_budget_syndicat') }}
    where cle = 'annee_depart'
    group by scenario

),

-- L'étude de 2013 n'est d'aucune année observée : elle se lit par son nom, jamais dans l'ensemble.
etude_de_2013 as (

    select
        codes.code_indicateur,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'scenario' as dimension,
        territoires.scenario as modalite,
        documents.annee_document as periode_debut,
        cast(territoires.montant_eur as double) as numerateur,
        cast(1 as double) as denominateur,
        cast(null as bigint) as nb_collectivites,
        territoires.est_demonstration

    from territoires
    inner join codes
        on territoires.mesure = codes.mesure
    inner join documents
        on territoires.scenario = documents.scenario
    where
        territoires.processus = 'ensemble'
        and territoires.nature_gain = 'ensemble'

),

reunies as (

    select * from additives
    union all
    select * from parts
    union all
    select * from unitaires
    union all
    select * from par_transaction
    union all
    select * from equites
    union all
    select * from probabilites
    union all
    select * from etude_de_2013

),

intervalles as (

    select
        codes.code_indicateur,
        territoires.scenario,
        territoires.p10_eur,
        territoires.p90_eur

    from territoires
    inner join codes
        on territoires.mesure = codes.mesure
    where
        territoires.processus = 'ensemble'
        and territoires.nature_gain = 'ensemble'
        and territoires.mesure <> 'constate'

),

final as (

    select
        reunies.code_indicateur,
        reunies.perimetre_type,
        reunies.perimetre_code,
        'toutes' as population,
        reunies.dimension,
        reunies.modalite,
        'annee' as periode_type,
        reunies.periode_debut,
        reunies.numerateur,
        reunies.denominateur,
        {{ ratio('reunies.numerateur', 'reunies.denominateur') }} as valeur,
        cast(intervalles.p10_eur as double) as ic_bas,
        cast(intervalles.p90_eur as double) as ic_haut,
        coalesce(
            least(reunies.nb_collectivites, attendues.nb_collectivites_attendues), 0
        ) as nb_collectivites,
        attendues.nb_collectivites_attendues,
        case when reunies.denominateur is null then 'absent' else 'estime' end as statut,
        coalesce(reunies.periode_debut >= depart.annee_depart, false) as est_provisoire,
        reunies.est_demonstration

    from reunies
    inner join attendues
        on
            reunies.perimetre_type = attendues.perimetre_type
            and reunies.perimetre_code = attendues.perimetre_code
    cross join depart
    left join intervalles
        on
            reunies.code_indicateur = intervalles.code_indicateur
            and reunies.perimetre_type = 'territoire'
            and (
                (reunies.dimension = 'ensemble' and intervalles.scenario = 'actuel')
                or (reunies.dimension = 'scenario' and reunies.modalite = intervalles.scenario)
            )
    -- Sans volume observé, rien n'a d'année.
    where reunies.periode_debut is not null

)

select * from final
