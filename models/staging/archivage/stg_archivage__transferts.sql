with

source as (

    select * from {{ source('archivage', 'transferts') }}

),

final as (

    select
        siren,
        transfert_id,
        siren_versant,
        siren_producteur,
        identifiant_versant,
        identifiant_producteur,
        version_seda as code_version_seda,
        accord as code_accord,
        profil as code_profil,
        _fichier_id as fichier_id,

        {{ date_depuis_texte('date_transfert') }} as date_transfert,

        {{ entier_depuis_texte('nb_objets') }} as nb_objets,

        _est_demonstration as est_demonstration,

        _fichier_sha256 as fichier_sha256,
        ligne,
        lot

    from source

)

select * from final
