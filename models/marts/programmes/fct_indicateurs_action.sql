with

projets as (

    select * from {{ ref('fct_projets') }}

),

lignes as (

    select * from {{ ref('int_programmes_retenus') }}
    where rubrique = 'indicateur'

),

final as (

    select
        projets.siren,
        projets.code_projet,
        lignes.code_ligne as code_indicateur_action,
        lignes.code_rattachement as code_action,
        projets.nom_collectivite,
        projets.type_collectivite,
        projets.classe_taille,
        projets.code_departement,
        projets.nom_departement,
        projets.siren_epci,
        projets.nom_epci,
        projets.date_situation,
        lignes.date_fin_prevue as date_echeance,
        lignes.sens,
        lignes.prevu as cible,
        lignes.realise as valeur_atteinte,
        coalesce(lignes.date_fin_prevue <= projets.date_situation, false) as est_echu,
        lignes.prevu is not null
        and lignes.realise is not null
        and lignes.sens is not null as est_mesure,
        coalesce(
            (lignes.sens = 'hausse' and lignes.realise >= lignes.prevu)
            or (lignes.sens = 'baisse' and lignes.realise <= lignes.prevu),
            false
        ) as est_atteint,
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
