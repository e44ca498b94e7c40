with

marches as (

    select * from {{ ref('fct_marches') }}
    where type_contrat = 'marche' and date_notification is not null

),

anomalies as (

    select * from {{ ref('fct_anomalies') }}

),

seuils as (

    select * from {{ ref('dim_seuils') }}
    where code_usage = 'publication_decp'

),

termes as (

    select * from {{ ref('fct_termes_declares') }}
    where code_indicateur = 'REG-05'

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

etendue as (

    select
        cast(date_trunc('month', min(date_notification)) as date) as premier_mois,
        cast(date_trunc('month', max(date_notification)) as date) as dernier_mois
    from marches

),

{{ marches_conformes() }},

plateforme as (

    select
        siren,
        cast(date_trunc('month', date_notification) as date) as mois,
        count(*) as nombre,
        bool_or(est_demonstration) as est_demonstration

    from marches_conformes
    group by siren, cast(date_trunc('month', date_notification) as date)

),

rapprochees as (

    select
        collectivites_mois.siren,
        collectivites_mois.mois,
        case
            when collectivites_mois.mois between etendue.premier_mois and etendue.dernier_mois
                then coalesce(plateforme.nombre, 0)
        end as numerateur,
        termes.valeur as denominateur,
        coalesce(plateforme.est_demonstration, false)
        or coalesce(termes.est_demonstration, false) as est_demonstration

    from collectivites_mois
    cross join etendue
    left join plateforme
        on
            collectivites_mois.siren = plateforme.siren
            and collectivites_mois.mois = plateforme.mois
    left join termes
        on
            collectivites_mois.siren = termes.siren
            and collectivites_mois.mois = termes.mois
            and termes.terme = 'denominateur'

),

mesures as (

    select
        'REG-05' as code_indicateur,
        siren,
        mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        numerateur,
        denominateur,
        {{ est_rapport_connu('numerateur', 'denominateur') }} as est_connu,
        false as est_partiel,
        est_demonstration

    from rapprochees

),

{{ mesures_finales() }}

select * from final
