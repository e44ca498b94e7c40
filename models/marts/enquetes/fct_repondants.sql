with

repondants as (

    select * from {{ ref('stg_enquetes__repondants') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

campagnes as (

    select * from {{ ref('dim_campagnes') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

sollicitees as (

    select * from {{ ref('dim_campagnes_collectivites') }}

),

-- Un export reprend toutes les réponses de la campagne : la dernière reçue l'emporte. Une commune
-- entrée dans une autre répond pour celle d'aujourd'hui.
ranges as (

    select
        repondants.campagne,
        repondants.id_reponse,
        coalesce(fusions.siren, repondants.siren) as siren,
        repondants.etat,
        repondants.date_soumission,
        repondants.est_demonstration,
        repondants.fichier_sha256,
        repondants.fichier_id,
        repondants.ligne,
        repondants.lot,
        row_number() over (
            partition by repondants.campagne, repondants.id_reponse
            order by repondants.fichier_id desc, repondants.ligne desc
        ) as rang

    from repondants
    left join fusions
        on repondants.siren = fusions.siren_ancien

),

derniers as (

    select
        ranges.campagne,
        ranges.id_reponse,
        ranges.siren,
        ranges.etat,
        ranges.date_soumission,
        campagnes.est_aupres_des_collectivites,
        sollicitees.nb_communes,
        sollicitees.nb_habitants,
        sollicitees.siren is not null as est_sollicitee,
        -- D'une structure qui a répondu deux fois, la dernière réponse complète compte.
        row_number() over (
            partition by ranges.campagne, ranges.siren
            order by
                ranges.etat asc,
                ranges.date_soumission desc nulls last,
                try_cast(ranges.id_reponse as bigint) desc
        ) as rang_structure,
        ranges.est_demonstration,
        ranges.fichier_sha256,
        ranges.fichier_id,
        ranges.ligne,
        ranges.lot

    from ranges
    inner join campagnes
        on ranges.campagne = campagnes.campagne
    left join sollicitees
        on
            ranges.campagne = sollicitees.campagne
            and ranges.siren = sollicitees.siren
    where ranges.rang = 1

),

juges as (

    select
        campagne,
        id_reponse,
        siren,
        etat,
        date_soumission,
        nb_communes,
        nb_habitants,
        case
            when etat <> 'complete' then 'partielle'
            when not est_aupres_des_collectivites then null
            when siren is null then 'non_rattachee'
            when not est_sollicitee then 'hors_population'
            when rang_structure > 1 then 'structure_en_double'
        end as motif_ecart,
        est_demonstration,
        fichier_sha256,
        fichier_id,
        ligne,
        lot

    from derniers

),

final as (

    select
        juges.campagne,
        juges.id_reponse,
        juges.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        juges.etat,
        juges.date_soumission,
        juges.motif_ecart,
        juges.motif_ecart is null as est_retenue,
        juges.nb_communes,
        juges.nb_habitants,
        juges.est_demonstration,
        juges.fichier_sha256,
        juges.fichier_id,
        juges.ligne,
        juges.lot

    from juges
    left join collectivites
        on juges.siren = collectivites.siren

)

select * from final
