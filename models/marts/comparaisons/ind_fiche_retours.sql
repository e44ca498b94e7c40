with

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

retours as (

    select * from {{ ref('fct_retours_mois') }}

),

dernier_mois as (

    select max(mois) as mois
    from collectivites_mois

),

final as (

    select
        collectivites_mois.siren,
        collectivites_mois.nom_collectivite,
        {{ libelle_collectivite(
            'collectivites_mois.nom_collectivite', 'collectivites_mois.nom_departement'
        ) }} as libelle_collectivite,
        collectivites_mois.type_collectivite,
        collectivites_mois.classe_taille,
        collectivites_mois.code_departement,
        collectivites_mois.nom_departement,
        collectivites_mois.siren_epci,
        collectivites_mois.nom_epci,
        collectivites_mois.mois,
        {{ libelle_mois('collectivites_mois.mois') }} as libelle_mois,
        case
            when retours.siren is null then 'manquant'
            when retours.nb_reponses_renseignees < retours.nb_reponses_attendues then 'incomplet'
            else 'complet'
        end as etat_retour,
        retours.date_premier_envoi,
        coalesce(retours.nb_reponses_renseignees, 0) as nb_reponses_renseignees,
        retours.nb_reponses_attendues,
        coalesce(retours.est_demonstration, false) as est_demonstration

    from collectivites_mois
    cross join dernier_mois
    left join retours
        on
            collectivites_mois.siren = retours.siren
            and collectivites_mois.mois = retours.mois
    where collectivites_mois.mois > dernier_mois.mois - interval '1' year

)

select * from final
