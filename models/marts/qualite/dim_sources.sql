with

sources as (

    select * from {{ ref('ref_sources') }}

),

final as (

    select
        source,
        ordre_source,
        libelle_source

    from sources

)

select * from final
