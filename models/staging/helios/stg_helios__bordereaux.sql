with

source as (

    select * from {{ source('helios', 'bordereaux') }}

),

final as (

    select
        siret,
        {{ siren_de_siret('siret') }} as siren,
        code_collectivite,
        code_budget,
        nom_flux,
        sens,
        exercice,
        bordereau_id,
        type_bordereau as code_type_bordereau,
        _fichier_id as fichier_id,

        {{ date_depuis_texte('date_bordereau') }} as date_bordereau,

        {{ entier_depuis_texte('nb_pieces') }} as nb_pieces,
        {{ entier_depuis_texte('nb_pieces_declarees') }} as nb_pieces_declarees,
        {{ montant_depuis_texte('montant_ht') }} as montant_eur,

        cast(est_signe as boolean) as est_signe,
        _est_demonstration as est_demonstration,

        _fichier_sha256 as fichier_sha256,
        ligne,
        lot

    from source

)

select * from final
