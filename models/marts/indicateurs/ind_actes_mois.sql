with

actes as (

    select * from {{ ref('fct_actes') }}

),

retours as (

    select * from {{ ref('fct_retours') }}

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

natures as (

    select * from {{ ref('dim_natures_acte') }}

),

matieres as (

    select * from {{ ref('dim_matieres_acte') }}
    where niveau = 1

),

actes_par_nature as (

    select
        siren,
        nature_code,
        cast(date_trunc('month', date_decision) as date) as mois,
        count(*) filter (where est_acquitte and not est_annule) as nb_acquittes,
        bool_or(est_demonstration) as est_demonstration

    from actes
    where date_decision is not null
    group by siren, nature_code, cast(date_trunc('month', date_decision) as date)

),

transmissibles_par_nature as (

    select
        siren,
        nature_code,
        mois,
        valeur as nb_transmissibles,
        est_demonstration

    from retours
    where nature_code is not null and not est_partiel

),

natures_rapprochees as (

    select
        collectivites_mois.siren,
        collectivites_mois.mois,
        natures.nature_code,
        transmissibles_par_nature.nb_transmissibles as denominateur,
        case
            when collectivites_mois.est_couvert_actes
                then coalesce(actes_par_nature.nb_acquittes, 0)
        end as numerateur,
        coalesce(actes_par_nature.est_demonstration, false)
        or coalesce(transmissibles_par_nature.est_demonstration, false) as est_demonstration

    from collectivites_mois
    cross join natures
    left join actes_par_nature
        on
            collectivites_mois.siren = actes_par_nature.siren
            and collectivites_mois.mois = actes_par_nature.mois
            and natures.nature_code = actes_par_nature.nature_code
    left join transmissibles_par_nature
        on
            collectivites_mois.siren = transmissibles_par_nature.siren
            and collectivites_mois.mois = transmissibles_par_nature.mois
            and natures.nature_code = transmissibles_par_nature.nature_code

),

par_nature as (

    select
        siren,
        mois,
        nature_code,
        numerateur,
        denominateur,
        {{ est_rapport_connu('numerateur', 'denominateur') }} as est_connu,
        est_demonstration

    from natures_rapprochees

),

-- Un retour partiel compte pour les natures qu'il renseigne, au numérateur comme au dénominateur.
ensemble as (

    select
        siren,
        mois,
        coalesce(sum(numerateur) filter (where est_connu), sum(numerateur)) as numerateur,
        sum(denominateur) filter (where est_connu) as denominateur,
        bool_or(est_connu) as est_connu,
        not bool_and(est_connu) as est_partiel,
        bool_or(est_demonstration) as est_demonstration

    from par_nature
    group by siren, mois

),

rejets as (

    select
        siren,
        cast(date_trunc('month', date_decision) as date) as mois,
        count(*) filter (where est_rejete) as nb_rejetes,
        count(*) as nb_transmis,
        bool_or(est_demonstration) as est_demonstration

    from actes
    where date_decision is not null
    group by siren, cast(date_trunc('month', date_decision) as date)

),

taux_de_rejet as (

    select
        collectivites_mois.siren,
        collectivites_mois.mois,
        case
            when collectivites_mois.est_couvert_actes
                then coalesce(rejets.nb_rejetes, 0)
        end as numerateur,
        case
            when collectivites_mois.est_couvert_actes
                then coalesce(rejets.nb_transmis, 0)
        end as denominateur,
        coalesce(rejets.est_demonstration, false) as est_demonstration

    from collectivites_mois
    left join rejets
        on
            collectivites_mois.siren = rejets.siren
            and collectivites_mois.mois = rejets.mois

),

-- Les niveaux suivants de la nomenclature changent d'une préfecture à l'autre.
acquittes_par_matiere as (

    select
        siren,
        split_part(matiere_code, '.', 1) as domaine_code,
        cast(date_trunc('month', date_decision) as date) as mois,
        count(*) as nb_acquittes,
        bool_or(est_demonstration) as est_demonstration

    from actes
    where date_decision is not null and est_acquitte and not est_annule
    group by
        siren, split_part(matiere_code, '.', 1), cast(date_trunc('month', date_decision) as date)

),

acquittes as (

    select
        siren,
        mois,
        sum(nb_acquittes) as nb_acquittes,
        bool_or(est_demonstration) as est_demonstration

    from acquittes_par_matiere
    group by siren, mois

),

par_matiere as (

    select
        collectivites_mois.siren,
        collectivites_mois.mois,
        matieres.matiere_code,
        case
            when collectivites_mois.est_couvert_actes
                then coalesce(acquittes_par_matiere.nb_acquittes, 0)
        end as numerateur,
        case
            when collectivites_mois.est_couvert_actes
                then coalesce(acquittes.nb_acquittes, 0)
        end as denominateur,
        coalesce(acquittes.est_demonstration, false) as est_demonstration

    from collectivites_mois
    cross join matieres
    left join acquittes_par_matiere
        on
            collectivites_mois.siren = acquittes_par_matiere.siren
            and collectivites_mois.mois = acquittes_par_matiere.mois
            and matieres.matiere_code = acquittes_par_matiere.domaine_code
    left join acquittes
        on
            collectivites_mois.siren = acquittes.siren
            and collectivites_mois.mois = acquittes.mois

),

mesures as (

    select
        'DEM-08' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        mois,
        numerateur,
        denominateur,
        est_connu,
        est_partiel,
        est_demonstration
    from ensemble
    union all
    select
        'DEM-09' as code_indicateur,
        'nature_acte' as dimension,
        nature_code as modalite,
        siren,
        mois,
        numerateur,
        denominateur,
        est_connu,
        false as est_partiel,
        est_demonstration
    from par_nature
    union all
    select
        'DEM-10' as code_indicateur,
        'matiere_acte' as dimension,
        matiere_code as modalite,
        siren,
        mois,
        numerateur,
        denominateur,
        {{ est_rapport_connu('numerateur', 'denominateur') }} as est_connu,
        false as est_partiel,
        est_demonstration
    from par_matiere
    union all
    select
        'DEM-12' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        mois,
        numerateur,
        denominateur,
        {{ est_rapport_connu('numerateur', 'denominateur') }} as est_connu,
        false as est_partiel,
        est_demonstration
    from taux_de_rejet

),

{{ mesures_finales() }}

select * from final
