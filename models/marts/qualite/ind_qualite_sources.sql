with

sources as (

    select * from {{ ref('dim_sources') }}

),

fichiers as (

    select * from {{ ref('fct_fichiers_recus') }}

),

reglages as (

    select max(valeur) filter (where cle = 'delai_alerte_reception') as delai_alerte_reception

    from {{ ref('hyp_pilotage') }}

),

receptions as (

    select
        source,
        cast({{ heure_de_paris('max(recu_le)') }} as date) as date_derniere_reception,
        count(*) as nb_fichiers,
        bool_or(est_demonstration) as est_demonstration

    from fichiers
    group by source

),

final as (

    select
        sources.source,
        sources.ordre_source,
        sources.libelle_source,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as nom_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        cast(null as {{ dbt.type_string() }}) as nom_epci,
        receptions.date_derniere_reception,
        cast(reglages.delai_alerte_reception as bigint) as delai_alerte_jours,
        cast(coalesce(receptions.nb_fichiers, 0) as bigint) as nb_fichiers,
        coalesce(receptions.est_demonstration, false) as est_demonstration

    from sources
    left join receptions
        on sources.source = receptions.source
    cross join reglages

)

select * from final
