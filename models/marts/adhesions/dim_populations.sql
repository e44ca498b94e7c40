with

adhesions as (

    select * from {{ ref('int_adhesions_retenues') }}

),

populations as (

    select * from {{ ref('ref_populations') }}

),

mois as (

    select
        mois,
        {{ mois_avant('mois', '-1') }} as mois_suivant
    from {{ ref('dim_mois') }}
    where est_couvert_adhesions

),

-- L'état du dernier jour du mois : commencée avant le mois suivant, pas finie à sa veille.
adhesions_du_mois as (

    select
        adhesions.siren,
        adhesions.type_adhesion,
        mois.mois,
        bool_or(adhesions.est_demonstration) as est_demonstration

    from adhesions
    inner join mois
        on
            adhesions.date_debut < mois.mois_suivant
            and (
                adhesions.date_fin is null
                or adhesions.date_fin + interval 1 day >= mois.mois_suivant
            )
    group by adhesions.siren, adhesions.type_adhesion, mois.mois

),

entites_de_test as (

    select
        siren,
        mois
    from adhesions_du_mois
    where type_adhesion = 'test'

),

final as (

    select
        populations.population,
        adhesions_du_mois.siren,
        adhesions_du_mois.mois,
        populations.libelle_population,
        adhesions_du_mois.est_demonstration

    from adhesions_du_mois
    inner join populations
        on adhesions_du_mois.type_adhesion = populations.type_adhesion
    left join entites_de_test
        on
            adhesions_du_mois.siren = entites_de_test.siren
            and adhesions_du_mois.mois = entites_de_test.mois
    where entites_de_test.siren is null

)

select * from final
