with

anomalies as (

    select * from {{ ref('stg_ingestion__anomalies') }}

),

fichiers as (

    select * from {{ ref('stg_ingestion__fichiers') }}

),

sirens_recus as (

    select * from {{ ref('int_sirens_recus') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

fusions as (

    select * from {{ ref('dim_fusions') }}

),

-- Un identifiant juste mais absent du référentiel ne se lit pas dans le fichier : il se constate
-- ici. Celui d'une commune réunie à une autre est connu, et compte pour elle.
hors_referentiel as (

    select
        sirens_recus.fichier_id,
        sirens_recus.siren,
        sirens_recus.ligne,
        'siren' as champ,
        sirens_recus.source || '_siren_hors_referentiel' as code,
        'avertissement' as gravite,
        sirens_recus.siren as valeur,
        concat_ws(
            '',
            'Le SIREN ', sirens_recus.siren,
            ' est valide mais n''est pas celui d''une collectivité du référentiel :',
            ' ses données sont gardées, hors des taux bretons.'
        ) as message

    from sirens_recus
    inner join collectivites
        on sirens_recus.siren = collectivites.siren
    left join fusions
        on sirens_recus.siren = fusions.siren_ancien
    where collectivites.type_collectivite = 'autre' and fusions.siren_ancien is null

),

toutes as (

    select
        fichier_id,
        siren,
        ligne,
        champ,
        code,
        gravite,
        valeur,
        message
    from anomalies
    union all
    select
        fichier_id,
        siren,
        ligne,
        champ,
        code,
        gravite,
        valeur,
        message
    from hors_referentiel

),

final as (

    select
        toutes.fichier_id,
        fichiers.sha256,
        fichiers.sha256 as fichier_sha256,
        toutes.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        fichiers.source,
        fichiers.nom_fichier,
        toutes.ligne,
        toutes.champ,
        toutes.code,
        toutes.gravite,
        toutes.valeur,
        toutes.message,
        fichiers.horodatage_reception as recu_le,
        cast(date_trunc('month', fichiers.horodatage_reception) as date) as mois_reception,
        fichiers.est_demonstration

    from toutes
    inner join fichiers
        on toutes.fichier_id = fichiers.fichier_id
    left join collectivites
        on toutes.siren = collectivites.siren

)

select * from final
