{{ config(materialized='incremental', unique_key=['siret_acheteur', 'marche_id']) }}

with

livraisons as (

    select * from {{ ref('stg_marches__marches') }}

),

modifications as (

    select * from {{ ref('stg_marches__modifications') }}

),

natures as (

    select * from {{ ref('ref_natures_marche') }}

),

procedures as (

    select * from {{ ref('ref_procedures_marche') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

cles_a_calculer as (

    -- Une modification n'arrive jamais sans son contrat, qui suffit à dire ce qui a changé.
    select
        livraisons.siret_acheteur,
        livraisons.marche_id

    from livraisons
    {% if is_incremental() %}
        where livraisons.lot > (select coalesce(max(deja.lot), '') from {{ this }} as deja)
    {% endif %}
    group by livraisons.siret_acheteur, livraisons.marche_id

),

livraisons_rangees as (

    select
        livraisons.siret_acheteur,
        livraisons.marche_id,
        livraisons.siren,
        livraisons.type_contrat,
        livraisons.version_decp,
        livraisons.nature_recue,
        livraisons.procedure_recue,
        livraisons.code_cpv,
        livraisons.techniques,
        livraisons.accord_cadre_id,
        livraisons.date_notification,
        livraisons.date_publication,
        livraisons.montant_eur,
        livraisons.duree_mois,
        livraisons.nb_offres_recues,
        livraisons.nb_titulaires,
        livraisons.est_demonstration,
        livraisons.fichier_sha256,
        livraisons.ligne,
        livraisons.lot,
        -- fichier_id suit l'ordre de réception, qu'une relecture des archives ne change pas.
        row_number() over (
            partition by livraisons.siret_acheteur, livraisons.marche_id
            order by
                livraisons.date_publication desc nulls last,
                livraisons.fichier_id desc,
                livraisons.ligne desc
        ) as rang

    from livraisons
    inner join cles_a_calculer
        on
            livraisons.siret_acheteur = cles_a_calculer.siret_acheteur
            and livraisons.marche_id = cles_a_calculer.marche_id

),

contrats as (

    select * from livraisons_rangees
    where rang = 1

),

livraisons_par_publication as (

    select
        siret_acheteur,
        marche_id,
        date_publication,
        count(*) as nb_versions,
        max(lot) as lot,
        coalesce(
            min(nature_recue) <> max(nature_recue)
            or min(procedure_recue) <> max(procedure_recue)
            or min(date_notification) <> max(date_notification)
            or min(montant_eur) <> max(montant_eur)
            or min(duree_mois) <> max(duree_mois),
            false
        ) as est_contradictoire

    from livraisons_rangees
    group by siret_acheteur, marche_id, date_publication

),

livraisons_par_contrat as (

    select
        siret_acheteur,
        marche_id,
        sum(nb_versions) as nb_versions,
        max(lot) as lot,
        bool_or(est_contradictoire) as a_versions_contradictoires

    from livraisons_par_publication
    group by siret_acheteur, marche_id

),

modifications_rangees as (

    select
        modifications.siret_acheteur,
        modifications.marche_id,
        modifications.date_notification,
        modifications.montant_eur,
        modifications.duree_mois,
        row_number() over (
            partition by
                modifications.siret_acheteur,
                modifications.marche_id,
                modifications.modification_id,
                modifications.date_notification,
                -- Sans numéro ni date, seule sa place dans le contrat la distingue.
                case
                    when
                        modifications.modification_id is null
                        and modifications.date_notification is null
                        then modifications.rang
                end
            order by
                modifications.fichier_id desc,
                modifications.ligne desc,
                modifications.rang desc
        ) as rang_livraison,
        row_number() over (
            partition by modifications.siret_acheteur, modifications.marche_id
            order by
                modifications.date_notification asc nulls first,
                modifications.date_publication asc nulls first,
                modifications.fichier_id asc,
                modifications.ligne asc,
                modifications.rang asc
        ) as ordre

    from modifications
    inner join cles_a_calculer
        on
            modifications.siret_acheteur = cles_a_calculer.siret_acheteur
            and modifications.marche_id = cles_a_calculer.marche_id

),

modifications_par_contrat as (

    select
        siret_acheteur,
        marche_id,
        count(*) as nb_modifications,
        max(date_notification) as date_derniere_modification,
        max_by(montant_eur, ordre) filter (where montant_eur is not null) as montant_eur,
        max_by(duree_mois, ordre) filter (where duree_mois is not null) as duree_mois

    from modifications_rangees
    where rang_livraison = 1
    group by siret_acheteur, marche_id

),

contrats_qualifies as (

    select
        contrats.siret_acheteur,
        contrats.marche_id,
        natures.code as nature,
        procedures.code as procedure,  -- noqa: RF04
        procedures.famille as famille_procedure,
        coalesce(
            natures.code = 'Accord-cadre' or lower(contrats.techniques) like '%accord-cadre%', false
        ) as est_accord_cadre

    from contrats
    left join natures
        on contrats.nature_recue = natures.libelle_recu
    left join procedures
        on contrats.procedure_recue = procedures.libelle_recu

),

final as (

    select
        contrats.siret_acheteur,
        contrats.marche_id,
        coalesce(fusions.siren, contrats.siren) as siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        contrats.type_contrat,
        contrats.version_decp,
        contrats_qualifies.nature,
        contrats_qualifies.procedure,
        contrats_qualifies.famille_procedure,
        contrats.code_cpv,
        contrats.accord_cadre_id,
        contrats.date_notification,
        contrats.date_publication,
        modifications_par_contrat.date_derniere_modification,
        contrats.montant_eur as montant_initial_eur,
        coalesce(modifications_par_contrat.montant_eur, contrats.montant_eur) as montant_eur,
        contrats.duree_mois as duree_initiale_mois,
        coalesce(modifications_par_contrat.duree_mois, contrats.duree_mois) as duree_mois,
        case
            when contrats.date_publication >= contrats.date_notification
                then cast(
                    {{ dbt.datediff(
                        'contrats.date_notification', 'contrats.date_publication', 'day'
                    ) }} as bigint
                )
        end as delai_publication_jours,
        contrats.nb_offres_recues,
        contrats.nb_titulaires,
        coalesce(modifications_par_contrat.nb_modifications, 0) as nb_modifications,
        cast(livraisons_par_contrat.nb_versions as bigint) as nb_versions,
        contrats_qualifies.est_accord_cadre,
        coalesce(contrats_qualifies.nature = 'Marché subséquent', false)
        or (contrats.accord_cadre_id is not null and not contrats_qualifies.est_accord_cadre)
            as est_subsequent,
        livraisons_par_contrat.a_versions_contradictoires,
        contrats.est_demonstration,
        contrats.fichier_sha256,
        contrats.ligne,
        livraisons_par_contrat.lot

    from contrats
    inner join contrats_qualifies
        on
            contrats.siret_acheteur = contrats_qualifies.siret_acheteur
            and contrats.marche_id = contrats_qualifies.marche_id
    inner join livraisons_par_contrat
        on
            contrats.siret_acheteur = livraisons_par_contrat.siret_acheteur
            and contrats.marche_id = livraisons_par_contrat.marche_id
    left join modifications_par_contrat
        on
            contrats.siret_acheteur = modifications_par_contrat.siret_acheteur
            and contrats.marche_id = modifications_par_contrat.marche_id
    -- Une commune entrée dans une autre compte pour celle d'aujourd'hui.
    left join fusions
        on contrats.siren = fusions.siren_ancien
    left join collectivites
        on coalesce(fusions.siren, contrats.siren) = collectivites.siren

)

select * from final
