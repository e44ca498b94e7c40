with

services as (

    select * from {{ ref('ref_services') }}

),

final as (

    select
        code_service,
        ordre_service,
        libelle_service,
        libelle_usage,
        source_usage

    from services

)

select * from final
