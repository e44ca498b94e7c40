with

epci as (

    select * from {{ ref('ref_epci') }}

),

departements as (

    select * from {{ ref('ref_departements') }}

),

contours_epci as (

    select * from {{ ref('ref_contours_epci') }}

),

contours_departements as (

    select * from {{ ref('ref_contours_departements') }}

),

final as (

    select
        'epci' as niveau,
        contours_epci.code_epci as code_territoire,
        contours_epci.rang as partie,
        coalesce(epci.nom, 'Sans EPCI') as nom_territoire,
        epci.siren as siren_epci,
        epci.code_departement,
        departements.nom_departement,
        contours_epci.contour

    from contours_epci
    left join epci
        on contours_epci.code_epci = epci.siren
    left join departements
        on epci.code_departement = departements.code_departement
    union all
    select
        'departement' as niveau,
        contours_departements.code_departement as code_territoire,
        contours_departements.rang as partie,
        departements.nom_departement as nom_territoire,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        contours_departements.code_departement,
        departements.nom_departement,
        contours_departements.contour

    from contours_departements
    inner join departements
        on contours_departements.code_departement = departements.code_departement

)

select * from final
