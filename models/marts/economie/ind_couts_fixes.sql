with

perimetres as (

    select * from {{ ref('int_couts_fixes_perimetres') }}

),

scenarios as (

    select * from {{ ref('hyp_scenarios') }}

),

poids as (

    select * from {{ ref('hyp_poids_couts_fixes') }}

),

adherents as (

    select valeur_centrale as nb_adherents
    from {{ ref('int_parametres_cout') }}
    where
        parametre = 'adherents_nombre'
        and classe_taille = 'toutes'

),

-- Ce que coûte une année du périmètre entier, étape par étape.
etapes as (

    select
        bareme,
        etape,
        libelle_etape,
        ordre_etape,
        nature_gain,
        sum(valeur_operation_eur) as cout_perimetre_eur

    from {{ ref('ind_couts_unitaires') }}
    where
        processus = 'couts_fixes'
        and classe_taille = 'toutes'
    group by bareme, etape, libelle_etape, ordre_etape, nature_gain

),

final as (

    select
        perimetres.scenario,
        scenarios.libelle_scenario,
        perimetres.mesure,
        perimetres.annee,
        perimetres.classe_taille,
        etapes.etape,
        etapes.libelle_etape,
        etapes.ordre_etape,
        etapes.nature_gain,
        {{ sans_collectivite(avec_classe=false) }},
        perimetres.nb_collectivites,
        poids.poids,
        cast(
            poids.poids * {{ ratio('etapes.cout_perimetre_eur', 'adherents.nb_adherents') }}
            as decimal(18, 2)
        ) as cout_collectivite_eur,
        cast(
            etapes.cout_perimetre_eur
            * coalesce({{ ratio('perimetres.poids', 'adherents.nb_adherents') }}, 1)
            as decimal(18, 2)
        ) as cout_total_eur,
        poids.statut,
        poids.source,
        perimetres.est_demonstration

    from perimetres
    inner join scenarios
        on perimetres.scenario = scenarios.scenario
    inner join etapes
        on scenarios.bareme = etapes.bareme
    inner join poids
        on perimetres.classe_taille = poids.classe_taille
    cross join adherents

)

select * from final
