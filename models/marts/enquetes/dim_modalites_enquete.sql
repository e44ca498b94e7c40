with

modalites as (

    select * from {{ ref('ref_modalites_enquete') }}

),

final as (

    select
        dimension,
        modalite,
        libelle_modalite,
        ordre

    from modalites

)

select * from final
