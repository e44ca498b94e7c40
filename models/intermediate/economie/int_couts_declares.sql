with

retours as (

    select * from {{ ref('int_retours_retenus') }}

),

donnees as (

    select * from {{ ref('ref_couts_declares') }}

),

parametres as (

    select
        parametre,
        min,
        mode,
        max
    from {{ ref('hyp_parametres_cout') }}
    where classe_taille = 'toutes'

),

etapes as (

    select * from {{ ref('ref_etapes_cout') }}

),

-- Les temps qu'une opération demande, étape par étape ; les retours la déclarent d'un bloc.
temps as (

    select
        postes.processus,
        postes.canal,
        postes.parametre_quantite as parametre,
        quantites.mode as mode_parametre,
        coalesce(repetitions.min, 1) * quantites.min as minutes_min,
        coalesce(repetitions.mode, 1) * quantites.mode as minutes_mode,
        coalesce(repetitions.max, 1) * quantites.max as minutes_max

    from {{ ref('ref_postes_cout') }} as postes
    inner join {{ ref('ref_prix_postes') }} as prix
        on postes.poste = prix.poste
    inner join etapes
        on
            postes.processus = etapes.processus
            and postes.etape = etapes.etape
    inner join parametres as quantites
        on postes.parametre_quantite = quantites.parametre
    left join parametres as repetitions
        on etapes.parametre_repetition = repetitions.parametre
    where
        prix.est_temps
        and postes.bareme <> 'complet'

),

operations as (

    select
        processus,
        canal,
        sum(minutes_min) as minutes_min,
        sum(minutes_mode) as minutes_mode,
        sum(minutes_max) as minutes_max

    from temps
    group by processus, canal

),

-- La médiane des mois : une saisie de travers ne fait pas l'année.
annuels as (

    select
        retours.siren,
        retours.code_donnee,
        retours.libelle_donnee,
        retours.unite,
        donnees.processus,
        donnees.canal,
        donnees.marge_plausibilite,
        donnees.motif_hors_calcul,
        extract(year from retours.mois) as annee,
        cast(median(cast(retours.valeur as double)) as double) as valeur_declaree,
        count(*) as nb_mois,
        bool_or(retours.est_demonstration) as est_demonstration

    from retours
    inner join donnees
        on retours.code_donnee = donnees.code_donnee
    where retours.valeur is not null and not retours.est_partiel
    group by
        retours.siren,
        retours.code_donnee,
        retours.libelle_donnee,
        retours.unite,
        donnees.processus,
        donnees.canal,
        donnees.marge_plausibilite,
        donnees.motif_hors_calcul,
        extract(year from retours.mois)

),

rapproches as (

    select
        annuels.siren,
        annuels.annee,
        annuels.code_donnee,
        annuels.libelle_donnee,
        annuels.unite,
        annuels.processus,
        annuels.canal,
        annuels.motif_hors_calcul,
        annuels.valeur_declaree,
        annuels.nb_mois,
        annuels.est_demonstration,
        temps.parametre,
        temps.mode_parametre
        * {{ ratio('annuels.valeur_declaree', 'operations.minutes_mode') }} as valeur,
        {{ ratio('operations.minutes_min', 'annuels.marge_plausibilite') }} as borne_min,
        operations.minutes_max * annuels.marge_plausibilite as borne_max

    from annuels
    left join operations
        on
            annuels.processus = operations.processus
            and annuels.canal = operations.canal
    left join temps
        on
            annuels.processus = temps.processus
            and annuels.canal = temps.canal

),

final as (

    select
        siren,
        cast(annee as bigint) as annee,
        code_donnee,
        libelle_donnee,
        unite,
        processus,
        canal,
        parametre,
        valeur_declaree,
        valeur,
        borne_min,
        borne_max,
        nb_mois,
        case
            when parametre is not null
                then valeur_declaree >= borne_min and valeur_declaree <= borne_max
        end as est_plausible,
        case
            when parametre is null then motif_hors_calcul
            when valeur_declaree < borne_min
                then 'Sous la borne basse du modèle, qui garde sa valeur'
            when valeur_declaree > borne_max
                then 'Au-dessus de la borne haute du modèle, qui garde sa valeur'
        end as motif,
        'retours' as provenance,
        est_demonstration

    from rapproches

)

select * from final
