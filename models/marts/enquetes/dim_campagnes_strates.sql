with

campagnes as (

    select * from {{ ref('int_campagnes_retenues') }}

),

strates as (

    select * from {{ ref('stg_enquetes__strates') }}

),

collectivites as (

    select * from {{ ref('dim_campagnes_collectivites') }}

),

classes_taille as (

    select * from {{ ref('ref_classes_taille') }}

),

externes as (

    select * from {{ ref('ref_comptages_externes') }}

),

ponderations as (

    select * from {{ ref('ref_modalites_enquete') }}
    where dimension = 'ponderation'

),

strates_decrites as (

    select
        strates.campagne,
        strates.dimension,
        strates.modalite,
        strates.libelle_modalite,
        strates.ligne as ordre,
        strates.nb_population,
        campagnes.dimension_poids

    from strates
    inner join campagnes
        on
            strates.campagne = campagnes.campagne
            and strates.fichier_id = campagnes.fichier_id

),

poids_retenus as (

    select
        campagne,
        coalesce(min(dimension_poids), min(dimension)) as dimension_poids

    from strates_decrites
    group by campagne

),

par_collectivites as (

    select
        campagne,
        'ensemble' as dimension,
        'ensemble' as modalite,
        'Ensemble' as libelle_modalite,
        0 as ordre,
        count(*) as nb_population
    from collectivites
    group by campagne
    union all
    select
        collectivites.campagne,
        'classe_taille' as dimension,
        collectivites.classe_taille as modalite,
        collectivites.classe_taille as libelle_modalite,
        -- Deux types dans une même campagne se suivent, chacun du plus petit au plus grand.
        case collectivites.type_collectivite when 'commune' then 0 else 100 end
        + min(classes_taille.ordre) as ordre,
        count(*) as nb_population
    from collectivites
    left join classes_taille
        on
            collectivites.type_collectivite = classes_taille.type_collectivite
            and collectivites.classe_taille = classes_taille.classe_taille
    group by collectivites.campagne, collectivites.type_collectivite, collectivites.classe_taille
    union all
    select
        campagne,
        'departement' as dimension,
        code_departement as modalite,
        min(nom_departement) as libelle_modalite,
        1 as ordre,
        count(*) as nb_population
    from collectivites
    where code_departement is not null
    group by campagne, code_departement
    union all
    select
        collectivites.campagne,
        'ponderation' as dimension,
        ponderations.modalite,
        min(ponderations.libelle_modalite) as libelle_modalite,
        min(ponderations.ordre) as ordre,
        sum(
            case ponderations.modalite
                when 'entites' then 1
                when 'communes' then collectivites.nb_communes
                when 'habitants' then collectivites.nb_habitants
            end
        ) as nb_population
    from collectivites
    cross join ponderations
    group by collectivites.campagne, ponderations.modalite

),

final as (

    select
        campagne,
        dimension,
        modalite,
        libelle_modalite,
        ordre,
        nb_population,
        cast(null as bigint) as nb_repondants_cites,
        cast(null as double) as taux_cite,
        false as est_poids
    from par_collectivites
    union all
    select
        strates_decrites.campagne,
        strates_decrites.dimension,
        strates_decrites.modalite,
        strates_decrites.libelle_modalite,
        strates_decrites.ordre,
        strates_decrites.nb_population,
        cast(null as bigint) as nb_repondants_cites,
        cast(null as double) as taux_cite,
        strates_decrites.dimension = poids_retenus.dimension_poids as est_poids
    from strates_decrites
    inner join poids_retenus
        on strates_decrites.campagne = poids_retenus.campagne
    union all
    select
        strates_decrites.campagne,
        'ensemble' as dimension,
        'ensemble' as modalite,
        'Ensemble' as libelle_modalite,
        0 as ordre,
        sum(strates_decrites.nb_population) as nb_population,
        cast(null as bigint) as nb_repondants_cites,
        cast(null as double) as taux_cite,
        false as est_poids
    from strates_decrites
    inner join poids_retenus
        on
            strates_decrites.campagne = poids_retenus.campagne
            and strates_decrites.dimension = poids_retenus.dimension_poids
    group by strates_decrites.campagne
    union all
    select
        campagne,
        dimension,
        modalite,
        libelle_modalite,
        ordre,
        nb_population,
        nb_repondants as nb_repondants_cites,
        taux_cite,
        false as est_poids
    from externes

),

typees as (

    select
        campagne,
        dimension,
        modalite,
        libelle_modalite,
        cast(ordre as bigint) as ordre,
        cast(nb_population as bigint) as nb_population,
        nb_repondants_cites,
        taux_cite,
        est_poids

    from final

)

select * from typees
