with

pilotage as (

    select * from {{ ref('ind_pilotage_mois') }}

),

processus as (

    select * from {{ ref('dim_processus') }}

),

attention as (

    select * from {{ ref('ind_attention_mois') }}

),

regles as (

    select * from {{ ref('hyp_regles_attention') }}

),

valeurs as (

    select * from {{ ref('ind_valeurs') }}
    where
        perimetre_type = 'territoire'
        and population = 'toutes'
        and dimension = 'ensemble'
        and periode_type = 'mois'

),

indicateurs as (

    select * from {{ ref('dim_indicateurs') }}

),

mises_en_conformite as (

    select
        cast(date_trunc('month', date_conformite) as date) as mois,
        count(*) as nb_mises_en_conformite,
        bool_or(est_demonstration) as est_demonstration

    from {{ ref('ind_conformite') }}
    where date_conformite is not null
    group by date_trunc('month', date_conformite)

),

mois_montres as (

    select
        mois,
        max(libelle_mois) as libelle_mois,
        cast(mois - interval '1' month as date) as mois_precedent,
        bool_or(est_provisoire) as est_provisoire,
        bool_or(est_demonstration) as est_demonstration

    from pilotage
    group by mois

),

taux as (

    select
        pilotage.mois,
        'taux' as theme,
        pilotage.processus as objet_code,
        min(processus.libelle_processus) as libelle_objet,
        'Taux' as libelle_mesure,
        pilotage.processus,
        'ratio' as unite,
        'hausse' as sens,
        {{ ratio(somme_exacte('pilotage.numerateur'), somme_exacte('pilotage.denominateur')) }}
            as valeur,
        {{ somme_exacte('pilotage.numerateur') }} as numerateur,
        {{ somme_exacte('pilotage.denominateur') }} as denominateur,
        coalesce(
            {{ somme_exacte('pilotage.denominateur') }} >= max(pilotage.volume_evolution), false
        )
            as est_comparable,
        sum(pilotage.nb_collectivites) as nb_collectivites,
        sum(pilotage.nb_collectivites_attendues) as nb_collectivites_attendues,
        bool_or(pilotage.est_provisoire) as est_provisoire,
        bool_or(pilotage.est_demonstration) as est_demonstration

    from pilotage
    inner join processus
        on pilotage.processus = processus.processus
    group by pilotage.mois, pilotage.processus

),

retours as (

    select
        mois,
        'retours' as theme,
        'retours' as objet_code,
        'Retours reçus' as libelle_objet,
        'Des attendus' as libelle_mesure,
        cast(null as {{ dbt.type_string() }}) as processus,
        'ratio' as unite,
        'hausse' as sens,
        {{ ratio('sum(nb_collectivites)', 'sum(nb_collectivites_attendues)') }} as valeur,
        cast(sum(nb_collectivites) as double) as numerateur,
        cast(sum(nb_collectivites_attendues) as double) as denominateur,
        true as est_comparable,
        sum(nb_collectivites) as nb_collectivites,
        sum(nb_collectivites_attendues) as nb_collectivites_attendues,
        bool_or(est_provisoire) as est_provisoire,
        bool_or(est_demonstration) as est_demonstration

    from taux
    group by mois

),

conformites as (

    select
        mois_montres.mois,
        'conformite' as theme,
        'conformite' as objet_code,
        'Obligations nouvellement tenues' as libelle_objet,
        'Dans le mois' as libelle_mesure,
        cast(null as {{ dbt.type_string() }}) as processus,
        'nombre' as unite,
        'hausse' as sens,
        cast(coalesce(mises_en_conformite.nb_mises_en_conformite, 0) as double) as valeur,
        cast(coalesce(mises_en_conformite.nb_mises_en_conformite, 0) as double) as numerateur,
        cast(null as double) as denominateur,
        true as est_comparable,
        cast(null as bigint) as nb_collectivites,
        cast(null as bigint) as nb_collectivites_attendues,
        mois_montres.est_provisoire,
        mois_montres.est_demonstration or coalesce(mises_en_conformite.est_demonstration, false)
            as est_demonstration

    from mois_montres
    left join mises_en_conformite
        on mois_montres.mois = mises_en_conformite.mois

),

regardes as (

    select code_indicateur

    from regles
    where mesure = 'indicateur' and dimension = 'ensemble' and unite = 'ratio'
    group by code_indicateur

),

volumes as (

    select max(volume_evolution) as volume_evolution from pilotage

),

-- Les indicateurs mensuels que regardent les règles d'attention, quand ils comptent assez d'objets.
suivis as (

    select
        valeurs.periode_debut as mois,
        'indicateur' as theme,
        valeurs.code_indicateur as objet_code,
        indicateurs.libelle as libelle_objet,
        concat('Indicateur ', valeurs.code_indicateur) as libelle_mesure,
        cast(null as {{ dbt.type_string() }}) as processus,
        indicateurs.unite,
        indicateurs.sens,
        valeurs.valeur,
        valeurs.numerateur,
        valeurs.denominateur,
        true as est_comparable,
        valeurs.nb_collectivites,
        valeurs.nb_collectivites_attendues,
        valeurs.est_provisoire,
        valeurs.est_demonstration

    from valeurs
    inner join indicateurs
        on
            valeurs.code_indicateur = indicateurs.code_indicateur
            and valeurs.version_definition = indicateurs.version_definition
            and valeurs.periode_type = indicateurs.periode_minimale
    inner join regardes
        on valeurs.code_indicateur = regardes.code_indicateur
    cross join volumes
    where valeurs.denominateur >= volumes.volume_evolution

),

-- Seules se comparent d'un mois à l'autre les règles que l'on sait appliquer chaque mois.
points_d_attention as (

    select
        mois_montres.mois,
        'attention' as theme,
        'attention' as objet_code,
        'Nouveaux points d’attention' as libelle_objet,
        'Dans le mois' as libelle_mesure,
        cast(null as {{ dbt.type_string() }}) as processus,
        'nombre' as unite,
        'baisse' as sens,
        cast(count(*) filter (where attention.est_nouveau) as double) as valeur,
        cast(count(*) filter (where attention.est_nouveau) as double) as numerateur,
        cast(null as double) as denominateur,
        true as est_comparable,
        cast(null as bigint) as nb_collectivites,
        cast(null as bigint) as nb_collectivites_attendues,
        coalesce(bool_or(attention.est_provisoire), false) as est_provisoire,
        coalesce(bool_or(attention.est_demonstration), false) as est_demonstration

    from mois_montres
    left join attention
        on mois_montres.mois = attention.mois
    group by mois_montres.mois

),

mesures as (

    select * from taux
    union all
    select * from retours
    union all
    select * from conformites
    union all
    select * from suivis
    union all
    select * from points_d_attention

),

final as (

    select
        mesures.mois,
        mois_montres.libelle_mois,
        mesures.theme,
        mesures.objet_code,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        mesures.libelle_objet,
        mesures.libelle_mesure,
        mesures.processus,
        processus.libelle_processus,
        coalesce(processus.ordre_processus, 0) as ordre_processus,
        mesures.unite,
        mesures.sens,
        mesures.valeur,
        precedents.valeur as valeur_mois_precedent,
        case
            when
                mesures.est_comparable and precedents.est_comparable
                then mesures.valeur - precedents.valeur
        end
            as ecart,
        mesures.numerateur,
        mesures.denominateur,
        cast(mesures.nb_collectivites as bigint) as nb_collectivites,
        cast(mesures.nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        case
            when mesures.valeur is null then 'absent'
            when mesures.nb_collectivites < mesures.nb_collectivites_attendues then 'partiel'
            else 'observe'
        end as statut,
        mesures.est_provisoire,
        mesures.est_demonstration

    from mesures
    inner join mois_montres
        on mesures.mois = mois_montres.mois
    left join mesures as precedents
        on
            mesures.theme = precedents.theme
            and mesures.objet_code = precedents.objet_code
            and mois_montres.mois_precedent = precedents.mois
    left join processus
        on mesures.processus = processus.processus

)

select * from final
