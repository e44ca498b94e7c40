with

pairs as (

    select * from {{ ref('ind_estimations_pairs') }}

),

reglages as (

    select
        max(valeur) filter (where cle = 'quantile_bas') as quantile_bas,
        max(valeur) filter (where cle = 'quantile_haut') as quantile_haut,
        max(valeur) filter (where cle = 'quantile_p90') as quantile_p90

    from {{ ref('hyp_estimations') }}

),

indicateurs as (

    select
        code_indicateur,
        max(libelle_court) as libelle_indicateur

    from {{ ref('dim_indicateurs') }}
    group by code_indicateur

),

-- Un quantile est la plus petite erreur dont le rang atteint sa part : il a été observé.
rangees as (

    select
        pairs.*,
        row_number() over (
            partition by
                pairs.code_indicateur,
                pairs.classe_taille,
                pairs.type_collectivite,
                pairs.dimension,
                pairs.modalite,
                pairs.periode_debut
            order by pairs.erreur_relative asc nulls last, pairs.siren asc
        ) as rang,
        row_number() over (
            partition by
                pairs.code_indicateur,
                pairs.classe_taille,
                pairs.type_collectivite,
                pairs.dimension,
                pairs.modalite,
                pairs.periode_debut
            order by abs(pairs.erreur_relative) asc nulls last, pairs.siren asc
        ) as rang_absolu,
        count(pairs.erreur_relative) over (
            partition by
                pairs.code_indicateur,
                pairs.classe_taille,
                pairs.type_collectivite,
                pairs.dimension,
                pairs.modalite,
                pairs.periode_debut
        ) as nb_erreurs_groupe

    from pairs

),

erreurs as (

    select
        rangees.code_indicateur,
        rangees.type_collectivite,
        rangees.classe_taille,
        rangees.dimension,
        rangees.modalite,
        rangees.periode_debut,
        max(rangees.nb_pairs) as nb_pairs,
        count(rangees.erreur_relative) as nb_erreurs,
        median(abs(rangees.erreur_relative)) as erreur_mediane,
        min(abs(rangees.erreur_relative)) filter (
            where rangees.rang_absolu >= rangees.nb_erreurs_groupe * reglages.quantile_p90
        ) as erreur_p90,
        {{ ratio(
            somme_exacte('rangees.denominateur_estime - rangees.denominateur'),
            somme_exacte('rangees.denominateur')
        ) }} as erreur_biais,
        min(rangees.erreur_relative) filter (
            where rangees.rang >= rangees.nb_erreurs_groupe * reglages.quantile_bas
        ) as erreur_basse,
        min(rangees.erreur_relative) filter (
            where rangees.rang >= rangees.nb_erreurs_groupe * reglages.quantile_haut
        ) as erreur_haute,
        max(rangees.denominateur_groupe) as denominateur_groupe,
        max(rangees.nb_habitants_groupe) as nb_habitants_groupe,
        bool_or(rangees.est_demonstration) as est_demonstration

    from rangees
    cross join reglages
    group by
        rangees.code_indicateur,
        rangees.type_collectivite,
        rangees.classe_taille,
        rangees.dimension,
        rangees.modalite,
        rangees.periode_debut

),

final as (

    select
        erreurs.code_indicateur,
        indicateurs.libelle_indicateur,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        erreurs.type_collectivite,
        erreurs.classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as nom_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        cast(null as {{ dbt.type_string() }}) as nom_epci,
        erreurs.dimension,
        erreurs.modalite,
        erreurs.periode_debut,
        cast(extract(year from erreurs.periode_debut) as {{ dbt.type_string() }}) as libelle_annee,
        erreurs.nb_pairs,
        erreurs.nb_erreurs,
        erreurs.erreur_mediane,
        erreurs.erreur_p90,
        erreurs.erreur_biais,
        erreurs.erreur_basse,
        erreurs.erreur_haute,
        erreurs.denominateur_groupe,
        erreurs.nb_habitants_groupe,
        erreurs.est_demonstration

    from erreurs
    inner join indicateurs
        on erreurs.code_indicateur = indicateurs.code_indicateur

)

select * from final
