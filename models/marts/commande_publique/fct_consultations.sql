{{ config(materialized='incremental', unique_key=['siren', 'organisme', 'reference']) }}

with

exports as (

    select * from {{ ref('stg_consultations__consultations') }}

),

regimes as (

    select * from {{ ref('ref_regimes_consultation') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

cles_a_calculer as (

    select
        exports.siren,
        exports.organisme,
        exports.reference

    from exports
    {% if is_incremental() %}
        where exports.lot > (select coalesce(max(deja.lot), '') from {{ this }} as deja)
    {% endif %}
    group by exports.siren, exports.organisme, exports.reference

),

exports_ranges as (

    select
        exports.siren,
        exports.organisme,
        exports.reference,
        exports.reference_utilisateur,
        exports.type_procedure,
        exports.categorie,
        exports.statut,
        exports.date_mise_en_ligne,
        exports.date_cloture,
        exports.nb_lots,
        exports.montant_estime_eur,
        exports.nb_retraits_electroniques,
        exports.nb_retraits_papier,
        exports.nb_plis_electroniques,
        exports.nb_plis_papier,
        exports.nb_plis_annules,
        exports.nb_plis_hors_delai,
        exports.est_reponse_autorisee,
        exports.est_reponse_imposee,
        exports.est_allotie,
        exports.est_demonstration,
        exports.fichier_sha256,
        exports.ligne,
        max(exports.lot) over (
            partition by exports.siren, exports.organisme, exports.reference
        ) as lot,
        -- fichier_id suit l'ordre de réception, qu'une relecture des archives ne change pas.
        row_number() over (
            partition by exports.siren, exports.organisme, exports.reference
            order by exports.fichier_id desc, exports.ligne desc
        ) as rang

    from exports
    inner join cles_a_calculer
        on
            exports.siren = cles_a_calculer.siren
            and exports.organisme = cles_a_calculer.organisme
            and exports.reference = cles_a_calculer.reference

),

consultations as (

    select * from exports_ranges
    where rang = 1

),

final as (

    select
        coalesce(fusions.siren, consultations.siren) as siren,
        consultations.organisme,
        consultations.reference,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        consultations.reference_utilisateur,
        consultations.type_procedure,
        consultations.categorie,
        consultations.statut,
        case
            when consultations.est_reponse_imposee then 'imposee'
            when consultations.est_reponse_autorisee then 'autorisee'
            when not consultations.est_reponse_autorisee then 'refusee'
        end as reponse_electronique,
        regimes.code as regime,
        consultations.date_mise_en_ligne,
        consultations.date_cloture,
        consultations.nb_lots,
        consultations.montant_estime_eur,
        consultations.nb_retraits_electroniques,
        consultations.nb_retraits_papier,
        consultations.nb_plis_electroniques,
        consultations.nb_plis_papier,
        consultations.nb_plis_annules,
        consultations.nb_plis_hors_delai,
        coalesce(consultations.est_allotie, consultations.nb_lots > 1, false) as est_allotie,
        coalesce(consultations.est_reponse_imposee, false)
        or coalesce(regimes.est_reponse_obligatoire, false) as est_reponse_obligatoire,
        consultations.est_demonstration,
        consultations.fichier_sha256,
        consultations.ligne,
        consultations.lot

    from consultations
    left join regimes
        on
            consultations.date_mise_en_ligne >= regimes.valide_du
            and (
                regimes.valide_au is null
                or consultations.date_mise_en_ligne <= regimes.valide_au
            )
    -- Une commune entrée dans une autre compte pour celle d'aujourd'hui.
    left join fusions
        on consultations.siren = fusions.siren_ancien
    left join collectivites
        on coalesce(fusions.siren, consultations.siren) = collectivites.siren

)

select * from final
