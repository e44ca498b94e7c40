with

recues as (

    select * from {{ ref('int_campagnes_retenues') }}

),

externes as (

    select * from {{ ref('ref_campagnes_externes') }}

),

publics as (

    select * from {{ ref('ref_modalites_enquete') }}
    where dimension = 'public'

),

campagnes as (

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
        est_demonstration
    from recues
    union all
    select
        externes.campagne,
        externes.libelle_campagne,
        externes.territoire,
        externes.public_interroge,
        null as types_collectivite,
        externes.population_decrite,
        null as dimension_poids,
        externes.document,
        externes.date_debut,
        externes.date_fin,
        false as est_demonstration
    from externes
    left join recues
        on externes.campagne = recues.campagne
    where recues.campagne is null

),

final as (

    select
        campagnes.campagne,
        campagnes.libelle_campagne,
        campagnes.territoire,
        campagnes.public_interroge,
        publics.libelle_modalite as libelle_public,
        campagnes.types_collectivite,
        campagnes.population_decrite,
        campagnes.dimension_poids,
        campagnes.document,
        campagnes.date_debut,
        campagnes.date_fin,
        -- Une enquête d'un autre territoire sert de repère et n'entre dans aucun taux breton.
        campagnes.territoire <> 'bretagne' as est_externe,
        campagnes.territoire = 'bretagne' and campagnes.types_collectivite is not null
            as est_aupres_des_collectivites,
        row_number() over (
            partition by campagnes.territoire, campagnes.public_interroge
            order by campagnes.date_debut desc, campagnes.campagne asc
        ) = 1 as est_derniere,
        campagnes.est_demonstration

    from campagnes
    left join publics
        on campagnes.public_interroge = publics.modalite

)

select * from final
