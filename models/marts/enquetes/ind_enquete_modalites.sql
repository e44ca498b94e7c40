with

campagnes as (

    select * from {{ ref('dim_campagnes') }}
    where not est_externe

),

modalites as (

    select * from {{ ref('dim_modalites_enquete') }}

),

strates as (

    select * from {{ ref('dim_campagnes_strates') }}

),

reponses as (

    select * from {{ ref('fct_reponses_enquete') }}
    where est_retenue and reponse is not null and reponse <> 'na'

),

reglages as (

    select
        max(case when cle = 'quantile_normal' then valeur end) as quantile,
        max(case when cle = 'nb_secret' then valeur end) as nb_secret

    from {{ ref('hyp_enquetes') }}

),

-- Chaque répondant est dans l'ensemble et dans un seul groupe : sa classe de taille, ou sa strate.
groupes as (

    select
        campagne,
        id_reponse,
        'ensemble' as dimension_groupe,
        'ensemble' as groupe
    from reponses
    group by campagne, id_reponse
    union all
    select
        campagne,
        id_reponse,
        'classe_taille' as dimension_groupe,
        classe_taille as groupe
    from reponses
    where classe_taille is not null
    group by campagne, id_reponse, classe_taille
    union all
    select
        campagne,
        id_reponse,
        modalite as dimension_groupe,
        reponse as groupe
    from reponses
    where sujet = 'strate'
    group by campagne, id_reponse, modalite, reponse

),

-- Une case cochée et le code d'un verbatim qui disent la même chose ne sont qu'une citation.
citations as (

    select
        campagne,
        id_reponse,
        sujet,
        '' as theme,
        modalite,
        1 as nb_citations
    from reponses
    where sujet in ('partenaire', 'frein', 'aide', 'besoin') and reponse = 'oui'
    group by campagne, id_reponse, sujet, modalite
    union all
    select
        campagne,
        id_reponse,
        sujet,
        modalite as theme,
        reponse as modalite,
        1 as nb_citations
    from reponses
    where sujet = 'satisfaction'
    union all
    select
        campagne,
        id_reponse,
        sujet,
        '' as theme,
        reponse as modalite,
        count(*) as nb_citations
    from reponses
    where sujet = 'type_mutualisation'
    group by campagne, id_reponse, sujet, reponse

),

interroges as (

    select
        campagne,
        id_reponse,
        sujet,
        case when sujet = 'satisfaction' then modalite else '' end as theme,
        case when sujet = 'type_mutualisation' then count(*) else 1 end as nb_base

    from reponses
    where
        sujet in ('partenaire', 'frein', 'aide', 'besoin', 'satisfaction', 'type_mutualisation')
    group by
        campagne,
        id_reponse,
        sujet,
        case when sujet = 'satisfaction' then modalite else '' end

),

bases as (

    select
        interroges.campagne,
        interroges.sujet,
        interroges.theme,
        groupes.dimension_groupe,
        groupes.groupe,
        count(*) as nb_repondants,
        sum(interroges.nb_base) as nb_base

    from interroges
    inner join groupes
        on
            interroges.campagne = groupes.campagne
            and interroges.id_reponse = groupes.id_reponse
    group by
        interroges.campagne,
        interroges.sujet,
        interroges.theme,
        groupes.dimension_groupe,
        groupes.groupe

),

comptes as (

    select
        citations.campagne,
        citations.sujet,
        citations.theme,
        citations.modalite,
        groupes.dimension_groupe,
        groupes.groupe,
        sum(citations.nb_citations) as nb_citations

    from citations
    inner join groupes
        on
            citations.campagne = groupes.campagne
            and citations.id_reponse = groupes.id_reponse
    group by
        citations.campagne,
        citations.sujet,
        citations.theme,
        citations.modalite,
        groupes.dimension_groupe,
        groupes.groupe

),

-- Un seul groupe caché se retrouverait par différence : le plus petit des autres l'est aussi.
secrets as (

    select
        bases.campagne,
        bases.sujet,
        bases.theme,
        bases.dimension_groupe,
        bases.groupe,
        bases.nb_repondants < reglages.nb_secret as est_petit,
        count(*) filter (where bases.nb_repondants < reglages.nb_secret) over (
            partition by bases.campagne, bases.sujet, bases.theme, bases.dimension_groupe
        ) as nb_petits,
        row_number() over (
            partition by bases.campagne, bases.sujet, bases.theme, bases.dimension_groupe
            order by bases.nb_repondants asc, bases.groupe asc
        ) as rang

    from bases
    cross join reglages

),

-- La liste est complète : ce que personne ne cite vaut zéro, chaque degré d'une échelle a sa ligne.
completes as (

    select
        bases.campagne,
        campagnes.libelle_campagne,
        campagnes.public_interroge,
        campagnes.libelle_public,
        campagnes.date_debut,
        campagnes.est_derniere,
        campagnes.est_demonstration,
        bases.sujet,
        bases.theme,
        bases.dimension_groupe,
        bases.groupe,
        coalesce(strates.libelle_modalite, 'Ensemble') as libelle_groupe,
        coalesce(strates.ordre, 0) as ordre_groupe,
        strates.nb_population,
        modalites.modalite,
        modalites.libelle_modalite,
        modalites.ordre,
        bases.nb_repondants,
        cast(bases.nb_base as bigint) as nb_base,
        cast(coalesce(comptes.nb_citations, 0) as bigint) as nb_citations,
        reglages.quantile,
        secrets.est_petit or (secrets.nb_petits = 1 and secrets.rang <= 1 + secrets.nb_petits)
            as est_supprimee

    from bases
    inner join campagnes
        on bases.campagne = campagnes.campagne
    inner join secrets
        on
            bases.campagne = secrets.campagne
            and bases.sujet = secrets.sujet
            and bases.theme = secrets.theme
            and bases.dimension_groupe = secrets.dimension_groupe
            and bases.groupe = secrets.groupe
    inner join modalites
        on bases.sujet = modalites.dimension
    left join comptes
        on
            bases.campagne = comptes.campagne
            and bases.sujet = comptes.sujet
            and bases.theme = comptes.theme
            and bases.dimension_groupe = comptes.dimension_groupe
            and bases.groupe = comptes.groupe
            and modalites.modalite = comptes.modalite
    left join strates
        on
            bases.campagne = strates.campagne
            and bases.dimension_groupe = strates.dimension
            and bases.groupe = strates.modalite
    cross join reglages

),

final as (

    select
        campagne,
        libelle_campagne,
        public_interroge,
        libelle_public,
        date_debut,
        est_derniere,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as nom_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        cast(null as {{ dbt.type_string() }}) as nom_epci,
        sujet,
        theme,
        dimension_groupe,
        groupe,
        libelle_groupe,
        ordre_groupe,
        modalite,
        libelle_modalite,
        ordre,
        nb_repondants,
        nb_population,
        case when not est_supprimee then nb_base end as nb_base,
        case when not est_supprimee then nb_citations end as nb_citations,
        case when not est_supprimee then {{ ratio('nb_citations', 'nb_base') }} end
            as part_citations,
        case
            when not est_supprimee and nb_base = nb_repondants
                then
                    {{ wilson('nb_citations', 'nb_base', 'quantile', -1,
                        correction_population_finie('nb_repondants', 'nb_population')) }}
        end as ic_bas,
        case
            when not est_supprimee and nb_base = nb_repondants
                then
                    {{ wilson('nb_citations', 'nb_base', 'quantile', 1,
                        correction_population_finie('nb_repondants', 'nb_population')) }}
        end as ic_haut,
        case when est_supprimee then 'supprime' else 'declare' end as statut,
        est_demonstration

    from completes

)

select * from final
