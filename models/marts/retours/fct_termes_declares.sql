with

termes as (

    select * from {{ ref('ref_termes_declares') }}

),

retours as (

    select * from {{ ref('fct_retours') }}

),

nb_donnees_attendues as (

    select
        code_indicateur,
        terme,
        count(*) as nb_donnees

    from termes
    group by code_indicateur, terme

),

termes_renseignes as (

    select
        retours.siren,
        retours.mois,
        termes.code_indicateur,
        termes.terme,
        sum(retours.valeur) as valeur,
        count(*) as nb_donnees,
        bool_or(retours.est_demonstration) as est_demonstration,
        min_by(retours.fichier_sha256, retours.code_donnee) as fichier_sha256,
        min_by(retours.ligne, retours.code_donnee) as ligne

    from retours
    inner join termes
        on retours.code_donnee = termes.code_donnee
    -- La somme d'une partie des communes réunies n'est pas celle de la commune d'aujourd'hui.
    where retours.valeur is not null and not retours.est_partiel
    group by retours.siren, retours.mois, termes.code_indicateur, termes.terme

),

final as (

    select
        termes_renseignes.siren,
        termes_renseignes.code_indicateur,
        termes_renseignes.terme,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        termes_renseignes.mois,
        cast(termes_renseignes.valeur as decimal(18, 2)) as valeur,
        termes_renseignes.est_demonstration,
        termes_renseignes.fichier_sha256,
        termes_renseignes.ligne

    from termes_renseignes
    inner join nb_donnees_attendues
        on
            termes_renseignes.code_indicateur = nb_donnees_attendues.code_indicateur
            and termes_renseignes.terme = nb_donnees_attendues.terme
            and termes_renseignes.nb_donnees = nb_donnees_attendues.nb_donnees
    left join {{ ref('dim_collectivites') }} as collectivites
        on termes_renseignes.siren = collectivites.siren

)

select * from final
