with

source as (

    select * from {{ source('comptes', 'certificats') }}

),

final as (

    select
        siren,
        certificat_id_hache,
        statut,
        {{ echeance_depuis_texte('date_fin_validite') }} as date_fin_validite,
        case
            when lower(trim(rgs_2_etoiles)) in ('t', 'true', '1', 'oui') then true
            when lower(trim(rgs_2_etoiles)) in ('f', 'false', '0', 'non') then false
        end as est_rgs_2_etoiles,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
