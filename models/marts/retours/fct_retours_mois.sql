with

envois as (

    select * from {{ ref('int_envois_retours') }}

),

reponses as (

    select * from {{ ref('int_reponses_retours') }}

),

controles as (

    select * from {{ ref('int_controles_retours') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

-- Le premier envoi fait la date : une correction ne rend pas un retour tardif.
envois_par_declarant as (

    select
        siren,
        siren_declarant,
        mois,
        min(date_envoi) as date_premier_envoi,
        min(delai_envoi_jours) as delai_envoi_jours,
        count(*) as nb_fichiers,
        sum(nb_lignes) as nb_lignes,
        sum(nb_lignes_valides) as nb_lignes_valides,
        min(fichier_id) as fichier_id,
        min_by(fichier_sha256, fichier_id) as fichier_sha256,
        min_by(ligne, fichier_id) as ligne,
        max(lot) as lot,
        bool_or(est_demonstration) as est_demonstration

    from envois
    group by siren, siren_declarant, mois

),

-- De communes réunies, la dernière à envoyer fait la date.
envois_par_mois as (

    select
        siren,
        mois,
        max(date_premier_envoi) as date_premier_envoi,
        max(delai_envoi_jours) as delai_envoi_jours,
        sum(nb_fichiers) as nb_fichiers,
        sum(nb_lignes) as nb_lignes,
        sum(nb_lignes_valides) as nb_lignes_valides,
        min_by(fichier_sha256, fichier_id) as fichier_sha256,
        min_by(ligne, fichier_id) as ligne,
        max(lot) as lot,
        bool_or(est_demonstration) as est_demonstration

    from envois_par_declarant
    group by siren, mois

),

reponses_par_mois as (

    select
        siren,
        mois,
        count(*) as nb_reponses_attendues,
        count(*) filter (where reponse in ('nombre', 'zero')) as nb_reponses_renseignees,
        count(*) filter (where reponse = 'zero') as nb_zeros,
        count(*) filter (where reponse = 'non_connu') as nb_non_connues,
        count(*) filter (where reponse = 'vide') as nb_vides

    from reponses
    group by siren, mois

),

controles_par_mois as (

    select
        siren,
        mois,
        count(*) as nb_regles_verifiees,
        count(*) filter (where est_respectee) as nb_regles_respectees

    from controles
    group by siren, mois

),

final as (

    select
        envois_par_mois.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        envois_par_mois.mois,
        envois_par_mois.date_premier_envoi,
        envois_par_mois.delai_envoi_jours,
        cast(envois_par_mois.nb_fichiers as bigint) as nb_fichiers,
        cast(envois_par_mois.nb_lignes as bigint) as nb_lignes,
        cast(envois_par_mois.nb_lignes_valides as bigint) as nb_lignes_valides,
        cast(reponses_par_mois.nb_reponses_attendues as bigint) as nb_reponses_attendues,
        cast(reponses_par_mois.nb_reponses_renseignees as bigint) as nb_reponses_renseignees,
        cast(reponses_par_mois.nb_zeros as bigint) as nb_zeros,
        cast(reponses_par_mois.nb_non_connues as bigint) as nb_non_connues,
        cast(reponses_par_mois.nb_vides as bigint) as nb_vides,
        cast(coalesce(controles_par_mois.nb_regles_verifiees, 0) as bigint) as nb_regles_verifiees,
        cast(coalesce(controles_par_mois.nb_regles_respectees, 0) as bigint)
            as nb_regles_respectees,
        envois_par_mois.est_demonstration,
        envois_par_mois.fichier_sha256,
        envois_par_mois.ligne,
        envois_par_mois.lot

    from envois_par_mois
    inner join reponses_par_mois
        on
            envois_par_mois.siren = reponses_par_mois.siren
            and envois_par_mois.mois = reponses_par_mois.mois
    left join controles_par_mois
        on
            envois_par_mois.siren = controles_par_mois.siren
            and envois_par_mois.mois = controles_par_mois.mois
    left join collectivites
        on envois_par_mois.siren = collectivites.siren

)

select * from final
