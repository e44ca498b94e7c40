with

consultations as (

    select * from {{ ref('fct_consultations') }}
    where date_mise_en_ligne is not null

),

marches as (

    select * from {{ ref('fct_marches') }}
    where date_notification is not null and type_contrat = 'marche'

),

actes as (

    select * from {{ ref('fct_actes') }}
    where date_decision is not null

),

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}
    where date_flux is not null and statut_acquit <> 'rejete'

),

transferts as (

    select * from {{ ref('fct_transferts_archives') }}
    where date_transfert is not null

),

retours as (

    select * from {{ ref('fct_retours') }}
    where valeur is not null and not est_partiel

),

termes as (

    select * from {{ ref('dim_termes_declares') }}
    where terme = 'denominateur' and dimension = 'ensemble'

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

{{ objets_plateforme() }},

plateforme as (

    select
        code_indicateur,
        siren,
        cast(date_trunc('month', jour) as date) as mois,
        sum(nombre) as nb_plateforme,
        bool_or(est_demonstration) as est_demonstration

    from objets
    group by code_indicateur, siren, cast(date_trunc('month', jour) as date)

),

-- Un dénominateur fait de plusieurs données se compare sur celles qui sont déclarées : les actes
-- d'une nature sans réponse manquent, et l'écart le dit.
declarations as (

    select
        termes.code_indicateur,
        retours.siren,
        retours.mois,
        sum(retours.valeur) as nb_declares,
        bool_or(retours.est_demonstration) as est_demonstration

    from retours
    inner join termes
        on retours.code_donnee = termes.code_donnee
    group by termes.code_indicateur, retours.siren, retours.mois

),

final as (

    select
        plateforme.code_indicateur,
        plateforme.siren,
        collectivites_mois.nom_collectivite,
        collectivites_mois.type_collectivite,
        collectivites_mois.classe_taille,
        collectivites_mois.code_departement,
        collectivites_mois.nom_departement,
        collectivites_mois.siren_epci,
        collectivites_mois.nom_epci,
        plateforme.mois,
        cast(declarations.nb_declares as bigint) as nb_declares,
        cast(plateforme.nb_plateforme as bigint) as nb_plateforme,
        cast(abs(declarations.nb_declares - plateforme.nb_plateforme) as bigint) as nb_ecart,
        plateforme.est_demonstration or declarations.est_demonstration as est_demonstration

    from plateforme
    inner join declarations
        on
            plateforme.code_indicateur = declarations.code_indicateur
            and plateforme.siren = declarations.siren
            and plateforme.mois = declarations.mois
    inner join collectivites_mois
        on
            plateforme.siren = collectivites_mois.siren
            and plateforme.mois = collectivites_mois.mois
    where plateforme.nb_plateforme > 0

)

select * from final
