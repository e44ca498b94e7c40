with

projets as (

    select * from {{ ref('fct_projets') }}

),

lignes as (

    select * from {{ ref('int_programmes_retenus') }}
    where rubrique in ('budget', 'etp')

),

moyens as (

    select
        siren,
        code_projet,
        annee,
        min(prevu) filter (where rubrique = 'budget') as budget_prevu,
        min(realise) filter (where rubrique = 'budget') as budget_realise,
        min(prevu) filter (where rubrique = 'etp') as etp_prevus,
        min(realise) filter (where rubrique = 'etp') as etp_consacres,
        min(fichier_sha256) as fichier_sha256,
        min(ligne) as ligne,
        max(lot) as lot

    from lignes
    group by siren, code_projet, annee

),

normes as (

    select max(valeur) filter (where cle = 'heures_par_etp_an') as heures_par_etp_an
    from {{ ref('hyp_programmes') }}

),

final as (

    select
        projets.siren,
        projets.code_projet,
        moyens.annee,
        projets.nom_collectivite,
        projets.type_collectivite,
        projets.classe_taille,
        projets.code_departement,
        projets.nom_departement,
        projets.siren_epci,
        projets.nom_epci,
        projets.date_situation,
        cast(moyens.budget_prevu as decimal(18, 2)) as montant_prevu_eur,
        cast(moyens.budget_realise as decimal(18, 2)) as montant_realise_eur,
        moyens.etp_prevus,
        moyens.etp_consacres,
        cast(round(moyens.etp_prevus * normes.heures_par_etp_an) as bigint) as nb_heures_prevues,
        cast(round(moyens.etp_consacres * normes.heures_par_etp_an) as bigint)
            as nb_heures_consacrees,
        projets.est_demonstration,
        moyens.fichier_sha256,
        moyens.ligne,
        moyens.lot

    from moyens
    inner join projets
        on
            moyens.siren = projets.siren
            and moyens.code_projet = projets.code_projet
    cross join normes

)

select * from final
