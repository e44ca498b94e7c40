with

source as (

    select * from {{ source('helios', 'flux_pes') }}

),

final as (

    select
        siret,
        {{ siren_de_siret('siret') }} as siren,
        code_collectivite,
        code_budget,
        nom_flux,
        _fichier_id as fichier_id,
        poste_comptable as code_poste_comptable,
        type_fichier as code_type_fichier,
        progiciel as nom_progiciel,
        domaines,

        {{ date_depuis_texte('date_flux') }} as date_flux,

        {{ entier_depuis_texte('nb_bordereaux') }} as nb_bordereaux,
        {{ entier_depuis_texte('nb_bordereaux_signes') }} as nb_bordereaux_signes,
        {{ entier_depuis_texte('nb_mandats') }} as nb_mandats,
        {{ entier_depuis_texte('nb_titres') }} as nb_titres,
        {{ entier_depuis_texte('nb_pieces') }} as nb_pieces,
        {{ entier_depuis_texte('nb_pieces_signees') }} as nb_pieces_signees,
        {{ entier_depuis_texte('nb_pieces_declarees') }} as nb_pieces_declarees,
        {{ entier_depuis_texte('nb_pj') }} as nb_pj,
        {{ entier_depuis_texte('nb_pj_dematerialisees') }} as nb_pj_dematerialisees,

        cast(est_signature_globale as boolean) as est_signature_globale,
        _est_demonstration as est_demonstration,

        _fichier_sha256 as fichier_sha256,
        ligne,
        lot

    from source

)

select * from final
