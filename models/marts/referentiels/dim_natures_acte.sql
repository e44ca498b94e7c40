with

natures as (

    select * from {{ ref('ref_natures_acte') }}

),

final as (

    select
        code as nature_code,
        libelle as libelle_nature

    from natures

)

select * from final
