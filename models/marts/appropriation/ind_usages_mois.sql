with

appropriation as (

    select * from {{ ref('ind_appropriation_mois') }}

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

-- APP-02 : des adhérents d'un service, ceux qui l'ont employé dans l'année.
activation_par_service as (

    select
        siren,
        code_service,
        mois,
        est_active_annee,
        est_demonstration

    from appropriation
    where est_membre

),

activation as (

    select
        siren,
        mois,
        bool_or(est_active_annee) as est_active_annee,
        count(est_active_annee) as nb_connus,
        count(*) as nb_attendus,
        bool_or(est_demonstration) as est_demonstration

    from activation_par_service
    group by siren, mois

),

-- APP-05 : de ceux qui employaient un service il y a un an, ceux qui l'emploient encore.
retention_par_service as (

    select
        siren,
        code_service,
        mois,
        est_active_semestre,
        est_demonstration

    from appropriation
    where est_active_un_an_avant

),

retention as (

    select
        appropriation.siren,
        appropriation.mois,
        bool_or(appropriation.est_active_semestre) as est_active_semestre,
        count(appropriation.est_active_semestre) as nb_connus,
        count(*) as nb_attendus,
        bool_or(appropriation.est_demonstration) as est_demonstration

    from appropriation
    group by appropriation.siren, appropriation.mois
    having bool_or(appropriation.est_active_un_an_avant)

),

-- APP-03 et APP-04 : de toute collectivité, ce qu'elle emploie des services que l'on observe.
ensemble as (

    select
        appropriation.siren,
        appropriation.mois,
        sum(appropriation.nb_transactions_annee) as nb_transactions_annee,
        count(appropriation.nb_transactions_annee) as nb_connus_annee,
        count(*) filter (where appropriation.est_active_trimestre) as nb_services_actifs,
        count(appropriation.est_active_trimestre) as nb_connus_trimestre,
        count(*) as nb_services,
        bool_or(appropriation.est_demonstration) as est_demonstration

    from appropriation
    group by appropriation.siren, appropriation.mois

),

mesures as (

    select
        'APP-02' as code_indicateur,
        siren,
        mois,
        'service' as dimension,
        code_service as modalite,
        case est_active_annee when true then 1 when false then 0 end as numerateur,
        1 as denominateur,
        est_active_annee is not null as est_connu,
        false as est_partiel,
        est_demonstration
    from activation_par_service
    union all
    select
        'APP-02' as code_indicateur,
        siren,
        mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        case est_active_annee when true then 1 when false then 0 end as numerateur,
        1 as denominateur,
        est_active_annee is not null as est_connu,
        nb_connus < nb_attendus as est_partiel,
        est_demonstration
    from activation
    union all
    select
        'APP-03' as code_indicateur,
        ensemble.siren,
        ensemble.mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        ensemble.nb_transactions_annee as numerateur,
        collectivites.population as denominateur,
        ensemble.nb_connus_annee > 0 and coalesce(collectivites.population, 0) > 0 as est_connu,
        ensemble.nb_connus_annee < ensemble.nb_services as est_partiel,
        ensemble.est_demonstration
    from ensemble
    inner join collectivites
        on ensemble.siren = collectivites.siren
    union all
    select
        'APP-04' as code_indicateur,
        siren,
        mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        nb_services_actifs as numerateur,
        nb_services as denominateur,
        nb_connus_trimestre > 0 as est_connu,
        nb_connus_trimestre < nb_services as est_partiel,
        est_demonstration
    from ensemble
    union all
    select
        'APP-05' as code_indicateur,
        siren,
        mois,
        'service' as dimension,
        code_service as modalite,
        case est_active_semestre when true then 1 else 0 end as numerateur,
        1 as denominateur,
        true as est_connu,
        false as est_partiel,
        est_demonstration
    from retention_par_service
    union all
    select
        'APP-05' as code_indicateur,
        siren,
        mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        case est_active_semestre when true then 1 else 0 end as numerateur,
        1 as denominateur,
        true as est_connu,
        nb_connus < nb_attendus as est_partiel,
        est_demonstration
    from retention

),

{{ mesures_finales() }}

select * from final
