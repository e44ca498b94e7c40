with

adhesions as (

    select * from {{ ref('int_adhesions_retenues') }}

),

types_adhesion as (

    select * from {{ ref('ref_types_adhesion') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

final as (

    select
        adhesions.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        adhesions.type_adhesion,
        types_adhesion.libelle_type_adhesion,
        adhesions.code_service,
        adhesions.date_debut,
        adhesions.date_fin,
        adhesions.groupe,
        adhesions.nb_entites,
        types_adhesion.est_membre,
        adhesions.date_photo,
        adhesions.est_demonstration,
        adhesions.fichier_sha256,
        adhesions.ligne,
        adhesions.lot

    from adhesions
    inner join types_adhesion
        on adhesions.type_adhesion = types_adhesion.type_adhesion
    left join collectivites
        on adhesions.siren = collectivites.siren

)

select * from final
