with

campagnes as (

    select * from {{ ref('stg_enquetes__campagnes') }}

),

-- fichier_id suit l'ordre de réception : la dernière description d'une campagne l'emporte.
rangees as (

    select
        campagne,
        libelle_campagne,
        territoire,
        public_interroge,
        types_collectivite,
        population_decrite,
        dimension_poids,
        document,
        date_debut,
        date_fin,
        est_demonstration,
        fichier_id,
        row_number() over (partition by campagne order by fichier_id desc, ligne desc) as rang

    from campagnes

),

final as (

    select
        campagne,
        libelle_campagne,
        territoire,
        public_interroge,
        types_collectivite,
        population_decrite,
        dimension_poids,
        document,
        date_debut,
        date_fin,
        est_demonstration,
        fichier_id

    from rangees
    where rang = 1

)

select * from final
