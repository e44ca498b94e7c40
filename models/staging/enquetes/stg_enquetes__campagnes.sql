with

source as (

    select * from {{ source('enquetes', 'campagnes') }}

),

final as (

    select
        campagne,
        trim(libelle) as libelle_campagne,
        lower(trim(territoire)) as territoire,
        public as public_interroge,
        types_collectivite,
        population as population_decrite,
        dimension_poids,
        document,
        -- La fin d'une campagne est souvent à venir quand son fichier arrive : pas de borne ici.
        try_cast(date_debut as date) as date_debut,
        try_cast(date_fin as date) as date_fin,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

)

select * from final
