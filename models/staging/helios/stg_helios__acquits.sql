with

source as (

    select * from {{ source('helios', 'acquits') }}

),

final as (

    select
        type_acquit,
        nom_flux,
        siret,
        {{ siren_de_siret('siret') }} as siren,
        code_collectivite,
        code_budget,
        -- Les acquits écrivent 5 ou 05 selon l'éditeur.
        cast(try_cast(domaine as integer) as varchar) as code_domaine,
        etat as code_etat,
        exercice,
        bordereau_id,
        piece as piece_id,
        code_anomalie,
        _fichier_id as fichier_id,

        {{ date_depuis_texte('date_acquit') }} as date_acquit,

        {{ entier_depuis_texte('nb_elements') }} as nb_elements,

        case etat
            when '1' then true
            when '0' then false
        end as est_accepte,
        _est_demonstration as est_demonstration,

        _fichier_sha256 as fichier_sha256,
        ligne,
        lot

    from source

)

select * from final
