with

projets as (

    select * from {{ ref('fct_projets') }}

),

lignes as (

    select * from {{ ref('int_programmes_retenus') }}
    where rubrique = 'condition'

),

conditions as (

    select * from {{ ref('ref_conditions_projet') }}

),

-- Une condition sans réponse est inconnue : elle a sa ligne, comme les autres.
final as (

    select
        projets.siren,
        projets.code_projet,
        conditions.code as code_condition,
        conditions.libelle_condition,
        conditions.ordre_condition,
        projets.nom_collectivite,
        projets.type_collectivite,
        projets.classe_taille,
        projets.code_departement,
        projets.nom_departement,
        projets.siren_epci,
        projets.nom_epci,
        projets.date_situation,
        coalesce(lignes.etat, 'inconnu') as reponse,
        projets.est_demonstration,
        projets.fichier_sha256,
        coalesce(lignes.ligne, projets.ligne) as ligne,
        projets.lot

    from projets
    cross join conditions
    left join lignes
        on
            projets.siren = lignes.siren
            and projets.code_projet = lignes.code_projet
            and conditions.code = lignes.code_ligne

)

select * from final
