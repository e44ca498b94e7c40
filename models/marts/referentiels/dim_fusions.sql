with

communes_fusionnees as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

final as (

    select
        siren_ancien,
        nom_ancien,
        siren,
        date_fusion

    from communes_fusionnees

)

select * from final
