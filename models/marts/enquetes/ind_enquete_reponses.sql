with

campagnes as (

    select * from {{ ref('dim_campagnes') }}

),

strates as (

    select * from {{ ref('dim_campagnes_strates') }}

),

repondants as (

    select * from {{ ref('fct_repondants') }}

),

reponses as (

    select * from {{ ref('fct_reponses_enquete') }}
    where sujet = 'strate' and est_retenue

),

reglages as (

    select
        max(case when cle = 'quantile_normal' then valeur end) as quantile,
        max(case when cle = 'nb_secret' then valeur end) as nb_secret,
        max(case when cle = 'part_pire_cas' then valeur end) as part_pire_cas

    from {{ ref('hyp_enquetes') }}

),

-- Sans une seule réponse reçue, le taux d'une campagne est inconnu, il n'est pas nul.
campagnes_repondues as (

    select campagne
    from repondants
    group by campagne

),

retenus as (

    select * from repondants
    where est_retenue

),

comptes as (

    select
        campagne,
        'ensemble' as dimension,
        'ensemble' as modalite,
        count(*) as nb_repondants
    from retenus
    group by campagne
    union all
    select
        campagne,
        'classe_taille' as dimension,
        classe_taille as modalite,
        count(*) as nb_repondants
    from retenus
    where siren is not null
    group by campagne, classe_taille
    union all
    select
        campagne,
        'departement' as dimension,
        code_departement as modalite,
        count(*) as nb_repondants
    from retenus
    where siren is not null
    group by campagne, code_departement
    union all
    select
        campagne,
        'ponderation' as dimension,
        'entites' as modalite,
        count(*) as nb_repondants
    from retenus
    group by campagne
    union all
    select
        campagne,
        'ponderation' as dimension,
        'communes' as modalite,
        sum(nb_communes) as nb_repondants
    from retenus
    group by campagne
    union all
    select
        campagne,
        'ponderation' as dimension,
        'habitants' as modalite,
        sum(nb_habitants) as nb_repondants
    from retenus
    group by campagne
    union all
    select
        campagne,
        modalite as dimension,
        reponse as modalite,
        count(distinct id_reponse) as nb_repondants
    from reponses
    group by campagne, modalite, reponse

),

rapproches as (

    select
        strates.campagne,
        campagnes.libelle_campagne,
        campagnes.territoire,
        campagnes.public_interroge,
        campagnes.libelle_public,
        campagnes.est_externe,
        campagnes.est_derniere,
        campagnes.est_aupres_des_collectivites,
        campagnes.date_debut,
        campagnes.date_fin,
        campagnes.est_demonstration,
        strates.dimension,
        strates.modalite,
        strates.libelle_modalite,
        strates.ordre,
        strates.nb_population,
        strates.taux_cite,
        case
            when campagnes.est_externe and strates.nb_repondants_cites is not null
                then strates.nb_repondants_cites
            when campagnes_repondues.campagne is not null then coalesce(comptes.nb_repondants, 0)
        end as nb_repondants

    from strates
    inner join campagnes
        on strates.campagne = campagnes.campagne
    left join campagnes_repondues
        on strates.campagne = campagnes_repondues.campagne
    left join comptes
        on
            strates.campagne = comptes.campagne
            and strates.dimension = comptes.dimension
            and strates.modalite = comptes.modalite

),

-- Une seule strate cachée se retrouverait par différence : la plus petite des autres l'est aussi.
ranges as (

    select
        rapproches.campagne,
        rapproches.dimension,
        rapproches.modalite,
        row_number() over (
            partition by rapproches.campagne, rapproches.dimension
            order by rapproches.nb_repondants asc, rapproches.modalite asc
        ) as rang,
        count(*) filter (where rapproches.nb_repondants < reglages.nb_secret) over (
            partition by rapproches.campagne, rapproches.dimension
        ) as nb_petites

    from rapproches
    cross join reglages

),

juges as (

    select
        rapproches.campagne,
        rapproches.libelle_campagne,
        rapproches.territoire,
        rapproches.public_interroge,
        rapproches.libelle_public,
        rapproches.est_externe,
        rapproches.est_derniere,
        rapproches.date_debut,
        rapproches.date_fin,
        rapproches.est_demonstration,
        rapproches.dimension,
        rapproches.modalite,
        rapproches.libelle_modalite,
        rapproches.ordre,
        rapproches.nb_population,
        rapproches.taux_cite,
        case
            when rapproches.nb_repondants is null and rapproches.taux_cite is null then 'absent'
            -- Le secret protège des personnes : savoir qu'une collectivité a répondu n'en dit rien.
            when
                not rapproches.est_externe
                and not rapproches.est_aupres_des_collectivites
                and (
                    rapproches.nb_repondants < reglages.nb_secret
                    or (ranges.nb_petites = 1 and ranges.rang <= 1 + ranges.nb_petites)
                )
                then 'supprime'
            when rapproches.est_externe then 'declare'
            else 'observe'
        end as statut,
        rapproches.nb_repondants as nb_repondants_recus,
        sum(case when rapproches.dimension = 'ensemble' then rapproches.nb_repondants end)
            over (partition by rapproches.campagne) as nb_repondants_en_tout,
        sum(case when rapproches.dimension = 'ensemble' then rapproches.nb_population end)
            over (partition by rapproches.campagne) as nb_population_en_tout,
        reglages.quantile,
        reglages.part_pire_cas

    from rapproches
    inner join ranges
        on
            rapproches.campagne = ranges.campagne
            and rapproches.dimension = ranges.dimension
            and rapproches.modalite = ranges.modalite
    cross join reglages

),

publies as (

    select
        *,
        case when statut <> 'supprime' then nb_repondants_recus end as nb_repondants,
        -- Communes et habitants suivent leur collectivité : ils ne répondent pas un à un.
        coalesce(modalite not in ('communes', 'habitants') or dimension <> 'ponderation', true)
            as est_tirage

    from juges

),

final as (

    select
        campagne,
        libelle_campagne,
        territoire,
        public_interroge,
        libelle_public,
        est_externe,
        est_derniere,
        date_debut,
        date_fin,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as nom_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        cast(null as {{ dbt.type_string() }}) as nom_epci,
        dimension,
        modalite,
        libelle_modalite,
        ordre,
        cast(nb_repondants as bigint) as nb_repondants,
        nb_population,
        coalesce({{ ratio('nb_repondants', 'nb_population') }}, taux_cite) as taux_reponse,
        case when est_tirage then {{ wilson('nb_repondants', 'nb_population', 'quantile', -1) }} end
            as ic_bas,
        case when est_tirage then {{ wilson('nb_repondants', 'nb_population', 'quantile', 1) }} end
            as ic_haut,
        case
            when est_tirage and nb_repondants > 0
                then
                    cast(quantile as double) * sqrt(
                        {{ ratio('part_pire_cas * (1 - part_pire_cas)', 'nb_repondants') }}
                        * {{ correction_population_finie('nb_repondants', 'nb_population') }}
                    )
        end as marge_reponses,
        case
            when dimension not in ('ensemble', 'ponderation')
                then
                    {{ ratio('nb_repondants', 'nb_repondants_en_tout') }}
                    - {{ ratio('nb_population', 'nb_population_en_tout') }}
        end as ecart_structure,
        taux_cite,
        statut,
        est_demonstration

    from publies

)

select * from final
