with

source as (

    select * from {{ source('adhesions', 'conventions') }}

),

final as (

    select
        siren,
        reference_convention,
        case
            when regexp_matches(version_convention, '^20[0-9][0-9]-(0[1-9]|1[0-2])$')
                then version_convention
        end as version_convention,
        {{ date_depuis_texte('date_signature') }} as date_signature,
        {{ echeance_depuis_texte('date_fin') }} as date_fin,
        {{ date_depuis_texte('date_relance') }} as date_relance,
        coalesce({{ date_depuis_texte('date_photo') }}, {{ jour_de_reception() }}) as date_photo,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
