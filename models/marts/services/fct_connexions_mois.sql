with

evenements as (

    select * from {{ ref('int_evenements_retenus') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

types_evenement as (

    select * from {{ ref('ref_evenements_pastell') }}

),

situes as (

    select
        evenements.siren,
        cast(date_trunc('month', evenements.date_evenement) as date) as mois,
        evenements.utilisateur_hache,
        types_evenement.est_connexion,
        evenements.est_demonstration,
        evenements.fichier_sha256,
        evenements.ligne,
        evenements.lot,
        row_number() over (
            partition by
                evenements.siren, cast(date_trunc('month', evenements.date_evenement) as date)
            order by evenements.numero_evenement desc
        ) as rang

    from evenements
    left join types_evenement
        on evenements.type_evenement = types_evenement.type_evenement
    where evenements.siren is not null and evenements.date_evenement is not null

),

par_mois as (

    select
        siren,
        mois,
        count(distinct utilisateur_hache) as nb_utilisateurs_actifs,
        count(*) filter (where est_connexion) as nb_connexions,
        bool_or(est_demonstration) as est_demonstration,
        max(fichier_sha256) filter (where rang = 1) as fichier_sha256,
        max(ligne) filter (where rang = 1) as ligne,
        max(lot) as lot

    from situes
    group by siren, mois

),

final as (

    select
        par_mois.siren,
        par_mois.mois,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        par_mois.nb_utilisateurs_actifs,
        par_mois.nb_connexions,
        par_mois.est_demonstration,
        par_mois.fichier_sha256,
        par_mois.ligne,
        par_mois.lot

    from par_mois
    left join collectivites
        on par_mois.siren = collectivites.siren

)

select * from final
