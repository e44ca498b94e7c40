with

annuelles as (

    select * from {{ ref('ind_estimations_annuelles') }}
    where nb_periodes_connues = 0

),

erreurs as (

    select * from {{ ref('ind_estimations_erreurs') }}

),

reglages as (

    select max(valeur) filter (where cle = 'nb_pairs_min') as nb_pairs_min

    from {{ ref('hyp_estimations') }}

),

estimees as (

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
        annuelles.numerateur_observe as numerateur,
        annuelles.nb_habitants
        * {{ ratio('erreurs.denominateur_groupe', 'erreurs.nb_habitants_groupe') }}
            as denominateur_estime,
        erreurs.erreur_basse,
        erreurs.erreur_haute,
        erreurs.nb_pairs,
        annuelles.est_demonstration or erreurs.est_demonstration as est_demonstration

    from annuelles
    inner join erreurs
        on
            annuelles.code_indicateur = erreurs.code_indicateur
            and annuelles.type_collectivite = erreurs.type_collectivite
            and annuelles.classe_taille = erreurs.classe_taille
            and annuelles.dimension = erreurs.dimension
            and annuelles.modalite = erreurs.modalite
            and annuelles.periode_debut = erreurs.periode_debut
    cross join reglages
    where
        annuelles.nb_habitants > 0
        and annuelles.numerateur_observe is not null
        and erreurs.nb_erreurs >= reglages.nb_pairs_min
        and erreurs.denominateur_groupe > 0

),

-- Le vrai dénominateur vaut l'estimé divisé par (1 + erreur) : l'intervalle des erreurs des pairs
-- devient celui du taux. Un taux ne dépasse pas 1 ; ses bornes l'encadrent toujours.
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
        'ratio_par_habitant' as methode,
        nb_habitants,
        numerateur,
        denominateur_estime,
        least(1, {{ ratio('numerateur', 'denominateur_estime') }}) as valeur_estimee,
        least(
            1,
            {{ ratio('numerateur', 'denominateur_estime') }}
            * greatest(0, least(1, 1 + erreur_basse))
        ) as ic_bas,
        least(
            1,
            {{ ratio('numerateur', 'denominateur_estime') }} * greatest(1, 1 + erreur_haute)
        ) as ic_haut,
        nb_pairs,
        est_demonstration

    from estimees

)

select * from final
