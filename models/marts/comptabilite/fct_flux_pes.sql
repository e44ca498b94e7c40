{{ config(
    materialized='incremental',
    unique_key=['siret', 'code_collectivite', 'code_budget', 'nom_flux'],
) }}

with

flux_pes as (

    select * from {{ ref('stg_helios__flux_pes') }}

),

acquits as (

    -- L'acquit de retour répond à un compte rendu du comptable, non à un flux de la collectivité.
    select * from {{ ref('stg_helios__acquits') }}
    where type_acquit <> 'acquit_retour'

),

domaines as (

    select * from {{ ref('ref_domaines_acquit_pes') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

{% if is_incremental() %}

    noms_touches as (

        select flux_pes.nom_flux
        from flux_pes
        where flux_pes.lot > (select coalesce(max(deja.lot), '') from {{ this }} as deja)
        union
        select acquits.nom_flux
        from acquits
        where acquits.lot > (select coalesce(max(deja.lot), '') from {{ this }} as deja)

    ),

{% endif %}

versions as (

    select
        *,
        row_number() over (
            partition by siret, code_collectivite, code_budget, nom_flux
            order by date_flux desc nulls last, fichier_id desc, ligne desc
        ) as rang,
        max(lot) over (
            partition by siret, code_collectivite, code_budget, nom_flux
        ) as dernier_lot

    from flux_pes
    {% if is_incremental() %}
        where nom_flux in (select noms_touches.nom_flux from noms_touches)
    {% endif %}

),

flux_retenus as (

    select
        *,
        case
            when est_signature_globale then 'globale'
            when nb_bordereaux_signes = 0 then 'aucune'
            when nb_bordereaux_signes = nb_bordereaux then 'par_bordereau'
            else 'partielle'
        end as signature

    from versions
    where rang = 1

),

fichiers_acquits as (

    select
        fichier_id,
        nom_flux,
        max(siret) as siret,
        max(siren) as siren,
        max(code_collectivite) as code_collectivite,
        max(code_budget) as code_budget

    from acquits
    group by fichier_id, nom_flux

),

-- Un nom de flux n'est unique que pour un budget : l'acquit dit le reste, quand il le dit.
candidats as (

    select
        fichiers_acquits.fichier_id,
        flux_retenus.siret,
        flux_retenus.code_collectivite,
        flux_retenus.code_budget,
        flux_retenus.nom_flux,
        case when fichiers_acquits.siret = flux_retenus.siret then 1 else 0 end as proximite

    from flux_retenus
    inner join fichiers_acquits
        on
            flux_retenus.nom_flux = fichiers_acquits.nom_flux
            and flux_retenus.siren = coalesce(fichiers_acquits.siren, flux_retenus.siren)
            and flux_retenus.code_collectivite
            = coalesce(fichiers_acquits.code_collectivite, flux_retenus.code_collectivite)
            and flux_retenus.code_budget
            = coalesce(fichiers_acquits.code_budget, flux_retenus.code_budget)

),

candidats_classes as (

    select
        *,
        max(proximite) over (partition by fichier_id) as meilleure_proximite,
        count(*) over (partition by fichier_id, proximite) as nb_ex_aequo

    from candidats

),

-- Deux flux également plausibles : l'acquit n'est rattaché à aucun.
elements as (

    select
        candidats_classes.siret,
        candidats_classes.code_collectivite,
        candidats_classes.code_budget,
        candidats_classes.nom_flux,
        acquits.date_acquit,
        acquits.lot,
        acquits.nb_elements,
        acquits.est_accepte,
        coalesce(domaines.est_technique, false) as est_technique,
        -- Un nouvel acquit remplace le précédent, bordereau par bordereau.
        rank() over (
            partition by
                candidats_classes.siret,
                candidats_classes.code_collectivite,
                candidats_classes.code_budget,
                candidats_classes.nom_flux,
                acquits.code_domaine,
                acquits.exercice,
                acquits.bordereau_id
            order by acquits.date_acquit desc nulls last, acquits.fichier_id desc
        ) as rang

    from candidats_classes
    inner join acquits
        on candidats_classes.fichier_id = acquits.fichier_id
    left join domaines
        on acquits.code_domaine = domaines.code
    where
        candidats_classes.proximite = candidats_classes.meilleure_proximite
        and candidats_classes.nb_ex_aequo = 1

),

acquits_par_flux as (

    select
        siret,
        code_collectivite,
        code_budget,
        nom_flux,
        max(date_acquit) as date_acquit,
        max(lot) as lot,
        coalesce(sum(nb_elements) filter (where rang = 1 and not est_accepte), 0) as nb_refuses,
        coalesce(sum(nb_elements) filter (where rang = 1 and est_accepte), 0) as nb_acceptes,
        coalesce(
            sum(nb_elements) filter (where rang = 1 and est_accepte and not est_technique), 0
        ) as nb_acceptes_au_fond

    from elements
    group by siret, code_collectivite, code_budget, nom_flux

),

final as (

    select
        coalesce(fusions.siren, flux_retenus.siren) as siren,
        flux_retenus.siret,
        flux_retenus.code_collectivite,
        flux_retenus.code_budget,
        flux_retenus.nom_flux,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        flux_retenus.code_poste_comptable,
        flux_retenus.nom_progiciel,
        flux_retenus.domaines,
        flux_retenus.signature,
        case
            when acquits_par_flux.nb_refuses > 0 and acquits_par_flux.nb_acceptes_au_fond > 0
                then 'partiel'
            when acquits_par_flux.nb_refuses > 0 then 'rejete'
            when acquits_par_flux.nb_acceptes > 0 then 'accepte'
            else 'sans_acquit'
        end as statut_acquit,
        flux_retenus.date_flux,
        acquits_par_flux.date_acquit,
        flux_retenus.nb_bordereaux,
        case
            when flux_retenus.signature = 'globale' then flux_retenus.nb_bordereaux
            else flux_retenus.nb_bordereaux_signes
        end as nb_bordereaux_signes,
        flux_retenus.nb_mandats,
        flux_retenus.nb_titres,
        flux_retenus.nb_pieces,
        case
            when flux_retenus.signature = 'globale' then flux_retenus.nb_pieces
            else flux_retenus.nb_pieces_signees
        end as nb_pieces_signees,
        flux_retenus.nb_pieces_declarees,
        flux_retenus.nb_pj,
        flux_retenus.nb_pj_dematerialisees,
        cast(coalesce(acquits_par_flux.nb_acceptes, 0) as bigint) as nb_elements_acceptes,
        cast(coalesce(acquits_par_flux.nb_refuses, 0) as bigint) as nb_elements_refuses,
        flux_retenus.est_demonstration,
        flux_retenus.fichier_sha256,
        flux_retenus.ligne,
        greatest(flux_retenus.dernier_lot, coalesce(acquits_par_flux.lot, '')) as lot

    from flux_retenus
    left join acquits_par_flux
        on
            flux_retenus.siret = acquits_par_flux.siret
            and flux_retenus.code_collectivite = acquits_par_flux.code_collectivite
            and flux_retenus.code_budget = acquits_par_flux.code_budget
            and flux_retenus.nom_flux = acquits_par_flux.nom_flux
    -- Une commune entrée dans une autre compte pour celle d'aujourd'hui.
    left join fusions
        on flux_retenus.siren = fusions.siren_ancien
    left join collectivites
        on coalesce(fusions.siren, flux_retenus.siren) = collectivites.siren

)

select * from final
