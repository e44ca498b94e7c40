with

campagnes as (

    select * from {{ ref('int_campagnes_retenues') }}

),

services as (

    select * from {{ ref('stg_enquetes__services') }}

),

final as (

    select
        services.campagne,
        services.service,
        services.libelle_service,
        services.thematique

    from services
    inner join campagnes
        on
            services.campagne = campagnes.campagne
            and services.fichier_id = campagnes.fichier_id

)

select * from final
