with

annuelles as (

    select * from {{ ref('ind_estimations_annuelles') }}

),

reglages as (

    select max(valeur) filter (where cle = 'part_periodes_connues_min') as part_periodes_connues_min

    from {{ ref('hyp_estimations') }}

),

-- Quelques périodes manquent à un pair : son dénominateur se complète à l'année, en proportion.
pairs as (

    select
        annuelles.code_indicateur,
        annuelles.siren,
        annuelles.nom_collectivite,
        annuelles.type_collectivite,
        annuelles.classe_taille,
        annuelles.code_departement,
        annuelles.nom_departement,
        annuelles.siren_epci,
        annuelles.nom_epci,
        annuelles.dimension,
        annuelles.modalite,
        annuelles.periode_debut,
        annuelles.nb_habitants,
        annuelles.denominateur_connu
        * {{ ratio('annuelles.nb_periodes', 'annuelles.nb_periodes_connues') }} as denominateur,
        annuelles.est_demonstration

    from annuelles
    cross join reglages
    where
        annuelles.nb_habitants > 0
        and annuelles.nb_periodes_connues > 0
        and annuelles.nb_periodes_connues
        >= annuelles.nb_periodes * reglages.part_periodes_connues_min

),

groupes as (

    select
        code_indicateur,
        type_collectivite,
        classe_taille,
        dimension,
        modalite,
        periode_debut,
        {{ somme_exacte('denominateur') }} as denominateur_groupe,
        sum(nb_habitants) as nb_habitants_groupe,
        count(*) as nb_pairs

    from pairs
    group by
        code_indicateur,
        type_collectivite,
        classe_taille,
        dimension,
        modalite,
        periode_debut

),

-- Chaque pair est estimé par les autres : l'écart à ce qu'il déclare est l'erreur de la méthode.
validation_croisee as (

    select
        pairs.code_indicateur,
        pairs.siren,
        pairs.nom_collectivite,
        pairs.type_collectivite,
        pairs.classe_taille,
        pairs.code_departement,
        pairs.nom_departement,
        pairs.siren_epci,
        pairs.nom_epci,
        pairs.dimension,
        pairs.modalite,
        pairs.periode_debut,
        pairs.nb_habitants,
        pairs.denominateur,
        pairs.nb_habitants
        * {{ ratio(
            '(groupes.denominateur_groupe - pairs.denominateur)',
            '(groupes.nb_habitants_groupe - pairs.nb_habitants)'
        ) }} as denominateur_estime,
        groupes.denominateur_groupe,
        groupes.nb_habitants_groupe,
        groupes.nb_pairs,
        pairs.est_demonstration

    from pairs
    inner join groupes
        on
            pairs.code_indicateur = groupes.code_indicateur
            and pairs.type_collectivite = groupes.type_collectivite
            and pairs.classe_taille = groupes.classe_taille
            and pairs.dimension = groupes.dimension
            and pairs.modalite = groupes.modalite
            and pairs.periode_debut = groupes.periode_debut

),

final as (

    select
        code_indicateur,
        siren,
        nom_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        dimension,
        modalite,
        periode_debut,
        nb_habitants,
        denominateur,
        denominateur_estime,
        {{ ratio('(denominateur_estime - denominateur)', 'denominateur') }} as erreur_relative,
        denominateur_groupe,
        cast(nb_habitants_groupe as bigint) as nb_habitants_groupe,
        cast(nb_pairs as bigint) as nb_pairs,
        est_demonstration

    from validation_croisee

)

select * from final
