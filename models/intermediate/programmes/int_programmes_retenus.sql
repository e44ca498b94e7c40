with

lignes as (

    select * from {{ ref('stg_programmes__lignes') }}

),

-- Un fichier est une photographie : la plus récente remplace tout le projet ; le même jour, la
-- dernière reçue est une correction.
lignes_classees as (

    select
        siren,
        code_projet,
        rubrique,
        code_ligne,
        code_rattachement,
        etat,
        code_thematique,
        sens,
        date_situation,
        date_debut_prevue,
        date_fin_prevue,
        date_debut,
        date_fin,
        date_validation,
        annee,
        prevu,
        realise,
        note_attente,
        note_cout,
        note_faisabilite,
        est_evaluation_prevue,
        nb_champs_remplis,
        est_demonstration,
        fichier_sha256,
        fichier_id,
        ligne,
        lot,
        dense_rank() over (
            partition by siren, code_projet
            order by date_situation desc, fichier_id desc
        ) as rang

    from lignes

),

final as (

    select
        siren,
        code_projet,
        rubrique,
        code_ligne,
        code_rattachement,
        etat,
        code_thematique,
        sens,
        date_situation,
        date_debut_prevue,
        date_fin_prevue,
        date_debut,
        date_fin,
        date_validation,
        annee,
        prevu,
        realise,
        note_attente,
        note_cout,
        note_faisabilite,
        est_evaluation_prevue,
        nb_champs_remplis,
        est_demonstration,
        fichier_sha256,
        fichier_id,
        ligne,
        lot

    from lignes_classees
    where rang = 1

)

select * from final
