with

reunis as (

    select * from {{ ref('int_retours_reunis') }}

),

retours as (

    select * from {{ ref('fct_retours') }}
    where nb_declarants > 1

),

final as (

    select
        reunis.siren,
        reunis.siren_declarant,
        reunis.code_donnee,
        reunis.nature_code,
        retours.nom_collectivite,
        retours.type_collectivite,
        retours.classe_taille,
        retours.code_departement,
        retours.nom_departement,
        retours.siren_epci,
        retours.nom_epci,
        reunis.libelle_donnee,
        reunis.unite,
        reunis.mois,
        reunis.date_envoi,
        reunis.version,
        reunis.valeur,
        retours.est_partiel,
        reunis.est_demonstration,
        reunis.fichier_sha256,
        reunis.ligne,
        reunis.lot

    from reunis
    inner join retours
        on
            reunis.siren = retours.siren
            and reunis.mois = retours.mois
            and reunis.code_donnee = retours.code_donnee

)

select * from final
