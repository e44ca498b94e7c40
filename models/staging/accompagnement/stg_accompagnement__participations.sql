with

source as (

    select * from {{ source('accompagnement', 'participations') }}

),

final as (

    select
        id_evenement,
        siren,
        {{ compte_depuis_texte('nb_participants') }} as nb_participants,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
