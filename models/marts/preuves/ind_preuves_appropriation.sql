{{ config(materialized='view') }}

with

mesures as (

    select * from {{ ref('ind_mesures_mois') }}
    where est_connu

),

preparations as (

    select * from {{ ref('ind_accompagnement_recalcules') }}
    where
        perimetre_type = 'collectivite'
        and dimension = 'obligation'
        and statut <> 'absent'

),

appropriation as (

    select * from {{ ref('ind_appropriation_mois') }}

),

premiers_usages as (

    select * from {{ ref('ind_premiers_usages') }}
    where est_suivie

),

consultations as (

    select * from {{ ref('fct_consultations') }}

),

actes as (

    select * from {{ ref('fct_actes') }}

),

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}

),

transferts as (

    select * from {{ ref('fct_transferts_archives') }}

),

documents as (

    select * from {{ ref('fct_documents_services') }}

),

services as (

    select * from {{ ref('dim_services') }}

),

fusions as (

    select * from {{ ref('dim_fusions') }}

),

adhesions as (

    select * from {{ ref('fct_adhesions') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

participations as (

    select * from {{ ref('fct_participations') }}

),

mois_observes as (

    select * from {{ ref('dim_mois') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

reglages as (

    select
        max(valeur) filter (where cle = 'fenetre_activation_mois') as activation,
        max(valeur) filter (where cle = 'ecart_retention_mois') as ecart

    from {{ ref('dim_reglages') }}
    where hypotheses = 'usages'

),

-- Un stock trimestriel ne se publie qu'au dernier mois de ses périodes ; un stock annuel, au début
-- de l'année.
fins_de_trimestre as (

    select
        mois,
        {{ mois_avant('mois', '-1') }} as mois_suivant

    from {{ ref('dim_periodes') }}
    where periode_type = 'trimestre' and est_dernier_mois

),

fins_d_annee as (

    select
        mois,
        periode_debut

    from {{ ref('dim_periodes') }}
    where periode_type = 'annee' and est_dernier_mois

),

{{ transactions_rattachees() }},

transactions_rangees as (

    select
        siren,
        code_service,
        mois,
        objet_id,
        fichier_sha256,
        ligne,
        row_number() over (
            partition by siren, code_service, mois
            order by jour desc, objet_id desc, fichier_sha256 desc, ligne desc
        ) as rang

    from rattachees

),

-- La dernière transaction d'un mois témoigne de l'usage jusqu'à celle d'après.
temoignages as (

    select
        siren,
        code_service,
        mois,
        lead(mois) over (partition by siren, code_service order by mois asc) as mois_suivant,
        objet_id,
        fichier_sha256,
        ligne

    from transactions_rangees
    where rang = 1

),

usages_un_an_avant as (

    select
        siren,
        mois

    from appropriation
    where est_active_un_an_avant
    group by siren, mois

),

-- Ce qu'ind_appropriation_mois dit employé : il suffit d'une transaction pour le prouver.
usages as (

    select
        'APP-02' as code_indicateur,
        'numerateur' as terme,
        'service' as dimension,
        code_service as modalite,
        siren,
        mois,
        code_service,
        mois as jusqu_au
    from appropriation
    where est_membre and est_active_annee
    union all
    select
        'APP-02' as code_indicateur,
        'numerateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        siren,
        mois,
        code_service,
        mois as jusqu_au
    from appropriation
    where est_membre and est_active_annee
    union all
    select
        'APP-04' as code_indicateur,
        'numerateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        appropriation.siren,
        appropriation.mois,
        appropriation.code_service,
        appropriation.mois as jusqu_au
    from appropriation
    inner join fins_de_trimestre
        on appropriation.mois = fins_de_trimestre.mois
    where appropriation.est_active_trimestre
    union all
    select
        'APP-05' as code_indicateur,
        'numerateur' as terme,
        'service' as dimension,
        appropriation.code_service as modalite,
        appropriation.siren,
        appropriation.mois,
        appropriation.code_service,
        appropriation.mois as jusqu_au
    from appropriation
    inner join fins_de_trimestre
        on appropriation.mois = fins_de_trimestre.mois
    where appropriation.est_active_un_an_avant and appropriation.est_active_semestre
    union all
    select
        'APP-05' as code_indicateur,
        'numerateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        appropriation.siren,
        appropriation.mois,
        appropriation.code_service,
        appropriation.mois as jusqu_au
    from appropriation
    inner join fins_de_trimestre
        on appropriation.mois = fins_de_trimestre.mois
    inner join usages_un_an_avant
        on
            appropriation.siren = usages_un_an_avant.siren
            and appropriation.mois = usages_un_an_avant.mois
    where appropriation.est_active_semestre
    union all
    select
        'APP-05' as code_indicateur,
        'denominateur' as terme,
        'service' as dimension,
        appropriation.code_service as modalite,
        appropriation.siren,
        appropriation.mois,
        appropriation.code_service,
        {{ mois_avant('appropriation.mois', 'reglages.ecart') }} as jusqu_au
    from appropriation
    inner join fins_de_trimestre
        on appropriation.mois = fins_de_trimestre.mois
    cross join reglages
    where appropriation.est_active_un_an_avant
    union all
    select
        'APP-05' as code_indicateur,
        'denominateur' as terme,
        'ensemble' as dimension,
        'ensemble' as modalite,
        appropriation.siren,
        appropriation.mois,
        appropriation.code_service,
        {{ mois_avant('appropriation.mois', 'reglages.ecart') }} as jusqu_au
    from appropriation
    inner join fins_de_trimestre
        on appropriation.mois = fins_de_trimestre.mois
    cross join reglages
    where appropriation.est_active_un_an_avant

),

usages_temoignes as (

    select
        usages.code_indicateur,
        usages.siren,
        usages.dimension,
        usages.modalite,
        usages.mois,
        usages.terme,
        temoignages.objet_id,
        temoignages.fichier_sha256,
        temoignages.ligne,
        row_number() over (
            partition by
                usages.code_indicateur,
                usages.siren,
                usages.dimension,
                usages.modalite,
                usages.mois,
                usages.terme,
                case when usages.code_indicateur = 'APP-04' then usages.code_service end
            order by temoignages.mois desc, usages.code_service asc
        ) as rang

    from usages
    inner join temoignages
        on
            usages.siren = temoignages.siren
            and usages.code_service = temoignages.code_service
            and usages.jusqu_au >= temoignages.mois
            and (
                temoignages.mois_suivant is null
                or usages.jusqu_au < temoignages.mois_suivant
            )

),

membres as (

    select
        'APP-02' as code_indicateur,
        'denominateur' as terme,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        mesures.mois,
        adhesions.type_adhesion,
        adhesions.fichier_sha256,
        adhesions.ligne,
        row_number() over (
            partition by mesures.siren, mesures.dimension, mesures.modalite, mesures.mois
            order by adhesions.date_debut asc, adhesions.fichier_sha256 asc, adhesions.ligne asc
        ) as rang

    from mesures
    inner join appropriation
        on
            mesures.siren = appropriation.siren
            and mesures.mois = appropriation.mois
            and (mesures.dimension = 'ensemble' or mesures.modalite = appropriation.code_service)
    inner join adhesions
        on
            appropriation.siren = adhesions.siren
            and appropriation.code_service = adhesions.code_service
            and appropriation.date_adhesion = adhesions.date_debut
            and adhesions.type_adhesion = 'service'
    where mesures.code_indicateur = 'APP-02' and appropriation.est_membre

),

mois_de_l_annee as (

    select
        fins_d_annee.periode_debut,
        fins_d_annee.mois as dernier_mois,
        mois_observes.mois

    from fins_d_annee
    cross join reglages
    inner join mois_observes
        on
            fins_d_annee.mois >= mois_observes.mois
            and {{ mois_avant('fins_d_annee.mois', 'reglages.activation - 1') }}
            <= mois_observes.mois

),

-- Les transactions des douze mois qui finissent au dernier mois observé de l'année.
transactions_de_l_annee as (

    select
        rattachees.siren,
        mois_de_l_annee.periode_debut as mois,
        rattachees.objet_id,
        rattachees.fichier_sha256,
        rattachees.ligne

    from rattachees
    inner join mois_de_l_annee
        on rattachees.mois = mois_de_l_annee.mois
    inner join appropriation
        on
            rattachees.siren = appropriation.siren
            and rattachees.code_service = appropriation.code_service
            and mois_de_l_annee.dernier_mois = appropriation.mois
    inner join mesures
        on
            rattachees.siren = mesures.siren
            and mois_de_l_annee.dernier_mois = mesures.mois
            and mesures.code_indicateur = 'APP-03'
    where appropriation.nb_transactions_annee is not null

),

preparations_rangees as (

    select
        preparations.modalite,
        preparations.periode_debut,
        participations.siren,
        participations.id_evenement,
        participations.fichier_sha256,
        participations.ligne,
        row_number() over (
            partition by preparations.modalite, preparations.periode_debut, participations.siren
            order by participations.date_evenement asc, participations.id_evenement asc
        ) as rang

    from preparations
    inner join participations
        on
            preparations.perimetre_code = participations.siren
            and preparations.modalite = participations.code_obligation
            and preparations.periode_debut > participations.date_evenement
    where preparations.numerateur > 0

),

-- Un service inconnu ce mois-là n'entre pas dans l'ensemble.
services_aides as (

    select
        dimension,
        modalite,
        modalite as code_service,
        siren,
        mois
    from mesures
    where code_indicateur = 'APP-11' and dimension = 'service'
    union all
    select
        'ensemble' as dimension,
        'ensemble' as modalite,
        modalite as code_service,
        siren,
        mois
    from mesures
    where code_indicateur = 'APP-11' and dimension = 'service'

),

-- APP-06 : l'adhésion qui ouvre le suivi, et une transaction du mois du premier usage.
delais as (

    select
        code_service,
        siren,
        mois,
        'adhésion' as champ,
        code_service as objet_id,
        duree_mois as nombre,
        fichier_sha256,
        ligne
    from premiers_usages
    union all
    select
        premiers_usages.code_service,
        premiers_usages.siren,
        premiers_usages.mois,
        'premier usage' as champ,
        temoignages.objet_id,
        1 as nombre,
        temoignages.fichier_sha256,
        temoignages.ligne
    from premiers_usages
    inner join temoignages
        on
            premiers_usages.siren = temoignages.siren
            and premiers_usages.code_service = temoignages.code_service
            and premiers_usages.date_premier_usage = temoignages.mois

),

preuves as (

    select
        'APP-06' as code_indicateur,
        siren,
        'service' as dimension,
        code_service as modalite,
        mois,
        'calcul' as terme,
        champ,
        objet_id,
        nombre,
        fichier_sha256,
        ligne
    from delais
    union all
    select
        'APP-06' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'calcul' as terme,
        champ,
        objet_id,
        nombre,
        fichier_sha256,
        ligne
    from delais
    union all
    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        mois,
        terme,
        'dernière transaction' as champ,
        objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from usages_temoignes
    where rang = 1
    union all
    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        mois,
        terme,
        'adhésion' as champ,
        type_adhesion as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from membres
    where rang = 1
    union all
    -- Le dénominateur est le nombre de services, ou d'habitants.
    select
        mesures.code_indicateur,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        mesures.mois,
        'denominateur' as terme,
        'services' as champ,
        'référentiel' as objet_id,
        mesures.denominateur as nombre,
        cast(null as {{ dbt.type_string() }}) as fichier_sha256,
        cast(null as bigint) as ligne
    from mesures
    inner join fins_de_trimestre
        on mesures.mois = fins_de_trimestre.mois
    where mesures.code_indicateur = 'APP-04'
    union all
    select
        mesures.code_indicateur,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        fins_d_annee.periode_debut as mois,
        'denominateur' as terme,
        'population municipale' as champ,
        'référentiel' as objet_id,
        mesures.denominateur as nombre,
        cast(null as {{ dbt.type_string() }}) as fichier_sha256,
        cast(null as bigint) as ligne
    from mesures
    inner join fins_d_annee
        on mesures.mois = fins_d_annee.mois
    where mesures.code_indicateur = 'APP-03'
    union all
    select
        'APP-03' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'numerateur' as terme,
        'transaction' as champ,
        objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from transactions_de_l_annee
    union all
    select
        'APP-10' as code_indicateur,
        preparations.perimetre_code as siren,
        preparations.dimension,
        preparations.modalite,
        preparations.periode_debut as mois,
        'denominateur' as terme,
        'obligation' as champ,
        preparations.modalite as objet_id,
        preparations.denominateur as nombre,
        cast(null as {{ dbt.type_string() }}) as fichier_sha256,
        cast(null as bigint) as ligne
    from preparations
    union all
    select
        'APP-10' as code_indicateur,
        preparations.perimetre_code as siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        preparations.periode_debut as mois,
        'denominateur' as terme,
        'obligation' as champ,
        preparations.modalite as objet_id,
        preparations.denominateur as nombre,
        cast(null as {{ dbt.type_string() }}) as fichier_sha256,
        cast(null as bigint) as ligne
    from preparations
    union all
    select
        'APP-10' as code_indicateur,
        siren,
        'obligation' as dimension,
        modalite,
        periode_debut as mois,
        'numerateur' as terme,
        concat('participation, ', modalite) as champ,
        id_evenement as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from preparations_rangees
    where rang = 1
    union all
    select
        'APP-10' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        periode_debut as mois,
        'numerateur' as terme,
        concat('participation, ', modalite) as champ,
        id_evenement as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from preparations_rangees
    where rang = 1
    union all
    select
        'APP-11' as code_indicateur,
        services_aides.siren,
        services_aides.dimension,
        services_aides.modalite,
        services_aides.mois,
        'numerateur' as terme,
        'tickets' as champ,
        services_aides.code_service as objet_id,
        tickets.nb_tickets as nombre,
        tickets.fichier_sha256,
        tickets.ligne
    from services_aides
    inner join tickets
        on
            services_aides.siren = tickets.siren
            and services_aides.code_service = tickets.code_service
            and services_aides.mois = tickets.mois
    union all
    select
        'APP-11' as code_indicateur,
        services_aides.siren,
        services_aides.dimension,
        services_aides.modalite,
        services_aides.mois,
        'denominateur' as terme,
        concat('transaction, ', services_aides.code_service) as champ,
        rattachees.objet_id,
        1 as nombre,
        rattachees.fichier_sha256,
        rattachees.ligne
    from services_aides
    inner join rattachees
        on
            services_aides.siren = rattachees.siren
            and services_aides.code_service = rattachees.code_service
            and services_aides.mois = rattachees.mois

),

{{ preuves_finales() }}

select * from final
