with

fichiers as (

    select
        *,
        {{ heure_de_paris('recu_le') }} as recu_a

    from {{ ref('fct_fichiers_recus') }}

),

sources as (

    select * from {{ ref('dim_sources') }}

),

mois_recus as (

    select
        cast(date_trunc('month', recu_a) as date) as mois,
        row_number() over (
            order by cast(date_trunc('month', recu_a) as date) desc
        ) - 1 as recul_mois

    from fichiers
    group by cast(date_trunc('month', recu_a) as date)

),

final as (

    select
        fichiers.fichier_id,
        fichiers.siren,
        fichiers.nom_collectivite,
        fichiers.type_collectivite,
        fichiers.classe_taille,
        fichiers.code_departement,
        {{ libelle_rattachement('fichiers.nom_departement', 'fichiers.type_collectivite') }}
            as nom_departement,
        fichiers.siren_epci,
        {{ libelle_rattachement('fichiers.nom_epci', 'fichiers.type_collectivite') }} as nom_epci,
        fichiers.source,
        sources.ordre_source,
        coalesce(sources.libelle_source, fichiers.source) as libelle_source,
        {{ libelle_type_collectivite('fichiers.type_collectivite') }} as libelle_type,
        fichiers.nom_fichier,
        fichiers.statut,
        case fichiers.statut
            when 'integre' then 'Intégré'
            when 'integre_avec_rejets' then 'Intégré avec rejets'
            when 'rejete' then 'Refusé'
            else 'Doublon'
        end as libelle_statut,
        fichiers.motif,
        fichiers.recu_a,
        cast(fichiers.recu_a as date) as date_reception,
        mois_recus.mois,
        {{ libelle_mois('mois_recus.mois') }} as libelle_mois,
        cast(mois_recus.recul_mois as integer) as recul_mois,
        cast(fichiers.nb_enregistrements as bigint) as nb_enregistrements,
        cast(fichiers.nb_rejets as bigint) as nb_rejets,
        cast(fichiers.nb_lignes_refusees as bigint) as nb_lignes_refusees,
        cast(fichiers.nb_avertissements as bigint) as nb_avertissements,
        fichiers.statut = 'rejete' as est_refuse,
        fichiers.statut = 'doublon' as est_doublon,
        fichiers.est_demonstration

    from fichiers
    inner join mois_recus
        on cast(date_trunc('month', fichiers.recu_a) as date) = mois_recus.mois
    left join sources
        on fichiers.source = sources.source

)

select * from final
