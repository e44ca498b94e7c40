with

exportes as (

    select * from {{ ref('int_documents_exportes') }}

),

journalises as (

    select * from {{ ref('int_documents_journalises') }}

),

flux as (

    select * from {{ ref('ref_flux_pastell') }}

),

actions as (

    select * from {{ ref('ref_actions_pastell') }}

),

actes as (

    select
        siren,
        numero,
        count(*) as nb_actes

    from {{ ref('fct_actes') }}
    group by siren, numero

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

-- L'export dit l'état du jour, le journal dit le chemin : le plus récent des deux l'emporte.
reunis as (

    select
        coalesce(journalises.id_document, exportes.id_document) as id_document,
        coalesce(journalises.siren, exportes.siren) as siren,
        coalesce(journalises.flux, exportes.flux) as flux,
        exportes.numero_acte,
        journalises.date_creation,
        exportes.date_derniere_action as date_exportee,
        journalises.date_derniere_action as date_journalisee,
        exportes.derniere_action as action_exportee,
        journalises.derniere_action as action_journalisee,
        coalesce(exportes.date_derniere_action > journalises.date_derniere_action, false)
        or journalises.id_document is null as est_export_retenu,
        coalesce(journalises.est_demonstration, false)
        or coalesce(exportes.est_demonstration, false) as est_demonstration,
        exportes.fichier_sha256 as fichier_exporte,
        exportes.ligne as ligne_exportee,
        exportes.lot as lot_exporte,
        journalises.fichier_sha256 as fichier_journalise,
        journalises.ligne as ligne_journalisee,
        journalises.lot as lot_journalise

    from journalises
    full outer join exportes
        on journalises.id_document = exportes.id_document

),

documents as (

    select
        id_document,
        siren,
        flux,
        numero_acte,
        date_creation,
        case
            when est_export_retenu then date_exportee
            else date_journalisee
        end as date_derniere_action,
        case
            when est_export_retenu then action_exportee
            else action_journalisee
        end as derniere_action,
        est_demonstration,
        case when est_export_retenu then fichier_exporte else fichier_journalise end
            as fichier_sha256,
        case when est_export_retenu then ligne_exportee else ligne_journalisee end as ligne,
        greatest(coalesce(lot_exporte, ''), coalesce(lot_journalise, '')) as lot

    from reunis

),

qualifies as (

    select
        documents.id_document,
        documents.siren,
        documents.flux,
        flux.code_service,
        flux.generation,
        documents.date_creation,
        documents.date_derniere_action,
        coalesce(documents.date_creation, documents.date_derniere_action) as date_usage,
        documents.derniere_action,
        actions.est_aboutie as est_abouti,
        coalesce(flux.est_transaction, false)
        and coalesce(actions.est_engagee, documents.derniere_action is not null) as est_transaction,
        -- Sans numéro, un document remis au tiers de télétransmission est tenu pour compté par
        -- lui : mieux vaut l'oublier ici que le compter deux fois.
        coalesce(flux.passe_par_tdt, false)
        and (documents.numero_acte is null or actes.nb_actes is not null) as est_vu_s2low,
        documents.est_demonstration,
        documents.fichier_sha256,
        documents.ligne,
        documents.lot

    from documents
    left join flux
        on documents.flux = flux.flux
    left join actions
        on documents.derniere_action = actions.action
    left join actes
        on
            documents.siren = actes.siren
            and documents.numero_acte = actes.numero

),

final as (

    select
        qualifies.siren,
        qualifies.id_document,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        qualifies.code_service,
        qualifies.flux,
        qualifies.generation,
        qualifies.date_creation,
        qualifies.date_derniere_action,
        qualifies.date_usage,
        qualifies.derniere_action,
        qualifies.est_abouti,
        qualifies.est_transaction,
        qualifies.est_vu_s2low,
        qualifies.est_demonstration,
        qualifies.fichier_sha256,
        qualifies.ligne,
        qualifies.lot

    from qualifies
    left join collectivites
        on qualifies.siren = collectivites.siren

)

select * from final
