with

projets as (

    select * from {{ ref('fct_projets') }}

),

lignes as (

    select * from {{ ref('int_programmes_retenus') }}
    where rubrique = 'participation'

),

final as (

    select
        projets.siren,
        projets.code_projet,
        lignes.code_ligne as code_participation,
        lignes.annee,
        projets.nom_collectivite,
        projets.type_collectivite,
        projets.classe_taille,
        projets.code_departement,
        projets.nom_departement,
        projets.siren_epci,
        projets.nom_epci,
        projets.date_situation,
        case when lignes.realise = floor(lignes.realise) then cast(lignes.realise as bigint) end
            as nb_participations,
        projets.est_demonstration,
        lignes.fichier_sha256,
        lignes.ligne,
        lignes.lot

    from lignes
    inner join projets
        on
            lignes.siren = projets.siren
            and lignes.code_projet = projets.code_projet

)

select * from final
