{{ config(materialized='view') }}

with

mesures as (

    select * from {{ ref('ind_qualite_retours_mois') }}
    where est_connu

),

mesures_mois as (

    select * from {{ ref('ind_mesures_mois') }}

),

fraicheurs as (

    select * from {{ ref('ind_qualite_fraicheur') }}
    where perimetre_type = 'collectivite' and periode_type = 'mois'

),

ecarts as (

    select * from {{ ref('ind_ecarts_plateforme_mois') }}

),

retours_mois as (

    select * from {{ ref('fct_retours_mois') }}

),

retours as (

    select * from {{ ref('fct_retours') }}

),

termes as (

    select * from {{ ref('dim_termes_declares') }}
    where terme = 'denominateur'

),

controles as (

    select * from {{ ref('fct_controles_retours') }}

),

lignes_recues as (

    select * from {{ ref('fct_lignes_recues') }}

),

denominateurs as (

    select * from {{ ref('ind_preuves_dematerialisation') }}
    where terme = 'denominateur' and dimension = 'ensemble'

),

consultations as (

    select * from {{ ref('fct_consultations') }}
    where date_mise_en_ligne is not null

),

marches as (

    select * from {{ ref('fct_marches') }}
    where date_notification is not null and type_contrat = 'marche'

),

actes as (

    select * from {{ ref('fct_actes') }}
    where date_decision is not null

),

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}
    where date_flux is not null and statut_acquit <> 'rejete'

),

transferts as (

    select * from {{ ref('fct_transferts_archives') }}
    where date_transfert is not null

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

estimes as (

    select distinct code_indicateur
    from {{ ref('ind_estimations_annuelles') }}

),

{{ objets_plateforme() }},

{{ jours_par_source() }},

-- Une réponse que font plusieurs retours se partage entre eux.
retours_cites as (

    select
        retours.siren,
        retours.mois,
        retours.code_donnee,
        retours.valeur as valeur_retenue,
        coalesce(reunis.valeur, retours.valeur) as valeur,
        {{ ratio('1', 'retours.nb_declarants') }} as part,
        retours.est_partiel,
        coalesce(reunis.fichier_sha256, retours.fichier_sha256) as fichier_sha256,
        coalesce(reunis.ligne, retours.ligne) as ligne

    from retours
    left join {{ ref('fct_retours_reunis') }} as reunis
        on
            retours.siren = reunis.siren
            and retours.mois = reunis.mois
            and retours.code_donnee = reunis.code_donnee

),

-- Une réponse gardée a sa ligne ; une réponse attendue et vide n'en a pas.
reponses as (

    select
        retours_cites.siren,
        retours_cites.mois,
        retours_cites.code_donnee,
        case
            when retours_cites.valeur_retenue > 0 then 'nombre'
            when retours_cites.valeur_retenue = 0 then 'zero'
            else 'non_connu'
        end as reponse,
        retours_cites.part as nombre,
        retours_cites.fichier_sha256,
        retours_cites.ligne
    from retours_cites
    inner join retours_mois
        on
            retours_cites.siren = retours_mois.siren
            and retours_cites.mois = retours_mois.mois
    union all
    select
        siren,
        mois,
        'réponses vides' as code_donnee,
        'vide' as reponse,
        nb_vides as nombre,
        cast(null as {{ dbt.type_string() }}) as fichier_sha256,
        cast(null as bigint) as ligne
    from retours_mois

),

-- Le détail par nature de réponse renvoie au retour : ses lignes sont celles de l'ensemble.
attendues as (

    select
        siren,
        mois,
        sum(nombre) as nombre

    from reponses
    group by siren, mois

),

-- Un taux se contrôle par la première donnée de son dénominateur.
taux_controles as (

    select
        mesures_mois.siren,
        mesures_mois.mois,
        mesures_mois.code_indicateur,
        mesures_mois.modalite,
        mesures_mois.numerateur <= mesures_mois.denominateur as est_respecte,
        retours.fichier_sha256,
        retours.ligne,
        row_number() over (
            partition by
                mesures_mois.siren,
                mesures_mois.mois,
                mesures_mois.code_indicateur,
                mesures_mois.modalite
            order by retours.code_donnee asc
        ) as rang

    from mesures_mois
    inner join termes
        on
            mesures_mois.code_indicateur = termes.code_indicateur
            and mesures_mois.dimension = termes.dimension
            and mesures_mois.modalite = termes.modalite
    inner join retours
        on
            termes.code_donnee = retours.code_donnee
            and mesures_mois.siren = retours.siren
            and mesures_mois.mois = retours.mois
    -- DEM-08 est la somme de DEM-09 ; REG-05 ne se contrôle pas ici.
    where
        mesures_mois.code_indicateur like 'DEM-%'
        and mesures_mois.code_indicateur <> 'DEM-08'
        and mesures_mois.numerateur is not null
        and mesures_mois.denominateur is not null
        and retours.valeur is not null

),

verifications as (

    select
        siren,
        mois,
        concat('taux ', code_indicateur) as champ,
        modalite as objet_id,
        est_respecte,
        fichier_sha256,
        ligne
    from taux_controles
    where rang = 1
    union all
    select
        controles.siren,
        controles.mois,
        concat('règle ', controles.code_regle) as champ,
        controles.code_donnee as objet_id,
        controles.est_respectee as est_respecte,
        controles.fichier_sha256,
        controles.ligne
    from controles
    inner join retours_mois
        on
            controles.siren = retours_mois.siren
            and controles.mois = retours_mois.mois

),

-- L'écart est une différence : la ligne qui l'augmente s'ajoute, celle qui le réduit se retranche.
sens as (

    select
        code_indicateur,
        siren,
        mois,
        case when nb_declares >= nb_plateforme then 1 else -1 end as signe

    from ecarts

),

comparaisons as (

    select
        sens.code_indicateur,
        sens.siren,
        sens.mois,
        'déclaré' as champ,
        retours_cites.code_donnee as objet_id,
        retours_cites.valeur * sens.signe as nombre_ecart,
        0 as nombre_plateforme,
        retours_cites.fichier_sha256,
        retours_cites.ligne
    from sens
    inner join termes
        on
            sens.code_indicateur = termes.code_indicateur
            and termes.dimension = 'ensemble'
    inner join retours_cites
        on
            termes.code_donnee = retours_cites.code_donnee
            and sens.siren = retours_cites.siren
            and sens.mois = retours_cites.mois
    where retours_cites.valeur is not null and not retours_cites.est_partiel
    union all
    select
        sens.code_indicateur,
        sens.siren,
        sens.mois,
        'vu par la plateforme' as champ,
        objets.objet_id,
        -objets.nombre * sens.signe as nombre_ecart,
        objets.nombre as nombre_plateforme,
        objets.fichier_sha256,
        objets.ligne
    from sens
    inner join objets
        on
            sens.code_indicateur = objets.code_indicateur
            and sens.siren = objets.siren
            and sens.mois = cast(date_trunc('month', objets.jour) as date)

),

-- Ce que personne en Bretagne ne porte compte au territoire, sans collectivité.
lignes_comptees as (

    select
        lignes_recues.mois_reception as mois,
        lignes_recues.source,
        case when collectivites.est_breton then lignes_recues.siren end as siren,
        concat(lignes_recues.fichier_id, ', ', lignes_recues.rattachement) as objet_id,
        lignes_recues.nb_lignes,
        lignes_recues.nb_lignes
        - lignes_recues.nb_lignes_refusees
        - lignes_recues.nb_lignes_signalees as nb_lignes_valides,
        lignes_recues.nb_lignes_siren_juge,
        lignes_recues.nb_lignes_siren_connu,
        lignes_recues.fichier_sha256,
        lignes_recues.ligne

    from lignes_recues
    left join collectivites
        on lignes_recues.siren = collectivites.siren

),

apports_des_lignes as (

    select
        'QUA-03' as code_indicateur,
        'numerateur' as terme,
        'lignes valides' as champ,
        siren,
        mois,
        source,
        objet_id,
        nb_lignes_valides as nombre,
        fichier_sha256,
        ligne
    from lignes_comptees
    union all
    select
        'QUA-03' as code_indicateur,
        'denominateur' as terme,
        'lignes reçues' as champ,
        siren,
        mois,
        source,
        objet_id,
        nb_lignes as nombre,
        fichier_sha256,
        ligne
    from lignes_comptees
    union all
    select
        'QUA-07' as code_indicateur,
        'numerateur' as terme,
        'lignes au SIREN connu' as champ,
        siren,
        mois,
        source,
        objet_id,
        nb_lignes_siren_connu as nombre,
        fichier_sha256,
        ligne
    from lignes_comptees
    union all
    select
        'QUA-07' as code_indicateur,
        'denominateur' as terme,
        'lignes au SIREN jugé' as champ,
        siren,
        mois,
        source,
        objet_id,
        nb_lignes_siren_juge as nombre,
        fichier_sha256,
        ligne
    from lignes_comptees

),

jours_ranges as (

    select
        source,
        siren,
        objet_id,
        fichier_sha256,
        ligne,
        row_number() over (
            partition by source, siren
            order by jour desc, objet_id desc, fichier_sha256 desc, ligne desc
        ) as rang

    from jours
    where jour is not null

),

axes as (

    select 'source' as dimension
    union all
    select 'ensemble' as dimension

),

mensuelles as (

    select
        'QUA-01' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'numerateur' as terme,
        'réponse' as champ,
        code_donnee as objet_id,
        nombre,
        fichier_sha256,
        ligne
    from reponses
    where reponse in ('nombre', 'zero')
    union all
    select
        'QUA-01' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'denominateur' as terme,
        'réponse attendue' as champ,
        code_donnee as objet_id,
        nombre,
        fichier_sha256,
        ligne
    from reponses
    union all
    select
        'QUA-02' as code_indicateur,
        mesures.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mesures.mois,
        'numerateur' as terme,
        'retour à l’heure' as champ,
        'retour' as objet_id,
        mesures.numerateur as nombre,
        retours_mois.fichier_sha256,
        retours_mois.ligne
    from mesures
    left join retours_mois
        on
            mesures.siren = retours_mois.siren
            and mesures.mois = retours_mois.mois
    where mesures.code_indicateur = 'QUA-02'
    union all
    select
        'QUA-02' as code_indicateur,
        mesures.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mesures.mois,
        'denominateur' as terme,
        'retour attendu' as champ,
        'retour' as objet_id,
        mesures.denominateur as nombre,
        retours_mois.fichier_sha256,
        retours_mois.ligne
    from mesures
    left join retours_mois
        on
            mesures.siren = retours_mois.siren
            and mesures.mois = retours_mois.mois
    where mesures.code_indicateur = 'QUA-02'
    union all
    select
        'QUA-04' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'numerateur' as terme,
        champ,
        objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from verifications
    where est_respecte
    union all
    select
        'QUA-04' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'denominateur' as terme,
        champ,
        objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from verifications
    union all
    select
        'QUA-06' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'numerateur' as terme,
        concat(code_indicateur, ' : ', champ) as champ,
        objet_id,
        nombre_ecart as nombre,
        fichier_sha256,
        ligne
    from comparaisons
    union all
    select
        'QUA-06' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'denominateur' as terme,
        concat(code_indicateur, ' : ', champ) as champ,
        objet_id,
        nombre_plateforme as nombre,
        fichier_sha256,
        ligne
    from comparaisons

),

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
    from mensuelles
    union all
    select
        'QUA-01' as code_indicateur,
        siren,
        'reponse' as dimension,
        reponse as modalite,
        mois,
        'numerateur' as terme,
        'réponse' as champ,
        code_donnee as objet_id,
        nombre,
        fichier_sha256,
        ligne
    from reponses
    union all
    select
        'QUA-01' as code_indicateur,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        mesures.mois,
        'denominateur' as terme,
        'réponses attendues' as champ,
        'retour' as objet_id,
        attendues.nombre,
        retours_mois.fichier_sha256,
        retours_mois.ligne
    from mesures
    inner join attendues
        on
            mesures.siren = attendues.siren
            and mesures.mois = attendues.mois
    left join retours_mois
        on
            mesures.siren = retours_mois.siren
            and mesures.mois = retours_mois.mois
    where mesures.code_indicateur = 'QUA-01' and mesures.dimension = 'reponse'
    union all
    select
        'QUA-06' as code_indicateur,
        siren,
        'indicateur' as dimension,
        code_indicateur as modalite,
        mois,
        'numerateur' as terme,
        champ,
        objet_id,
        nombre_ecart as nombre,
        fichier_sha256,
        ligne
    from comparaisons
    union all
    select
        'QUA-06' as code_indicateur,
        siren,
        'indicateur' as dimension,
        code_indicateur as modalite,
        mois,
        'denominateur' as terme,
        champ,
        objet_id,
        nombre_plateforme as nombre,
        fichier_sha256,
        ligne
    from comparaisons
    union all
    select
        apports_des_lignes.code_indicateur,
        apports_des_lignes.siren,
        axes.dimension,
        case
            when axes.dimension = 'ensemble' then 'ensemble'
            else apports_des_lignes.source
        end as modalite,
        apports_des_lignes.mois,
        apports_des_lignes.terme,
        apports_des_lignes.champ,
        apports_des_lignes.objet_id,
        apports_des_lignes.nombre,
        apports_des_lignes.fichier_sha256,
        apports_des_lignes.ligne
    from apports_des_lignes
    cross join axes
    union all
    select
        'QUA-08' as code_indicateur,
        jours_ranges.siren,
        axes.dimension,
        case
            when axes.dimension = 'ensemble' then 'ensemble'
            else jours_ranges.source
        end as modalite,
        fraicheurs.periode_debut as mois,
        'calcul' as terme,
        concat('dernière donnée, ', jours_ranges.source) as champ,
        jours_ranges.objet_id,
        fraicheurs.numerateur as nombre,
        jours_ranges.fichier_sha256,
        jours_ranges.ligne
    from jours_ranges
    cross join axes
    inner join fraicheurs
        on
            jours_ranges.siren = fraicheurs.perimetre_code
            and jours_ranges.source = fraicheurs.modalite
            and fraicheurs.dimension = 'source'
    where jours_ranges.rang = 1
    union all
    -- Le score rassemble ce que ses composantes jugent ; une ligne valide s'y compte par retour.
    select
        'QUA-09' as code_indicateur,
        siren,
        dimension,
        modalite,
        mois,
        'calcul' as terme,
        concat(code_indicateur, ', ', terme, ' : ', champ) as champ,
        objet_id,
        nombre,
        fichier_sha256,
        ligne
    from mensuelles
    where nombre <> 0 and (terme = 'denominateur' or code_indicateur = 'QUA-06')
    union all
    select
        'QUA-09' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'calcul' as terme,
        'QUA-03 : lignes valides du retour' as champ,
        'retour' as objet_id,
        nb_lignes_valides as nombre,
        fichier_sha256,
        ligne
    from retours_mois
    union all
    -- La part estimée ne repose sur aucun fichier : ind_estimations dit sa méthode.
    select
        'QUA-10' as code_indicateur,
        denominateurs.siren,
        'indicateur' as dimension,
        denominateurs.code_indicateur as modalite,
        denominateurs.mois,
        'calcul' as terme,
        concat('dénominateur déclaré, ', denominateurs.champ) as champ,
        denominateurs.objet_id,
        denominateurs.nombre,
        denominateurs.fichier_sha256,
        denominateurs.ligne
    from denominateurs
    inner join estimes
        on denominateurs.code_indicateur = estimes.code_indicateur

),

{{ preuves_finales() }}

select * from final
