with

entreprises as (

    select * from {{ ref('stg_comptes__entreprises') }}

),

rangees as (

    select
        mois,
        nb_inscrites,
        nb_actives,
        est_demonstration,
        fichier_sha256,
        ligne,
        max(lot) over (partition by mois) as lot,
        row_number() over (partition by mois order by fichier_id desc, ligne desc) as rang

    from entreprises
    where mois is not null

),

-- Le décompte vaut pour toute la plateforme : aucune collectivité n'en est le sujet.
final as (

    select
        mois,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as nom_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        cast(null as {{ dbt.type_string() }}) as nom_epci,
        nb_inscrites,
        nb_actives,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot

    from rangees
    where rang = 1

)

select * from final
