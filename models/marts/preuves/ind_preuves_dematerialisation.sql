{{ config(materialized='view') }}

with

consultations as (

    select * from {{ ref('fct_consultations') }}
    where date_mise_en_ligne is not null

),

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}
    where date_flux is not null

),

flux_retenus as (

    select * from flux_pes
    where statut_acquit <> 'rejete'

),

transferts as (

    select * from {{ ref('fct_transferts_archives') }}
    where date_transfert is not null and statut = 'accepte'

),

actes as (

    select * from {{ ref('fct_actes') }}
    where date_decision is not null

),

{{ retours_par_declarant() }},

matieres as (

    select * from {{ ref('dim_matieres_acte') }}
    where niveau = 1

),

termes as (

    select * from {{ ref('dim_termes_declares') }}

),

mesures_connues as (

    select * from {{ ref('ind_mesures_mois') }}
    where est_connu

),

poids as (

    select * from {{ ref('dim_reglages') }}
    where hypotheses = 'composite'

),

collectivites_mois as (

    select * from {{ ref('dim_collectivites_mois') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

marches as (

    select * from {{ ref('fct_marches') }}
    where type_contrat = 'marche' and date_notification is not null

),

anomalies as (

    select * from {{ ref('fct_anomalies') }}

),

seuils as (

    select * from {{ ref('dim_seuils') }}
    where code_usage = 'publication_decp'

),

{{ marches_conformes() }},

preuves_plateforme as (

    select
        'DEM-01' as code_indicateur,
        siren,
        date_mise_en_ligne as jour,
        'consultation' as champ,
        reference as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from consultations
    union all
    select
        'DEM-02' as code_indicateur,
        siren,
        date_mise_en_ligne as jour,
        'retraits électroniques' as champ,
        reference as objet_id,
        nb_retraits_electroniques as nombre,
        fichier_sha256,
        ligne
    from consultations
    union all
    select
        'DEM-03' as code_indicateur,
        siren,
        date_mise_en_ligne as jour,
        'plis électroniques' as champ,
        reference as objet_id,
        nb_plis_electroniques as nombre,
        fichier_sha256,
        ligne
    from consultations
    union all
    select
        'DEM-14' as code_indicateur,
        siren,
        date_flux as jour,
        'mandats et titres signés' as champ,
        nom_flux as objet_id,
        nb_pieces_signees as nombre,
        fichier_sha256,
        ligne
    from flux_retenus
    union all
    select
        'DEM-15' as code_indicateur,
        siren,
        date_flux as jour,
        'bordereaux signés' as champ,
        nom_flux as objet_id,
        nb_bordereaux_signes as nombre,
        fichier_sha256,
        ligne
    from flux_retenus
    union all
    select
        'DEM-16' as code_indicateur,
        siren,
        date_flux as jour,
        'pièces justificatives dématérialisées' as champ,
        nom_flux as objet_id,
        nb_pj_dematerialisees as nombre,
        fichier_sha256,
        ligne
    from flux_retenus
    union all
    select
        'DEM-21' as code_indicateur,
        siren,
        date_transfert as jour,
        'transfert accepté' as champ,
        transfert_id as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from transferts
    union all
    select
        'REG-05' as code_indicateur,
        siren,
        date_notification as jour,
        'marché publié' as champ,
        marche_id as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from marches_conformes

),

preuves_observees as (

    -- DEM-08 ne compte que les natures dont le dénominateur est connu.
    select
        'DEM-08' as code_indicateur,
        'numerateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        nature_code,
        siren,
        date_decision as jour,
        'acte acquitté' as champ,
        acte_id as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from actes
    where est_acquitte and not est_annule and nature_code is not null
    union all
    select
        'DEM-09' as code_indicateur,
        'numerateur' as terme,
        'nature_acte' as dimension,
        nature_code as modalite,
        nature_code,
        siren,
        date_decision as jour,
        'acte acquitté' as champ,
        acte_id as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from actes
    where est_acquitte and not est_annule and nature_code is not null
    union all
    select
        'DEM-10' as code_indicateur,
        'numerateur' as terme,
        'matiere_acte' as dimension,
        split_part(matiere_code, '.', 1) as modalite,
        nature_code,
        siren,
        date_decision as jour,
        'acte acquitté de la matière' as champ,
        acte_id as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from actes
    where est_acquitte and not est_annule and matiere_code is not null
    union all
    select
        'DEM-10' as code_indicateur,
        'denominateur' as terme,
        'matiere_acte' as dimension,
        matieres.matiere_code as modalite,
        actes.nature_code,
        actes.siren,
        actes.date_decision as jour,
        'acte acquitté' as champ,
        actes.acte_id as objet_id,
        1 as nombre,
        actes.fichier_sha256,
        actes.ligne
    from actes
    cross join matieres
    where actes.est_acquitte and not actes.est_annule
    union all
    select
        'DEM-11' as code_indicateur,
        'numerateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        nature_code,
        siren,
        date_decision as jour,
        'jours entre décision et accusé' as champ,
        acte_id as objet_id,
        delai_ar_jours as nombre,
        fichier_sha256,
        ligne
    from actes
    where est_acquitte and not est_annule and delai_ar_jours is not null
    union all
    select
        'DEM-11' as code_indicateur,
        'denominateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        nature_code,
        siren,
        date_decision as jour,
        'acte acquitté' as champ,
        acte_id as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from actes
    where est_acquitte and not est_annule and delai_ar_jours is not null
    union all
    select
        'DEM-12' as code_indicateur,
        'numerateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        nature_code,
        siren,
        date_decision as jour,
        'acte rejeté' as champ,
        acte_id as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from actes
    where est_rejete
    union all
    select
        'DEM-12' as code_indicateur,
        'denominateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        nature_code,
        siren,
        date_decision as jour,
        'acte transmis' as champ,
        acte_id as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from actes
    union all
    select
        'DEM-18' as code_indicateur,
        'numerateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cast(null as {{ dbt.type_string() }}) as nature_code,
        siren,
        date_flux as jour,
        'flux rejeté' as champ,
        nom_flux as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from flux_pes
    where statut_acquit = 'rejete'
    union all
    select
        'DEM-18' as code_indicateur,
        'denominateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cast(null as {{ dbt.type_string() }}) as nature_code,
        siren,
        date_flux as jour,
        'flux transmis' as champ,
        nom_flux as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from flux_pes

),

contributions as (

    select
        code_indicateur,
        'numerateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cast(null as {{ dbt.type_string() }}) as nature_code,
        siren,
        cast(date_trunc('month', jour) as date) as mois,
        champ,
        objet_id,
        cast(nombre as double) as nombre,
        fichier_sha256,
        ligne
    from preuves_plateforme
    union all
    select
        code_indicateur,
        terme,
        dimension,
        modalite,
        nature_code,
        siren,
        cast(date_trunc('month', jour) as date) as mois,
        champ,
        objet_id,
        cast(nombre as double) as nombre,
        fichier_sha256,
        ligne
    from preuves_observees
    union all
    select
        termes.code_indicateur,
        termes.terme,
        termes.dimension,
        termes.modalite,
        retours.nature_code,
        retours.siren,
        retours.mois,
        retours.libelle_donnee as champ,
        retours.code_donnee as objet_id,
        cast(retours.valeur as double) as nombre,
        retours.fichier_sha256,
        retours.ligne
    from retours
    inner join termes
        on retours.code_donnee = termes.code_donnee

),

-- Une ligne ne prouve que ce qui est publié : les mois dont les deux termes sont connus. DEM-08 se
-- contrôle nature par nature ; une médiane (DEM-11) se recalcule sur tous les actes.
retenues as (

    select contributions.*
    from contributions
    inner join mesures_connues
        on
            contributions.siren = mesures_connues.siren
            and contributions.mois = mesures_connues.mois
            and contributions.code_indicateur = mesures_connues.code_indicateur
            and contributions.dimension = mesures_connues.dimension
            and contributions.modalite = mesures_connues.modalite
    where contributions.code_indicateur <> 'DEM-08'
    union all
    select contributions.*
    from contributions
    inner join mesures_connues
        on
            contributions.siren = mesures_connues.siren
            and contributions.mois = mesures_connues.mois
            and mesures_connues.code_indicateur = 'DEM-09'
            and contributions.nature_code = mesures_connues.modalite
    where contributions.code_indicateur = 'DEM-08'
    union all
    select contributions.*
    from contributions
    inner join collectivites_mois
        on
            contributions.siren = collectivites_mois.siren
            and contributions.mois = collectivites_mois.mois
    where contributions.code_indicateur = 'DEM-11'

),

-- L'indice composite rassemble les lignes des taux qui le composent.
preuves as (

    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        mois,
        terme,
        champ,
        objet_id,
        nombre,
        fichier_sha256,
        ligne
    from retenues
    union all
    select
        'DEM-25' as code_indicateur,
        retenues.siren,
        retenues.dimension,
        retenues.modalite,
        retenues.mois,
        'calcul' as terme,
        concat(retenues.code_indicateur, ', ', retenues.terme, ' : ', retenues.champ) as champ,
        retenues.objet_id,
        retenues.nombre,
        retenues.fichier_sha256,
        retenues.ligne
    from retenues
    inner join poids
        on retenues.code_indicateur = poids.cle
    where retenues.nombre <> 0

),

{{ preuves_finales() }}

select * from final
