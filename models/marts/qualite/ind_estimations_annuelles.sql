with

mesures as (

    select * from {{ ref('ind_mesures_mois') }}

),

-- Ne s'estime qu'un dénominateur déclaré, face à un numérateur que la plateforme voit.
indicateurs as (

    select
        code_indicateur,
        max(periode_minimale) as periode_minimale

    from {{ ref('dim_indicateurs') }}
    where
        famille = 'DEM'
        and unite = 'ratio'
        and origine = 'declare'
        and source_numerateur <> 'retours'
    group by code_indicateur

),

mois as (

    select * from {{ ref('dim_mois') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

par_periode as (

    select
        mesures.code_indicateur,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        mois.annee as periode_debut,
        case when indicateurs.periode_minimale = 'mois' then mois.mois else mois.trimestre end
            as periode,
        sum(mesures.numerateur) as numerateur_observe,
        sum(mesures.numerateur) filter (where mesures.est_connu) as numerateur_connu,
        sum(mesures.denominateur) filter (where mesures.est_connu) as denominateur_connu,
        bool_or(mesures.est_connu) as est_connue,
        bool_or(mesures.est_demonstration) as est_demonstration

    from mesures
    inner join indicateurs
        on mesures.code_indicateur = indicateurs.code_indicateur
    inner join mois
        on mesures.mois = mois.mois
    group by
        mesures.code_indicateur,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        mois.annee,
        case when indicateurs.periode_minimale = 'mois' then mois.mois else mois.trimestre end

),

par_annee as (

    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        periode_debut,
        sum(numerateur_observe) as numerateur_observe,
        sum(numerateur_connu) as numerateur_connu,
        sum(denominateur_connu) as denominateur_connu,
        count(*) filter (where est_connue) as nb_periodes_connues,
        count(*) as nb_periodes,
        bool_or(est_demonstration) as est_demonstration

    from par_periode
    group by code_indicateur, siren, dimension, modalite, periode_debut

),

final as (

    select
        par_annee.code_indicateur,
        par_annee.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        par_annee.dimension,
        par_annee.modalite,
        par_annee.periode_debut,
        cast(collectivites.population as bigint) as nb_habitants,
        par_annee.numerateur_observe,
        par_annee.numerateur_connu,
        par_annee.denominateur_connu,
        cast(par_annee.nb_periodes_connues as bigint) as nb_periodes_connues,
        cast(par_annee.nb_periodes as bigint) as nb_periodes,
        par_annee.est_demonstration

    from par_annee
    inner join collectivites
        on par_annee.siren = collectivites.siren

)

select * from final
