with

scores as (

    select * from {{ ref('ind_qualite_scores') }}
    where perimetre_type = 'collectivite' and statut <> 'absent'

),

derniere_annee as (

    select max(periode_debut) as annee
    from scores

),

retours_mois as (

    select * from {{ ref('fct_retours_mois') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

mois as (

    select * from {{ ref('dim_mois') }}

),

mois_par_annee as (

    select
        annee,
        count(*) as nb_mois_observes

    from mois
    group by annee

),

reponses as (

    select
        siren,
        cast(date_trunc('year', mois) as date) as annee,
        count(*) as nb_mois_retournes,
        sum(nb_reponses_attendues - nb_reponses_renseignees) as nb_reponses_manquantes,
        sum(nb_regles_verifiees - nb_regles_respectees) as nb_regles_echouees

    from retours_mois
    group by siren, cast(date_trunc('year', mois) as date)

),

final as (

    select
        scores.perimetre_code as siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        {{ libelle_type_collectivite('collectivites.type_collectivite') }} as libelle_type,
        collectivites.classe_taille,
        collectivites.code_departement,
        {{ libelle_rattachement(
            'collectivites.nom_departement', 'collectivites.type_collectivite'
        ) }} as nom_departement,
        collectivites.siren_epci,
        {{ libelle_rattachement('collectivites.nom_epci', 'collectivites.type_collectivite') }}
            as nom_epci,
        scores.periode_debut,
        scores.valeur,
        cast(reponses.nb_mois_retournes as bigint) as nb_mois_retournes,
        cast(mois_par_annee.nb_mois_observes as bigint) as nb_mois_observes,
        cast(reponses.nb_reponses_manquantes as bigint) as nb_reponses_manquantes,
        cast(reponses.nb_regles_echouees as bigint) as nb_regles_echouees,
        scores.est_demonstration

    from scores
    inner join derniere_annee
        on scores.periode_debut = derniere_annee.annee
    inner join collectivites
        on scores.perimetre_code = collectivites.siren
    inner join reponses
        on
            scores.perimetre_code = reponses.siren
            and scores.periode_debut = reponses.annee
    inner join mois_par_annee
        on scores.periode_debut = mois_par_annee.annee

)

select * from final
