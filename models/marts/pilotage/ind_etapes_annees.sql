with

valeurs as (

    select * from {{ ref('ind_valeurs') }}

),

indicateurs as (

    select
        code_indicateur,
        max(libelle) as libelle_indicateur

    from {{ ref('dim_indicateurs') }}
    group by code_indicateur

),

etapes as (

    select * from {{ ref('dim_etapes') }}

),

natures as (

    select * from {{ ref('dim_natures_acte') }}

),

matieres as (

    select * from {{ ref('dim_matieres_acte') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

reglages as (

    select
        max(valeur) filter (where cle = 'couverture_alerte') as couverture_alerte,
        max(valeur) filter (where cle = 'volume_annuel_classement') as volume_annuel_classement

    from {{ ref('hyp_pilotage') }}

),

annees as (

    select
        annee,
        min(mois) as premier_mois,
        max(mois) as dernier_mois

    from {{ ref('dim_mois') }}
    group by annee

),

-- Une estimation se lit là où elle dit son intervalle ; ici, ce qui est inconnu le reste.
final as (

    select
        valeurs.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        {{ libelle_type_collectivite('collectivites.type_collectivite') }} as libelle_type,
        collectivites.classe_taille,
        collectivites.code_departement,
        coalesce(collectivites.nom_departement, 'Région et syndicat') as nom_departement,
        collectivites.siren_epci,
        coalesce(collectivites.nom_epci, 'Hors intercommunalité') as nom_epci,
        collectivites.population as nb_habitants,
        valeurs.periode_debut as annee,
        cast(extract(year from valeurs.periode_debut) as {{ dbt.type_string() }}) as libelle_annee,
        {{ libelle_mois('annees.premier_mois') }} as libelle_premier_mois,
        {{ libelle_mois('annees.dernier_mois') }} as libelle_dernier_mois,
        etapes.chaine,
        etapes.etape,
        etapes.processus,
        valeurs.code_indicateur,
        indicateurs.libelle_indicateur,
        valeurs.modalite,
        etapes.ordre_etape,
        coalesce(natures.libelle_nature, matieres.libelle_matiere, etapes.libelle_etape)
            as libelle_etape,
        etapes.libelle_objet,
        case when valeurs.statut <> 'estime' then valeurs.numerateur end as numerateur,
        case when valeurs.statut <> 'estime' then valeurs.denominateur end as denominateur,
        cast(valeurs.nb_collectivites as bigint) as nb_collectivites,
        cast(valeurs.nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        cast(reglages.couverture_alerte as double) as couverture_alerte,
        cast(reglages.volume_annuel_classement as double) as volume_annuel_classement,
        valeurs.est_provisoire,
        valeurs.est_demonstration

    from valeurs
    inner join etapes
        on valeurs.code_indicateur = etapes.code_indicateur
    inner join indicateurs
        on valeurs.code_indicateur = indicateurs.code_indicateur
    inner join annees
        on valeurs.periode_debut = annees.annee
    inner join collectivites
        on valeurs.siren = collectivites.siren
    left join natures
        on
            valeurs.dimension = 'nature_acte'
            and valeurs.modalite = natures.nature_code
    left join matieres
        on
            valeurs.dimension = 'matiere_acte'
            and valeurs.modalite = matieres.matiere_code
    cross join reglages
    where
        valeurs.perimetre_type = 'collectivite'
        and valeurs.periode_type = 'annee'
        and valeurs.population = 'toutes'

)

select * from final
