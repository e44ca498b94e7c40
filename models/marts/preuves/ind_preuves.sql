with

preuves as (

    select * from {{ ref('ind_preuves_dematerialisation') }}
    union all
    select * from {{ ref('ind_preuves_adhesions') }}
    union all
    select * from {{ ref('ind_preuves_appropriation') }}
    union all
    select * from {{ ref('ind_preuves_conformite') }}
    union all
    select * from {{ ref('ind_preuves_enquetes') }}
    union all
    select * from {{ ref('ind_preuves_programmes') }}
    union all
    select * from {{ ref('ind_preuves_qualite') }}

),

indicateurs as (

    select
        code_indicateur,
        max(libelle) as libelle_indicateur

    from {{ ref('dim_indicateurs') }}
    group by code_indicateur

),

fichiers as (

    select
        sha256,
        min(source) as source,
        min(nom_fichier) as nom_fichier,
        min(chemin_conserve) as chemin_conserve,
        min(recu_le) as recu_le,
        bool_or(est_demonstration) as est_demonstration

    from {{ ref('fct_fichiers_recus') }}
    where statut <> 'doublon'
    group by sha256

),

-- Ce qui n'est dans aucun fichier est dans le référentiel ou dans une nomenclature.
final as (

    select
        preuves.code_indicateur,
        indicateurs.libelle_indicateur,
        preuves.siren,
        preuves.nom_collectivite,
        case
            when preuves.nom_collectivite is null then 'Sans collectivité'
            else {{ libelle_collectivite('preuves.nom_collectivite', 'preuves.nom_departement') }}
        end as libelle_collectivite,
        preuves.type_collectivite,
        preuves.classe_taille,
        preuves.code_departement,
        preuves.nom_departement,
        preuves.siren_epci,
        preuves.nom_epci,
        preuves.dimension,
        preuves.modalite,
        preuves.mois,
        {{ libelle_mois('preuves.mois') }} as libelle_mois,
        cast(extract(year from preuves.mois) as {{ dbt.type_string() }}) as libelle_annee,
        preuves.terme,
        preuves.champ,
        preuves.objet_id,
        preuves.nombre,
        coalesce(fichiers.source, 'referentiel') as source,
        fichiers.nom_fichier,
        fichiers.chemin_conserve,
        fichiers.recu_le,
        preuves.fichier_sha256,
        preuves.ligne,
        coalesce(fichiers.est_demonstration, false) as est_demonstration

    from preuves
    inner join indicateurs
        on preuves.code_indicateur = indicateurs.code_indicateur
    left join fichiers
        on preuves.fichier_sha256 = fichiers.sha256

)

select * from final
