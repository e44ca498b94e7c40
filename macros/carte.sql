{# Ce que vaut chaque processus, chaque mois, sur chaque territoire d'une carte, d'après `mesures`
   (ind_pilotage_mois) : volumes additionnés, jamais des taux ; `cle` dit à quel territoire une ligne compte. #}
{% macro territoires_de_carte(cle) -%}
    reglages as (

        select max(valeur) filter (where cle = 'nb_processus_classement') as nb_processus_classement
        from {{ ref('hyp_pilotage') }}

    ),

    -- Un territoire se dessine pour chaque processus et chaque mois, même sans aucune collectivité attendue.
    processus_par_mois as (

        select
            processus,
            mois,
            min(ordre_processus) as ordre_processus,
            min(libelle_processus) as libelle_processus,
            min(libelle_taux) as libelle_taux,
            min(libelle_volume) as libelle_volume,
            min(libelle_mois) as libelle_mois,
            min(recul_mois) as recul_mois,
            max(cible) as cible,
            max(taux_bretagne) as taux_bretagne,
            max(couverture_alerte) as couverture_alerte,
            max(volume_annuel_classement) as volume_annuel_classement,
            bool_or(est_provisoire) as est_provisoire,
            bool_or(est_demonstration) as est_demonstration

        from mesures
        group by processus, mois

    ),

    sommes as (

        select
            {{ cle }} as code_territoire,
            processus,
            mois,
            {{ somme_exacte('numerateur') }} as numerateur,
            {{ somme_exacte('denominateur') }} as denominateur,
            {{ somme_exacte('numerateur_annuel') }} as numerateur_annuel,
            {{ somme_exacte('denominateur_annuel') }} as denominateur_annuel,
            sum(nb_collectivites) as nb_collectivites,
            sum(nb_collectivites_attendues) as nb_collectivites_attendues,
            max(case when nb_collectivites > 0 then statut end) as statut_connu,
            bool_or(statut = 'partiel') as est_partiel

        from mesures
        where {{ cle }} is not null
        group by {{ cle }}, processus, mois

    ),

    taux as (

        select
            sommes.*,
            case
                when sommes.denominateur_annuel >= processus_par_mois.volume_annuel_classement
                    then {{ ratio('sommes.numerateur_annuel', 'sommes.denominateur_annuel') }}
            end as taux_annuel,
            case
                when sommes.nb_collectivites = 0 then 'absent'
                when
                    sommes.nb_collectivites < sommes.nb_collectivites_attendues
                    or sommes.est_partiel
                    then 'partiel'
                else sommes.statut_connu
            end as statut

        from sommes
        inner join processus_par_mois
            on
                sommes.processus = processus_par_mois.processus
                and sommes.mois = processus_par_mois.mois

    ),

    territoires as (

        select
            taux.*,
            case
                when taux_annuel is not null
                    then
                        rank() over (
                            partition by processus, mois order by taux_annuel desc nulls last
                        )
            end as rang

        from taux

    )
{%- endmacro %}

{# Les chiffres d'un territoire, sous les noms de leurs colonnes publiées. #}
{% macro colonnes_de_carte() -%}
    processus_par_mois.processus,
    processus_par_mois.ordre_processus,
    processus_par_mois.libelle_processus,
    processus_par_mois.libelle_taux,
    processus_par_mois.libelle_volume,
    processus_par_mois.mois,
    processus_par_mois.libelle_mois,
    processus_par_mois.recul_mois,
    territoires.numerateur,
    territoires.denominateur,
    territoires.numerateur_annuel,
    territoires.denominateur_annuel,
    territoires.taux_annuel,
    cast(territoires.rang as integer) as rang,
    processus_par_mois.taux_bretagne,
    processus_par_mois.cible,
    cast(coalesce(territoires.nb_collectivites, 0) as bigint) as nb_collectivites,
    cast(coalesce(territoires.nb_collectivites_attendues, 0) as bigint)
        as nb_collectivites_attendues,
    processus_par_mois.couverture_alerte,
    cast(reglages.nb_processus_classement as bigint) as nb_processus_classement,
    coalesce(territoires.statut, 'absent') as statut,
    processus_par_mois.est_provisoire,
    processus_par_mois.est_demonstration
{%- endmacro %}
