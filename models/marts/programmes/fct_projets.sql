with

lignes as (

    select * from {{ ref('int_programmes_retenus') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

projets as (

    select
        siren,
        code_projet,
        date_situation,
        min(date_debut) filter (where rubrique = 'projet') as date_debut,
        min(date_debut_prevue) filter (where rubrique = 'projet') as date_debut_prevue,
        min(date_fin) filter (where rubrique = 'projet') as date_fin,
        min(date_fin_prevue) filter (where rubrique = 'projet') as date_fin_prevue,
        min(date_debut) filter (where rubrique = 'mandat') as date_debut_mandat,
        min(date_fin) filter (where rubrique = 'mandat') as date_fin_mandat,
        min(realise) filter (where rubrique = 'territoire' and code_ligne = 'communes')
            as nb_communes,
        min(realise) filter (where rubrique = 'territoire' and code_ligne = 'habitants')
            as nb_habitants,
        count(*) filter (where rubrique = 'condition' and etat = 'oui') as nb_prerequis_reunis,
        count(*) filter (where rubrique = 'condition' and etat = 'non') as nb_prerequis_manquants,
        bool_or(est_demonstration) as est_demonstration,
        min(fichier_sha256) as fichier_sha256,
        coalesce(min(ligne) filter (where rubrique = 'projet'), min(ligne)) as ligne,
        max(lot) as lot

    from lignes
    group by siren, code_projet, date_situation

),

normes as (

    select max(valeur) filter (where cle = 'nb_prerequis') as nb_prerequis
    from {{ ref('hyp_programmes') }}

),

final as (

    select
        projets.siren,
        projets.code_projet,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        projets.date_situation,
        projets.date_debut_prevue,
        projets.date_fin_prevue,
        projets.date_debut,
        projets.date_fin,
        projets.date_debut_mandat,
        projets.date_fin_mandat,
        case
            when projets.date_fin >= projets.date_debut
                then {{ mois_entre('projets.date_debut', 'projets.date_fin') }}
        end as duree_accompagnement_mois,
        cast(projets.nb_communes as bigint) as nb_communes,
        cast(coalesce(projets.nb_habitants, collectivites.population) as bigint) as nb_habitants,
        projets.nb_prerequis_reunis,
        projets.nb_prerequis_manquants,
        cast(
            normes.nb_prerequis - projets.nb_prerequis_reunis - projets.nb_prerequis_manquants
            as bigint
        ) as nb_prerequis_inconnus,
        projets.est_demonstration,
        projets.fichier_sha256,
        projets.ligne,
        projets.lot

    from projets
    cross join normes
    left join collectivites
        on projets.siren = collectivites.siren

)

select * from final
