with

adhesions as (

    select * from {{ ref('stg_adhesions__adhesions') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

-- Une commune entrée dans une autre compte pour celle d'aujourd'hui.
rattachees as (

    select
        coalesce(fusions.siren, adhesions.siren) as siren,
        adhesions.siren as siren_recu,
        adhesions.nom_recu,
        adhesions.type_adhesion,
        adhesions.code_service,
        adhesions.date_debut,
        adhesions.date_fin,
        adhesions.groupe,
        adhesions.date_photo,
        adhesions.est_demonstration,
        adhesions.fichier_sha256,
        adhesions.fichier_id,
        adhesions.ligne,
        adhesions.lot

    from adhesions
    left join fusions
        on adhesions.siren = fusions.siren_ancien
    where adhesions.date_debut is not null

),

-- La dernière liste qui porte l'adhésion l'emporte ; absente d'une liste plus récente, elle reste.
rangees as (

    select
        siren,
        siren_recu,
        nom_recu,
        type_adhesion,
        code_service,
        date_debut,
        date_fin,
        groupe,
        date_photo,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot,
        dense_rank() over (
            partition by siren, type_adhesion, code_service, date_debut
            order by date_photo desc, fichier_id desc
        ) as rang_liste,
        row_number() over (
            partition by
                siren,
                siren_recu,
                coalesce(nom_recu, ''),
                type_adhesion,
                code_service,
                date_debut
            order by date_photo desc, fichier_id desc, ligne desc
        ) as rang_ligne

    from rattachees

),

final as (

    select
        siren,
        type_adhesion,
        code_service,
        date_debut,
        case
            when count(*) = count(date_fin) then max(date_fin)
        end as date_fin,
        min(groupe) as groupe,
        count(*) as nb_entites,
        max(date_photo) as date_photo,
        bool_or(est_demonstration) as est_demonstration,
        min(fichier_sha256) as fichier_sha256,
        min(ligne) as ligne,
        max(lot) as lot

    from rangees
    where rang_liste = 1 and rang_ligne = 1
    group by siren, type_adhesion, code_service, date_debut

)

select * from final
