with

source as (

    select * from {{ source('programmes', 'lignes') }}

),

final as (

    select
        siren,
        projet as code_projet,
        rubrique,
        code as code_ligne,
        rattachement as code_rattachement,
        etat,
        thematique as code_thematique,
        sens,
        cast(date_situation as date) as date_situation,
        cast(date_debut_prevue as date) as date_debut_prevue,
        cast(date_fin_prevue as date) as date_fin_prevue,
        cast(date_debut as date) as date_debut,
        cast(date_fin as date) as date_fin,
        cast(date_validation as date) as date_validation,
        cast(annee as bigint) as annee,
        try_cast({{ nombre_nettoye('prevu') }} as double) as prevu,
        try_cast({{ nombre_nettoye('realise') }} as double) as realise,
        cast(attente as bigint) as note_attente,
        cast(cout as bigint) as note_cout,
        cast(faisabilite as bigint) as note_faisabilite,
        {{ booleen_depuis_texte('mode_evaluation') }} as est_evaluation_prevue,
        {{ nb_champs_remplis(champs_fiche_action()) }} as nb_champs_remplis,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
