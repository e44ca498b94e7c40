with

source as (

    select * from {{ source('adhesions', 'adhesions') }}

),

-- Une liste qui ne dit pas son jour décrit celui de sa réception.
final as (

    select
        siren,
        collectivite as nom_recu,
        type_adhesion,
        coalesce(service, '') as code_service,
        {{ echeance_depuis_texte('date_debut') }} as date_debut,
        {{ echeance_depuis_texte('date_fin') }} as date_fin,
        groupe,
        coalesce({{ date_depuis_texte('date_photo') }}, {{ jour_de_reception() }}) as date_photo,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
