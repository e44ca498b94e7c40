with

classes as (

    select * from {{ ref('int_acquisition_classes') }}

),

adherentes as (

    select
        scenario,
        classe_achat,
        siren,
        est_demonstration
    from {{ ref('int_acquisition_entites') }}
    where est_comptee and est_adherente

),

etendue as (

    select
        make_date(cast(min(annee_depart) as integer), 1, 1) as debut,
        make_date(cast(max(annee_depart + nb_annees) as integer), 1, 1) as fin

    from classes

),

mois as (

    {{ suite_de_mois('etendue', 'debut', 'fin') }}

),

annees as (

    select extract(year from mois) as annee
    from mois
    group by extract(year from mois)

),

-- Le marché commun se partage à parts égales entre les entités ; ind_mutualisation a d'autres clés.
par_entite as (

    select
        scenario,
        variante,
        classe_achat,
        ordre,
        nb_entites,
        annee_depart,
        nb_annees,
        est_demonstration,
        {{ ratio('achats_evites_eur', 'nb_entites * nb_annees') }}
        - {{ ratio('cout_commun_eur', 'nb_entites_scenario * nb_annees') }} as montant_annuel_eur

    from classes

),

-- Un scénario qui ne nomme pas ses entités a une ligne par classe, sans SIREN.
lignes as (

    select
        par_entite.scenario,
        par_entite.variante,
        adherentes.siren,
        annees.annee,
        par_entite.classe_achat,
        par_entite.ordre,
        coalesce(adherentes.est_demonstration, par_entite.est_demonstration) as est_demonstration,
        par_entite.montant_annuel_eur
        * case when adherentes.siren is null then par_entite.nb_entites else 1 end as montant_eur

    from par_entite
    inner join annees
        on
            par_entite.annee_depart <= annees.annee
            and par_entite.annee_depart + par_entite.nb_annees > annees.annee
    left join adherentes
        on
            par_entite.scenario = adherentes.scenario
            and par_entite.classe_achat = adherentes.classe_achat
    where par_entite.nb_entites > 0

),

-- Les centimes se répartissent : la somme des lignes est celle du scénario, au centime.
cumulees as (

    select
        scenario,
        variante,
        siren,
        annee,
        classe_achat,
        ordre,
        est_demonstration,
        cast(
            {{ somme_avant_centimes('montant_eur') }} over (
                partition by scenario, variante
                order by annee, ordre, siren nulls last
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as cumul_eur

    from lignes

),

final as (

    select
        scenario,
        variante,
        siren,
        cast(annee as bigint) as annee,
        classe_achat,
        est_demonstration,
        cast(
            cumul_eur - coalesce(lag(cumul_eur) over (
                partition by scenario, variante
                order by annee, ordre, siren nulls last
            ), 0) as decimal(18, 2)
        ) as montant_eur

    from cumulees

)

select * from final
