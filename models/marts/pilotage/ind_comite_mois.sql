with

pilotage as (

    select * from {{ ref('ind_pilotage_mois') }}

),

cellules as (

    select
        processus,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        libelle_type,
        mois,
        min(ordre_processus) as ordre_processus,
        min(libelle_processus) as libelle_processus,
        min(libelle_taux) as libelle_taux,
        min(nb_habitants) as nb_habitants,
        {{ somme_exacte('numerateur') }} as numerateur,
        {{ somme_exacte('denominateur') }} as denominateur,
        sum(nb_collectivites) as nb_collectivites,
        sum(nb_collectivites_attendues) as nb_collectivites_attendues,
        max(cible) as cible,
        max(couverture_alerte) as couverture_alerte,
        max(ecart_en_bonne_voie) as ecart_en_bonne_voie,
        max(volume_evolution) as volume_evolution,
        bool_or(est_provisoire) as est_provisoire,
        bool_or(est_demonstration) as est_demonstration

    from pilotage
    group by
        processus,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        libelle_type,
        mois

),

-- La fenêtre d'un mois de situation : lui-même et les douze qui le précèdent, jusqu'au même mois
-- de l'an passé.
situations as (

    select
        mois as mois_situation,
        libelle_mois,
        cast(mois - interval '1' year as date) as premier_mois

    from pilotage
    group by mois, libelle_mois

),

final as (

    select
        situations.mois_situation,
        situations.libelle_mois,
        cellules.mois,
        {{ libelle_mois('cellules.mois') }} as libelle_mois_mesure,
        cast({{ mois_entre('cellules.mois', 'situations.mois_situation') }} - 1 as integer)
            as recul_mois,
        cellules.processus,
        cellules.ordre_processus,
        cellules.libelle_processus,
        cellules.libelle_taux,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cellules.type_collectivite,
        cellules.classe_taille,
        cellules.code_departement,
        cellules.nom_departement,
        cellules.siren_epci,
        cellules.nom_epci,
        cellules.libelle_type,
        cellules.nb_habitants,
        cellules.numerateur,
        cellules.denominateur,
        cast(cellules.nb_collectivites as bigint) as nb_collectivites,
        cast(cellules.nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        cellules.cible,
        cellules.couverture_alerte,
        cellules.ecart_en_bonne_voie,
        cellules.volume_evolution,
        cellules.est_provisoire,
        cellules.est_demonstration

    from cellules
    inner join situations
        on
            cellules.mois <= situations.mois_situation
            and cellules.mois >= situations.premier_mois

)

select * from final
