with

final as (

    select
        'composite' as hypotheses,
        cle,
        cast(valeur as double) as valeur
    from {{ ref('hyp_composite') }}
    union all
    select
        'programmes' as hypotheses,
        cle,
        cast(valeur as double) as valeur
    from {{ ref('hyp_programmes') }}
    union all
    select
        'usages' as hypotheses,
        cle,
        cast(valeur as double) as valeur
    from {{ ref('hyp_usages') }}

)

select * from final
