with

mesures as (

    select * from {{ ref('ind_pilotage_mois') }}

),

contours as (

    select * from {{ ref('dim_contours') }}
    where niveau = 'epci'

),

{{ territoires_de_carte(
    "case when type_collectivite = 'commune' then coalesce(siren_epci, 'sans_epci') else siren_epci end"
) }},

final as (

    select
        contours.code_territoire,
        contours.partie,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        contours.code_departement,
        coalesce(contours.nom_departement, 'Plusieurs départements') as nom_departement,
        contours.siren_epci,
        contours.nom_territoire as nom_epci,
        {{ colonnes_de_carte() }},
        contours.contour

    from contours
    cross join processus_par_mois
    cross join reglages
    left join territoires
        on
            contours.code_territoire = territoires.code_territoire
            and processus_par_mois.processus = territoires.processus
            and processus_par_mois.mois = territoires.mois

)

select * from final
