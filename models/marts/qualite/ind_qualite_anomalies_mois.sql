with

anomalies as (

    select * from {{ ref('fct_anomalies') }}

),

sources as (

    select * from {{ ref('dim_sources') }}

),

comptes as (

    select
        cast(date_trunc('month', {{ heure_de_paris('recu_le') }}) as date) as mois,
        source,
        code,
        gravite,
        case
            when gravite = 'avertissement' then 'Ligne gardée'
            when ligne = 0 then 'Fichier refusé'
            else 'Ligne refusée'
        end as libelle_gravite,
        coalesce(siren, 'non rattachée') as rattachement,
        max(siren) as siren,
        max(nom_collectivite) as nom_collectivite,
        max(type_collectivite) as type_collectivite,
        max(classe_taille) as classe_taille,
        max(code_departement) as code_departement,
        max(nom_departement) as nom_departement,
        max(siren_epci) as siren_epci,
        max(nom_epci) as nom_epci,
        min(message) as exemple,
        count(*) as nb_anomalies,
        count(distinct fichier_id) as nb_fichiers,
        bool_or(est_demonstration) as est_demonstration

    from anomalies
    group by
        cast(date_trunc('month', {{ heure_de_paris('recu_le') }}) as date),
        source,
        code,
        gravite,
        case
            when gravite = 'avertissement' then 'Ligne gardée'
            when ligne = 0 then 'Fichier refusé'
            else 'Ligne refusée'
        end,
        coalesce(siren, 'non rattachée')

),

final as (

    select
        comptes.source,
        comptes.code,
        comptes.gravite,
        comptes.rattachement,
        comptes.siren,
        comptes.nom_collectivite,
        comptes.type_collectivite,
        comptes.classe_taille,
        comptes.code_departement,
        {{ libelle_rattachement('comptes.nom_departement', 'comptes.type_collectivite') }}
            as nom_departement,
        comptes.siren_epci,
        {{ libelle_rattachement('comptes.nom_epci', 'comptes.type_collectivite') }} as nom_epci,
        {{ libelle_type_collectivite('comptes.type_collectivite') }} as libelle_type,
        sources.ordre_source,
        coalesce(sources.libelle_source, comptes.source) as libelle_source,
        comptes.libelle_gravite,
        comptes.exemple,
        comptes.mois,
        {{ libelle_mois('comptes.mois') }} as libelle_mois,
        cast(comptes.nb_anomalies as bigint) as nb_anomalies,
        cast(comptes.nb_fichiers as bigint) as nb_fichiers,
        comptes.est_demonstration

    from comptes
    left join sources
        on comptes.source = sources.source

)

select * from final
