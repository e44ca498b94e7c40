{{ config(materialized='view') }}

with

mesures as (

    select * from {{ ref('ind_mesures_mois') }}
    where est_connu

),

entreprises_connues as (

    select * from {{ ref('ind_entreprises_recalculees') }}
    where periode_type = 'mois' and statut <> 'absent'

),

adhesions as (

    select * from {{ ref('fct_adhesions') }}

),

conventions as (

    select * from {{ ref('fct_conventions') }}

),

comptes as (

    select * from {{ ref('fct_comptes') }}

),

utilisateurs as (

    select * from {{ ref('fct_utilisateurs_actifs') }}

),

entreprises as (

    select * from {{ ref('fct_entreprises_mois') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

-- Un stock trimestriel ne se publie qu'au dernier mois de ses périodes.
fins_de_trimestre as (

    select
        mois,
        {{ mois_avant('mois', '-1') }} as mois_suivant

    from {{ ref('dim_periodes') }}
    where periode_type = 'trimestre' and est_dernier_mois

),

adhesions_comptees as (

    select
        'APP-01' as code_indicateur,
        'numerateur' as terme,
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
    inner join fins_de_trimestre
        on mesures.mois = fins_de_trimestre.mois
    inner join adhesions
        on
            mesures.siren = adhesions.siren
            and (
                (mesures.dimension = 'ensemble' and adhesions.type_adhesion = 'adherent')
                or (
                    mesures.dimension = 'service'
                    and adhesions.type_adhesion = 'service'
                    and mesures.modalite = adhesions.code_service
                )
            )
            and {{ court_fin_de_mois(
                'adhesions.date_debut', 'adhesions.date_fin', 'fins_de_trimestre.mois_suivant'
            ) }}
    where mesures.code_indicateur = 'APP-01' and mesures.numerateur > 0

),

conventions_comptees as (

    select
        conventions.siren,
        mesures.mois,
        conventions.reference_convention,
        conventions.est_a_jour,
        conventions.fichier_sha256,
        conventions.ligne

    from conventions
    inner join fins_de_trimestre
        on {{ court_fin_de_mois(
            'conventions.date_signature', 'conventions.date_fin', 'fins_de_trimestre.mois_suivant'
        ) }}
    inner join mesures
        on
            conventions.siren = mesures.siren
            and fins_de_trimestre.mois = mesures.mois
            and mesures.code_indicateur = 'REG-07'
    where conventions.est_a_jour is not null

),

preuves as (

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
    from adhesions_comptees
    where rang = 1
    union all
    select
        mesures.code_indicateur,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        mesures.mois,
        'denominateur' as terme,
        'collectivité' as champ,
        'référentiel' as objet_id,
        mesures.denominateur as nombre,
        cast(null as {{ dbt.type_string() }}) as fichier_sha256,
        cast(null as bigint) as ligne
    from mesures
    inner join fins_de_trimestre
        on mesures.mois = fins_de_trimestre.mois
    where mesures.code_indicateur = 'APP-01'
    union all
    select
        'APP-07' as code_indicateur,
        utilisateurs.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        utilisateurs.mois,
        'numerateur' as terme,
        'utilisateur actif' as champ,
        concat('événement ', utilisateurs.numero_evenement) as objet_id,
        1 as nombre,
        utilisateurs.fichier_sha256,
        utilisateurs.ligne
    from utilisateurs
    inner join mesures
        on
            utilisateurs.siren = mesures.siren
            and utilisateurs.mois = mesures.mois
            and mesures.code_indicateur = 'APP-07'
    union all
    select
        'APP-07' as code_indicateur,
        comptes.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mesures.mois,
        'denominateur' as terme,
        'compte ouvert' as champ,
        'compte' as objet_id,
        1 as nombre,
        comptes.fichier_sha256,
        comptes.ligne
    from comptes
    inner join mesures
        on
            comptes.siren = mesures.siren
            and mesures.code_indicateur = 'APP-07'
            and {{ est_compte_ouvert('comptes', mois_avant('mesures.mois', '-1')) }}
    union all
    select
        'APP-08' as code_indicateur,
        entreprises.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        entreprises.mois,
        'numerateur' as terme,
        'entreprises actives' as champ,
        'entreprises' as objet_id,
        entreprises.nb_actives as nombre,
        entreprises.fichier_sha256,
        entreprises.ligne
    from entreprises
    inner join entreprises_connues
        on entreprises.mois = entreprises_connues.periode_debut
    union all
    select
        'APP-08' as code_indicateur,
        entreprises.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        entreprises.mois,
        'denominateur' as terme,
        'entreprises inscrites' as champ,
        'entreprises' as objet_id,
        entreprises.nb_inscrites as nombre,
        entreprises.fichier_sha256,
        entreprises.ligne
    from entreprises
    inner join entreprises_connues
        on entreprises.mois = entreprises_connues.periode_debut
    union all
    select
        'REG-07' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'numerateur' as terme,
        'convention à jour' as champ,
        reference_convention as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from conventions_comptees
    where est_a_jour
    union all
    select
        'REG-07' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        mois,
        'denominateur' as terme,
        'convention' as champ,
        reference_convention as objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from conventions_comptees

),

{{ preuves_finales() }}

select * from final
