-- Échoue si la synthèse des campagnes donne un chiffre qui repose sur moins de répondants que le
-- secret n'en demande. Qu'une collectivité ait répondu est public ; ce qu'elle a répondu ne l'est
-- pas.
with

synthese as (

    select * from {{ ref('ind_enquetes_synthese') }}

),

campagnes as (

    select * from {{ ref('dim_campagnes') }}

),

repondants as (

    select
        campagne,
        count(*) as nb_retenus

    from {{ ref('fct_repondants') }}
    where est_retenue
    group by campagne

),

reglages as (

    select max(valeur) as nb_secret
    from {{ ref('hyp_enquetes') }}
    where cle = 'nb_secret'

)

select
    synthese.campagne,
    repondants.nb_retenus

from synthese
inner join campagnes
    on synthese.campagne = campagnes.campagne
inner join repondants
    on synthese.campagne = repondants.campagne
cross join reglages
where
    repondants.nb_retenus < reglages.nb_secret
    and (
        synthese.taux_deploiement is not null
        or synthese.taux_mutualisation is not null
        or synthese.nb_services_deployes_par_un_tiers is not null
        or synthese.nb_besoins_partages is not null
        or synthese.note_satisfaction is not null
        or synthese.note_basse is not null
        or synthese.note_haute is not null
        or (
            not campagnes.est_aupres_des_collectivites
            and (
                synthese.nb_repondants is not null
                or synthese.taux_reponse is not null
                or synthese.ic_bas is not null
                or synthese.ic_haut is not null
            )
        )
    )
