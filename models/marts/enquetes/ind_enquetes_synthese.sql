with

campagnes as (

    select * from {{ ref('dim_campagnes') }}
    where not est_externe

),

reponses as (

    select * from {{ ref('ind_enquete_reponses') }}
    where dimension = 'ensemble'

),

valeurs as (

    select * from {{ ref('ind_enquetes_recalculees') }}
    where perimetre_type = 'territoire' and dimension in ('ensemble', 'public')

),

final as (

    select
        campagnes.campagne,
        campagnes.libelle_campagne,
        campagnes.public_interroge,
        campagnes.libelle_public,
        campagnes.population_decrite,
        campagnes.date_debut,
        campagnes.date_fin,
        campagnes.est_derniere,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as nom_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        cast(null as {{ dbt.type_string() }}) as nom_epci,
        max(reponses.nb_repondants) as nb_repondants,
        max(reponses.nb_population) as nb_population,
        max(reponses.taux_reponse) as taux_reponse,
        max(reponses.ic_bas) as ic_bas,
        max(reponses.ic_haut) as ic_haut,
        max(case when valeurs.code_indicateur = 'ENQ-03' then valeurs.valeur end)
            as taux_deploiement,
        max(case when valeurs.code_indicateur = 'MUT-01' then valeurs.valeur end)
            as taux_mutualisation,
        cast(
            max(case when valeurs.code_indicateur = 'MUT-02' then valeurs.numerateur end) as bigint
        )
            as nb_services_deployes_par_un_tiers,
        cast(
            max(
                case when valeurs.code_indicateur = 'MUT-02' then valeurs.denominateur end
            ) as bigint
        )
            as nb_services,
        cast(
            max(case when valeurs.code_indicateur = 'ENQ-08' then valeurs.numerateur end) as bigint
        )
            as nb_besoins_partages,
        max(case when valeurs.code_indicateur = 'APP-09' then valeurs.valeur end)
            as note_satisfaction,
        max(case when valeurs.code_indicateur = 'APP-09' then valeurs.ic_bas end)
            as note_basse,
        max(case when valeurs.code_indicateur = 'APP-09' then valeurs.ic_haut end)
            as note_haute,
        campagnes.est_demonstration

    from campagnes
    left join reponses
        on campagnes.campagne = reponses.campagne
    left join valeurs
        on
            campagnes.date_debut = valeurs.periode_debut
            and (
                (
                    valeurs.code_indicateur = 'APP-09'
                    and campagnes.public_interroge = valeurs.modalite
                )
                or (valeurs.code_indicateur <> 'APP-09' and campagnes.est_aupres_des_collectivites)
            )
    group by
        campagnes.campagne,
        campagnes.libelle_campagne,
        campagnes.public_interroge,
        campagnes.libelle_public,
        campagnes.population_decrite,
        campagnes.date_debut,
        campagnes.date_fin,
        campagnes.est_derniere,
        campagnes.est_demonstration

)

select * from final
