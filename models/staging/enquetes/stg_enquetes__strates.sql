with

source as (

    select * from {{ source('enquetes', 'strates') }}

),

final as (

    select
        campagne,
        dimension,
        modalite,
        trim(libelle) as libelle_modalite,
        {{ entier_depuis_texte('nb_population') }} as nb_population,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
