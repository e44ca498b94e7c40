{# Les marchés à publier qui l'ont été sans écart au schéma (REG-05).
   Attend les CTE `marches`, `anomalies` et `seuils`. #}
{% macro marches_conformes() -%}
-- Un contrat répété, une clé reprise ou un acheteur hors référentiel ne sont pas des écarts au
-- schéma ; un champ inconnu ne se signale qu'une fois par fichier.
lignes_hors_schema as (

    select
        fichier_sha256,
        ligne

    from anomalies
    where
        source = 'marches'
        and gravite = 'avertissement'
        and code not in (
            'marches_doublon_exact',
            'marches_cle_en_double',
            'marches_champ_inconnu',
            'marches_siren_hors_referentiel'
        )
    group by fichier_sha256, ligne

),

marches_conformes as (

    select marches.*

    from marches
    inner join seuils
        on
            marches.date_notification >= seuils.valide_du
            and (marches.date_notification <= seuils.valide_au or seuils.valide_au is null)
            and marches.montant_initial_eur >= seuils.montant_eur
            and (coalesce(marches.code_cpv, '') like '45%') = (seuils.categorie = 'travaux')
    left join lignes_hors_schema
        on
            marches.fichier_sha256 = lignes_hors_schema.fichier_sha256
            and marches.ligne = lignes_hors_schema.ligne
    where
        lignes_hors_schema.fichier_sha256 is null
        and marches.date_publication is not null

)
{%- endmacro %}

{# Les valeurs déclarées, une ligne par retour : une somme de plusieurs retours se prouve par chacun d'eux. #}
{% macro retours_par_declarant() -%}
retours as (

    select
        siren,
        mois,
        code_donnee,
        nature_code,
        libelle_donnee,
        unite,
        valeur,
        est_partiel,
        fichier_sha256,
        ligne
    from {{ ref('fct_retours') }}
    where valeur is not null and nb_declarants = 1
    union all
    select
        siren,
        mois,
        code_donnee,
        nature_code,
        libelle_donnee,
        unite,
        valeur,
        est_partiel,
        fichier_sha256,
        ligne
    from {{ ref('fct_retours_reunis') }}
    where valeur is not null

)
{%- endmacro %}

{# Attend les CTE `consultations`, `marches`, `actes`, `flux_pes` et `transferts`, datés et non rejetés. #}
{% macro objets_plateforme() -%}
-- Ce que la plateforme a vu du même objet, tous supports : ni l'électronique seul, ni un taux.
objets as (

    select
        'DEM-01' as code_indicateur,
        siren,
        date_mise_en_ligne as jour,
        1 as nombre,
        reference as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from consultations
    union all
    select
        'DEM-02' as code_indicateur,
        siren,
        date_mise_en_ligne as jour,
        coalesce(nb_retraits_electroniques, 0) + coalesce(nb_retraits_papier, 0) as nombre,
        reference as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from consultations
    union all
    select
        'DEM-03' as code_indicateur,
        siren,
        date_mise_en_ligne as jour,
        coalesce(nb_plis_electroniques, 0) + coalesce(nb_plis_papier, 0) as nombre,
        reference as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from consultations
    union all
    select
        'DEM-05' as code_indicateur,
        siren,
        date_notification as jour,
        1 as nombre,
        marche_id as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from marches
    union all
    select
        'DEM-08' as code_indicateur,
        siren,
        date_decision as jour,
        1 as nombre,
        acte_id as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from actes
    union all
    select
        'DEM-14' as code_indicateur,
        siren,
        date_flux as jour,
        coalesce(nb_mandats, 0) + coalesce(nb_titres, 0) as nombre,
        nom_flux as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from flux_pes
    union all
    select
        'DEM-15' as code_indicateur,
        siren,
        date_flux as jour,
        nb_bordereaux as nombre,
        nom_flux as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from flux_pes
    union all
    select
        'DEM-16' as code_indicateur,
        siren,
        date_flux as jour,
        nb_pj as nombre,
        nom_flux as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from flux_pes
    union all
    select
        'DEM-21' as code_indicateur,
        siren,
        date_transfert as jour,
        1 as nombre,
        transfert_id as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from transferts

)
{%- endmacro %}

{# Ce que chaque service a vu passer, une ligne par objet.
   Attend les CTE `consultations`, `actes`, `flux_pes`, `transferts`, `documents`, `services` et `fusions`. #}
{% macro transactions_rattachees() -%}
transactions as (

    select
        siren,
        'marches' as code_service,
        date_mise_en_ligne as jour,
        reference as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from consultations
    union all
    select
        siren,
        'actes' as code_service,
        date_decision as jour,
        acte_id as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from actes
    union all
    select
        siren,
        'helios' as code_service,
        date_flux as jour,
        nom_flux as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from flux_pes
    union all
    select
        siren,
        'archivage' as code_service,
        date_transfert as jour,
        transfert_id as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from transferts
    union all
    -- Le document d'un service que ses propres exports comptent ne compte ici que s'ils
    -- l'ignorent : un acte confié à un autre opérateur. Un versement se compte par la source
    -- archivage.
    select
        documents.siren,
        documents.code_service,
        documents.date_usage as jour,
        documents.id_document as objet_id,
        documents.est_demonstration,
        documents.fichier_sha256,
        documents.ligne
    from documents
    inner join services
        on documents.code_service = services.code_service
    where
        documents.est_transaction
        and not documents.est_vu_s2low
        and services.source_usage in ('services', 'actes', 'helios')

),

-- Ce qu'une commune faisait sous son ancien SIREN compte pour celle qui l'a réunie.
rattachees as (

    select
        coalesce(fusions.siren, transactions.siren) as siren,
        transactions.code_service,
        cast(date_trunc('month', transactions.jour) as date) as mois,
        transactions.jour,
        transactions.objet_id,
        transactions.est_demonstration,
        transactions.fichier_sha256,
        transactions.ligne

    from transactions
    left join fusions
        on transactions.siren = fusions.siren_ancien
    where transactions.siren is not null and transactions.jour is not null

)
{%- endmacro %}

{# Ce qui est passé par la plateforme et prouve une obligation.
   Attend les CTE `consultations`, `flux_pes`, `actes` et `marches`. #}
{% macro transactions_de_conformite() -%}
-- Ce que la plateforme a vu passer : chaque fait prouve une obligation.
transactions as (

    select
        'E04' as code_obligation,
        siren,
        date_mise_en_ligne as date_preuve,
        reference as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from consultations
    where reponse_electronique in ('autorisee', 'imposee')
    union all
    select
        'E06' as code_obligation,
        siren,
        date_flux as date_preuve,
        nom_flux as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from flux_pes
    where statut_acquit <> 'rejete' and nb_bordereaux_signes > 0 and nb_pj_dematerialisees > 0
    union all
    select
        'E08' as code_obligation,
        siren,
        date_decision as date_preuve,
        acte_id as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from actes
    where est_acquitte and not est_annule
    union all
    select
        'E09' as code_obligation,
        siren,
        date_flux as date_preuve,
        nom_flux as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from flux_pes
    where statut_acquit <> 'rejete'
    union all
    select
        'E10' as code_obligation,
        siren,
        date_publication as date_preuve,
        marche_id as objet_id,
        est_demonstration,
        fichier_sha256,
        ligne
    from marches

)
{%- endmacro %}

{# L'obligation dont une donnée du retour dit l'année. #}
{% macro obligation_declaree(code_donnee) -%}
    case {{ code_donnee }}
        when 'ANNEE_SAISINE_ELECTRONIQUE' then 'E01'
        when 'ANNEE_DPO' then 'E03'
        when 'ANNEE_COMEDEC' then 'E05'
        when 'ANNEE_BUDGETS_ELECTRONIQUES' then 'E07'
        when 'ANNEE_DONNEES_OUVERTES' then 'E11'
        when 'ANNEE_ACCESSIBILITE' then 'E12'
    end
{%- endmacro %}

{# L'obligation qu'une activité déclarée fait naître. #}
{% macro obligation_exercee(code_donnee) -%}
    case
        when {{ code_donnee }} = 'CONSULTATIONS_LANCEES' then 'E04'
        when {{ code_donnee }} = 'BORDEREAUX' then 'E06'
        when {{ code_donnee }} like 'ACTES_TRANSMISSIBLES_%' then 'E08'
        when {{ code_donnee }} = 'MARCHES_PUBLIABLES' then 'E10'
    end
{%- endmacro %}

{# Le jour de chaque donnée reçue, source par source. #}
{% macro jours_par_source() -%}
jours as (

    select
        'marches' as source,
        siren,
        date_notification as jour,
        marche_id as objet_id,
        fichier_sha256,
        ligne
    from {{ ref('fct_marches') }}
    union all
    select
        'consultations' as source,
        siren,
        date_mise_en_ligne as jour,
        reference as objet_id,
        fichier_sha256,
        ligne
    from {{ ref('fct_consultations') }}
    union all
    select
        'actes' as source,
        siren,
        date_decision as jour,
        acte_id as objet_id,
        fichier_sha256,
        ligne
    from {{ ref('fct_actes') }}
    union all
    select
        'helios' as source,
        siren,
        date_flux as jour,
        nom_flux as objet_id,
        fichier_sha256,
        ligne
    from {{ ref('fct_flux_pes') }}
    union all
    select
        'archivage' as source,
        siren,
        date_transfert as jour,
        transfert_id as objet_id,
        fichier_sha256,
        ligne
    from {{ ref('fct_transferts_archives') }}
    union all
    select
        'retours' as source,
        siren,
        mois as jour,
        'retour' as objet_id,
        fichier_sha256,
        ligne
    from {{ ref('fct_retours_mois') }}

)
{%- endmacro %}

{# Ce qui court encore le dernier jour du mois qui précède `mois_suivant`. #}
{% macro court_fin_de_mois(debut, fin, mois_suivant) -%}
    {{ debut }} < {{ mois_suivant }}
    and ({{ fin }} is null or {{ fin }} + interval 1 day >= {{ mois_suivant }})
{%- endmacro %}

{% macro est_compte_ouvert(comptes, mois_suivant) -%}
    {{ comptes }}.date_creation < {{ mois_suivant }}
    and ({{ comptes }}.est_actif or {{ comptes }}.date_desactivation >= {{ mois_suivant }})
{%- endmacro %}

{# Une action validée et non abandonnée ce jour-là. #}
{% macro est_action_au_programme(actions, jour) -%}
    {{ jour }} >= {{ actions }}.date_validation
    and ({{ actions }}.date_abandon is null or {{ jour }} < {{ actions }}.date_abandon)
{%- endmacro %}

{# La note que chaque répondant donne, et sa strate.
   Attend les CTE `repondants`, `reponses` (retenus, exprimées) et `strates`. #}
{% macro notes_par_repondant() -%}
-- APP-09 : la strate d'un répondant est sa classe de taille, ou celle que la campagne pèse.
strates_des_repondants as (

    select
        campagne,
        id_reponse,
        siren,
        'classe_taille' as dimension,
        classe_taille as modalite
    from repondants
    where siren is not null
    union all
    select
        reponses.campagne,
        reponses.id_reponse,
        reponses.siren,
        reponses.modalite as dimension,
        reponses.reponse as modalite
    from reponses
    inner join strates
        on
            reponses.campagne = strates.campagne
            and reponses.modalite = strates.dimension
            and reponses.reponse = strates.modalite
            and strates.est_poids
    where reponses.sujet = 'strate'

),

notes as (

    select
        reponses.campagne,
        strates_des_repondants.siren,
        strates_des_repondants.dimension,
        strates_des_repondants.modalite,
        reponses.id_reponse,
        cast(reponses.reponse as double) as note,
        reponses.fichier_sha256,
        reponses.ligne

    from reponses
    inner join strates_des_repondants
        on
            reponses.campagne = strates_des_repondants.campagne
            and reponses.id_reponse = strates_des_repondants.id_reponse
    where reponses.sujet = 'satisfaction' and reponses.modalite = 'globale'

)
{%- endmacro %}

{# Dernière étape des preuves d'une famille : les colonnes de la collectivité, dans l'ordre publié.
   Attend les CTE `preuves` et `collectivites`. #}
{% macro preuves_finales() -%}
final as (

    select
        preuves.code_indicateur,
        preuves.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        preuves.dimension,
        preuves.modalite,
        preuves.mois,
        preuves.terme,
        preuves.champ,
        preuves.objet_id,
        cast(preuves.nombre as double) as nombre,
        preuves.fichier_sha256,
        cast(preuves.ligne as bigint) as ligne

    from preuves
    left join collectivites
        on preuves.siren = collectivites.siren
    where preuves.nombre <> 0 or preuves.terme = 'calcul'

)
{%- endmacro %}
