with

source as (

    select * from {{ source('helios', 'comptes_rendus') }}

),

final as (

    select
        nom_fichier_retour,
        siret,
        {{ siren_de_siret('siret') }} as siren,
        code_collectivite,
        code_budget,
        type_fichier as code_type_fichier,
        type_restitution as code_type_restitution,
        sens,
        exercice,
        bordereau_id,
        type_bordereau as code_type_bordereau,
        etat_piece as code_etat_piece,
        _fichier_id as fichier_id,

        {{ date_depuis_texte('date_compte_rendu') }} as date_compte_rendu,

        {{ entier_depuis_texte('nb_pieces') }} as nb_pieces,

        _est_demonstration as est_demonstration,

        _fichier_sha256 as fichier_sha256,
        ligne,
        lot

    from source

)

select * from final
