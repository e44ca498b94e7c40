{{ config(materialized='incremental', unique_key='cle_acte') }}

with

transmissions as (

    select * from {{ ref('stg_actes__actes') }}

),

evenements as (

    select * from {{ ref('stg_actes__evenements') }}

),

natures as (

    select * from {{ ref('ref_natures_acte') }}

),

matieres as (

    select * from {{ ref('ref_matieres_acte') }}

),

statuts as (

    select * from {{ ref('ref_statuts_acte') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

-- Un nouveau lot peut n'apporter que l'accusé ou l'annulation d'un acte ancien.
cles_a_recalculer as (

    select transmissions.cle_acte
    from transmissions
    {% if is_incremental() %}
        where transmissions.lot > (select coalesce(max(this.lot), '') from {{ this }} as this)
    {% endif %}

    union

    select evenements.cle_acte
    from evenements
    {% if is_incremental() %}
        where evenements.lot > (select coalesce(max(this.lot), '') from {{ this }} as this)
    {% endif %}

),

-- Le rang le plus haut est la dernière version connue : envoi le plus récent, puis dernier reçu.
transmissions_classees as (

    select
        transmissions.cle_acte,
        transmissions.acte_id,
        transmissions.siren,
        transmissions.origine,
        transmissions.numero,
        transmissions.nature_code,
        transmissions.matiere_code,
        transmissions.transaction_id,
        transmissions.statut_code,
        transmissions.date_decision,
        transmissions.date_transmission,
        transmissions.date_ar,
        transmissions.nb_fichiers,
        transmissions.taille_octets,
        transmissions.est_document_papier,
        transmissions.est_annule_plateforme,
        transmissions.est_refuse_plateforme,
        coalesce(statuts.est_acquitte, false) as est_acquitte_plateforme,
        transmissions.fichier_sha256,
        transmissions.ligne,
        transmissions.lot,
        transmissions.est_demonstration,
        row_number() over (
            partition by transmissions.cle_acte
            order by
                transmissions.date_transmission asc nulls first,
                transmissions.numero_transaction asc nulls first,
                transmissions.lot asc,
                transmissions.fichier_id asc,
                transmissions.ligne asc,
                transmissions.origine asc
        ) as rang

    from transmissions
    inner join cles_a_recalculer
        on transmissions.cle_acte = cles_a_recalculer.cle_acte
    left join statuts
        on transmissions.statut_code = statuts.code

),

actes_regroupes as (

    select
        cle_acte,
        max(acte_id) as acte_id,
        max(siren) as siren,
        max_by(numero, rang) filter (where numero is not null) as numero,
        max_by(nature_code, rang) filter (where nature_code is not null) as nature_code,
        max_by(matiere_code, rang) filter (where matiere_code is not null) as matiere_code,
        max_by(statut_code, rang) filter (where statut_code is not null) as statut_code,
        max_by(date_decision, rang) filter (where date_decision is not null) as date_decision,
        max(date_transmission) as date_transmission,
        min(date_ar) as date_ar,
        max_by(nb_fichiers, rang) filter (where nb_fichiers is not null) as nb_fichiers,
        max_by(taille_octets, rang) filter (where taille_octets is not null) as taille_octets,
        greatest(
            count(distinct transaction_id),
            count(distinct date_transmission) filter (where origine = '1-1'),
            1
        ) as nb_transmissions,
        bool_or(est_document_papier) as est_document_papier,
        bool_or(est_acquitte_plateforme) as est_acquitte_plateforme,
        max_by(est_annule_plateforme, rang) filter (where statut_code is not null)
            as est_annule_plateforme,
        max_by(est_refuse_plateforme, rang) filter (where statut_code is not null)
            as est_refuse_plateforme,
        max_by(fichier_sha256, rang) as fichier_sha256,
        max_by(ligne, rang) as ligne,
        max(lot) as lot,
        bool_or(est_demonstration) as est_demonstration

    from transmissions_classees
    group by cle_acte

),

-- Le même message arrive seul et dans son archive : il ne s'est produit qu'une fois.
evenements_dedoublonnes as (

    select
        evenements.cle_acte,
        evenements.type_message,
        evenements.date_evenement,
        max(evenements.lot) as lot,
        bool_or(evenements.est_demonstration) as est_demonstration

    from evenements
    inner join cles_a_recalculer
        on evenements.cle_acte = cles_a_recalculer.cle_acte
    group by evenements.cle_acte, evenements.type_message, evenements.date_evenement

),

evenements_regroupes as (

    select
        cle_acte,
        min(date_evenement) filter (where type_message = '1-2') as date_ar,
        min(date_evenement) filter (where type_message = '6-2') as date_annulation,
        count(*) filter (where type_message in ('1-3', 'ANO_EACT')) as nb_anomalies,
        bool_or(type_message = '1-2') as est_acquitte,
        bool_or(type_message = '6-2') as est_annule,
        bool_or(substr(type_message, 1, 1) in ('2', '3', '4', '5')) as a_echange_prefecture,
        bool_or(substr(type_message, 1, 1) = '5') as est_defere,
        max(lot) as lot,
        bool_or(est_demonstration) as est_demonstration

    from evenements_dedoublonnes
    group by cle_acte

),

actes_et_evenements as (

    select
        actes_regroupes.cle_acte,
        actes_regroupes.acte_id,
        actes_regroupes.siren,
        actes_regroupes.numero,
        actes_regroupes.nature_code,
        actes_regroupes.matiere_code,
        actes_regroupes.statut_code,
        actes_regroupes.date_decision,
        actes_regroupes.date_transmission,
        least(actes_regroupes.date_ar, evenements_regroupes.date_ar) as date_ar,
        evenements_regroupes.date_annulation,
        actes_regroupes.nb_fichiers,
        actes_regroupes.taille_octets,
        actes_regroupes.nb_transmissions,
        coalesce(evenements_regroupes.nb_anomalies, 0) as nb_anomalies,
        actes_regroupes.est_document_papier,
        (
            actes_regroupes.est_acquitte_plateforme
            or actes_regroupes.date_ar is not null
            or coalesce(evenements_regroupes.est_acquitte, false)
        ) as est_acquitte,
        (
            coalesce(actes_regroupes.est_annule_plateforme, false)
            or coalesce(evenements_regroupes.est_annule, false)
        ) as est_annule,
        coalesce(actes_regroupes.est_refuse_plateforme, false) as est_refuse_plateforme,
        coalesce(evenements_regroupes.a_echange_prefecture, false) as a_echange_prefecture,
        coalesce(evenements_regroupes.est_defere, false) as est_defere,
        (
            actes_regroupes.est_demonstration
            or coalesce(evenements_regroupes.est_demonstration, false)
        ) as est_demonstration,
        actes_regroupes.fichier_sha256,
        actes_regroupes.ligne,
        greatest(
            actes_regroupes.lot,
            coalesce(evenements_regroupes.lot, actes_regroupes.lot)
        ) as lot

    from actes_regroupes
    left join evenements_regroupes
        on actes_regroupes.cle_acte = evenements_regroupes.cle_acte

),

final as (

    select
        actes.acte_id,
        actes.cle_acte,
        coalesce(fusions.siren, actes.siren) as siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        actes.numero,
        natures.code as nature_code,
        natures.libelle as libelle_nature,
        actes.matiere_code,
        matieres.libelle as libelle_matiere,
        actes.statut_code,
        actes.date_decision,
        actes.date_transmission,
        actes.date_ar,
        actes.date_annulation,
        case
            when actes.date_ar >= actes.date_decision
                then cast(actes.date_ar - actes.date_decision as bigint)
        end as delai_ar_jours,
        case
            when actes.date_ar >= actes.date_transmission
                then cast(actes.date_ar - actes.date_transmission as bigint)
        end as delai_transmission_jours,
        actes.nb_fichiers,
        actes.taille_octets,
        actes.nb_transmissions,
        actes.nb_anomalies,
        actes.est_document_papier,
        actes.est_acquitte,
        actes.est_annule,
        not actes.est_acquitte
        and (actes.nb_anomalies > 0 or actes.est_refuse_plateforme) as est_rejete,
        actes.a_echange_prefecture,
        actes.est_defere,
        actes.est_demonstration,
        actes.fichier_sha256,
        actes.ligne,
        actes.lot

    from actes_et_evenements as actes
    left join natures
        on actes.nature_code = natures.code
    left join matieres
        on actes.matiere_code = matieres.code
    -- Une commune entrée dans une autre compte pour celle d'aujourd'hui.
    left join fusions
        on actes.siren = fusions.siren_ancien
    left join collectivites
        on coalesce(fusions.siren, actes.siren) = collectivites.siren

)

select * from final
