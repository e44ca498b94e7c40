with

termes as (

    select * from {{ ref('ref_termes_declares') }}

),

codes as (

    select * from {{ ref('ref_codes_retour') }}
    where nature_code is not null

),

-- Les actes transmissibles sont le dénominateur de leur nature, et de l'ensemble.
final as (

    select
        code_indicateur,
        terme,
        code_donnee,
        'ensemble' as dimension,
        'ensemble' as modalite
    from termes
    union all
    select
        'DEM-08' as code_indicateur,
        'denominateur' as terme,
        code as code_donnee,
        'ensemble' as dimension,
        'ensemble' as modalite
    from codes
    union all
    select
        'DEM-09' as code_indicateur,
        'denominateur' as terme,
        code as code_donnee,
        'nature_acte' as dimension,
        nature_code as modalite
    from codes

)

select * from final
