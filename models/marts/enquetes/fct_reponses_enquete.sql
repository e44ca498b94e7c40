with

reponses as (

    select * from {{ ref('stg_enquetes__reponses') }}

),

repondants as (

    select * from {{ ref('fct_repondants') }}

),

final as (

    select
        reponses.campagne,
        reponses.id_reponse,
        reponses.question,
        reponses.sujet,
        reponses.service,
        reponses.modalite,
        reponses.valeur as reponse,
        repondants.siren,
        repondants.nom_collectivite,
        repondants.type_collectivite,
        repondants.classe_taille,
        repondants.code_departement,
        repondants.nom_departement,
        repondants.siren_epci,
        repondants.nom_epci,
        repondants.est_retenue,
        reponses.est_demonstration,
        reponses.fichier_sha256,
        reponses.ligne,
        reponses.lot

    from reponses
    -- Les réponses suivent leur questionnaire : celui de la dernière réception.
    inner join repondants
        on
            reponses.campagne = repondants.campagne
            and reponses.id_reponse = repondants.id_reponse
            and reponses.fichier_id = repondants.fichier_id
            and reponses.ligne = repondants.ligne

)

select * from final
