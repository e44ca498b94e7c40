with

collectivites as (

    select * from {{ ref('dim_collectivites') }}
    where est_breton

),

final as (

    select
        siren,
        'collectivite' as perimetre_type,
        siren as perimetre_code,
        nom as nom_perimetre
    from collectivites
    union all
    select
        siren,
        'epci' as perimetre_type,
        siren_epci as perimetre_code,
        nom_epci as nom_perimetre
    from collectivites
    where siren_epci is not null
    union all
    select
        siren,
        'departement' as perimetre_type,
        code_departement as perimetre_code,
        nom_departement as nom_perimetre
    from collectivites
    where code_departement is not null
    union all
    select
        siren,
        'classe' as perimetre_type,
        classe_taille as perimetre_code,
        classe_taille as nom_perimetre
    from collectivites
    union all
    select
        siren,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'Bretagne' as nom_perimetre
    from collectivites

)

select * from final
