with

source as (

    select * from {{ source('comptes', 'comptes') }}

),

types as (

    select
        siren,
        compte_id_hache,
        {{ booleen_depuis_texte('profil_actif') }} as est_actif,
        {{ booleen_depuis_texte('elu') }} as est_elu,
        {{ date_depuis_texte('date_creation') }} as date_creation,
        {{ jour_de_reception() }} as date_reception,
        {{ entier_depuis_texte('nb_applications') }} as nb_applications,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

),

-- Un export n'écrit pas son jour : il est au plus tôt celui du dernier compte qu'il porte.
final as (

    select
        siren,
        compte_id_hache,
        est_actif,
        est_elu,
        date_creation,
        coalesce(max(date_creation) over (partition by fichier_id), date_reception) as date_photo,
        nb_applications,
        est_demonstration,
        fichier_sha256,
        fichier_id,
        ligne,
        lot

    from types

)

select * from final
