with

assujettissements as (

    select * from {{ ref('dim_assujettissements') }}

),

obligations as (

    select * from {{ ref('dim_obligations') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

adhesions as (

    select * from {{ ref('fct_adhesions') }}

),

actes as (

    select * from {{ ref('fct_actes') }}

),

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}

),

consultations as (

    select * from {{ ref('fct_consultations') }}

),

marches as (

    select * from {{ ref('fct_marches') }}

),

retours as (

    select * from {{ ref('fct_retours') }}
    where valeur is not null

),

reglages as (

    select max(valeur) filter (where cle = 'nb_mois_silence') as nb_mois_silence
    from {{ ref('hyp_conformite') }}

),

observation as (

    select cast(max(mois) + interval 1 month - interval 1 day as date) as date_observation
    from {{ ref('dim_mois') }}

),

raccordements as (

    select
        siren,
        code_service,
        min(date_debut) as date_raccordement,
        bool_or(est_demonstration) as est_demonstration

    from adhesions
    where type_adhesion = 'service'
    group by siren, code_service

),

{{ transactions_de_conformite() }},

premieres_transactions as (

    select
        code_obligation,
        siren,
        min(date_preuve) as date_preuve,
        bool_or(est_demonstration) as est_demonstration

    from transactions
    where date_preuve is not null
    group by code_obligation, siren

),

bords_gauches as (

    select
        code_obligation,
        min(date_preuve) as debut_observation

    from premieres_transactions
    group by code_obligation

),

-- La dernière réponse vaut jusqu'à la suivante : une année, ou 0 si ce n'est pas encore fait.
declarations as (

    select
        {{ obligation_declaree('code_donnee') }} as code_obligation,
        siren,
        max_by(valeur, mois) > 0 as est_conforme,
        case
            when max_by(valeur, mois) > 0
                then cast(concat(cast(max_by(valeur, mois) as integer), '-01-01') as date)
        end as date_declaree,
        bool_or(est_demonstration) as est_demonstration
    from retours
    where unite = 'annee' and not est_partiel
    group by code_donnee, siren
    union all
    select
        'E02' as code_obligation,
        siren,
        coalesce(sum(valeur) filter (where code_donnee = 'FACTURES_RECUES_ELEC'), 0) > 0
            as est_conforme,
        cast(null as date) as date_declaree,
        bool_or(est_demonstration) as est_demonstration
    from retours
    where code_donnee in ('FACTURES_RECUES', 'FACTURES_RECUES_ELEC')
    group by siren
    having sum(valeur) > 0

),

-- Une activité déclarée que la plateforme n'a jamais vue est une obligation qui n'est pas tenue.
-- Sauf pour les flux PES : le comptable n'en reçoit pas d'autres, et beaucoup partent sans tiers.
activites_declarees as (

    select
        obligations.code_obligation,
        retours.siren,
        bool_or(retours.est_demonstration) as est_demonstration

    from retours
    inner join obligations
        on obligations.code_obligation = {{ obligation_exercee('retours.code_donnee') }}
    where retours.valeur > 0
    group by obligations.code_obligation, retours.siren

),

faits as (

    select
        assujettissements.siren,
        assujettissements.code_obligation,
        assujettissements.statut_assujettissement,
        assujettissements.motif,
        obligations.ordre_obligation,
        obligations.libelle_court,
        obligations.libelle_obligation,
        obligations.date_echeance,
        obligations.est_capacite,
        observation.date_observation,
        raccordements.date_raccordement,
        premieres_transactions.date_preuve as date_premiere_transaction,
        coalesce(
            {{ mois_avant('premieres_transactions.date_preuve', 'reglages.nb_mois_silence') }}
            >= bords_gauches.debut_observation,
            false
        ) as est_precedee_de_silence,
        declarations.est_conforme as est_conforme_declare,
        declarations.date_declaree,
        activites_declarees.siren is not null as est_activite_declaree,
        coalesce(raccordements.est_demonstration, false)
        or coalesce(premieres_transactions.est_demonstration, false)
        or coalesce(declarations.est_demonstration, false)
        or coalesce(activites_declarees.est_demonstration, false) as est_demonstration

    from assujettissements
    inner join obligations
        on assujettissements.code_obligation = obligations.code_obligation
    cross join observation
    cross join reglages
    left join raccordements
        on
            assujettissements.siren = raccordements.siren
            and obligations.code_service = raccordements.code_service
    left join premieres_transactions
        on
            assujettissements.siren = premieres_transactions.siren
            and assujettissements.code_obligation = premieres_transactions.code_obligation
    left join bords_gauches
        on assujettissements.code_obligation = bords_gauches.code_obligation
    left join declarations
        on
            assujettissements.siren = declarations.siren
            and assujettissements.code_obligation = declarations.code_obligation
    left join activites_declarees
        on
            assujettissements.siren = activites_declarees.siren
            and assujettissements.code_obligation = activites_declarees.code_obligation

),

-- Être raccordé ne suffit pas, sauf à une obligation de pouvoir faire : il faut que quelque chose
-- soit passé, ou soit déclaré.
etats as (

    select
        *,
        case
            when statut_assujettissement <> 'assujettie' then null
            when date_premiere_transaction is not null or est_conforme_declare then true
            when est_capacite and date_raccordement is not null then true
            when not est_conforme_declare or est_activite_declaree then false
        end as est_conforme_aujourd_hui

    from faits

),

dates as (

    select
        *,
        case
            when not coalesce(est_conforme_aujourd_hui, false) then null
            when date_raccordement is not null
                then least(
                    date_raccordement, coalesce(date_premiere_transaction, date_raccordement)
                )
            when est_precedee_de_silence then date_premiere_transaction
            when date_premiere_transaction is null then date_declaree
        end as date_conformite,
        case
            when est_conforme_aujourd_hui is null then 'aucune'
            when not est_conforme_aujourd_hui then 'declaration'
            when date_raccordement is not null then 'raccordement'
            when date_premiere_transaction is not null then 'transaction'
            else 'declaration'
        end as origine_preuve

    from etats

),

final as (

    select
        dates.siren,
        dates.code_obligation,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        {{ libelle_rattachement(
            'collectivites.nom_departement', 'collectivites.type_collectivite'
        ) }} as nom_departement,
        collectivites.siren_epci,
        {{ libelle_rattachement('collectivites.nom_epci', 'collectivites.type_collectivite') }}
            as nom_epci,
        {{ libelle_type_collectivite('collectivites.type_collectivite') }} as libelle_type,
        collectivites.population as nb_habitants,
        dates.ordre_obligation,
        dates.libelle_court,
        dates.libelle_obligation,
        dates.statut_assujettissement,
        dates.motif as motif_assujettissement,
        case
            when dates.statut_assujettissement = 'non_assujettie' then 'non_concernee'
            when dates.statut_assujettissement = 'inconnu' then 'assujettissement_inconnu'
            when dates.est_conforme_aujourd_hui is null then 'inconnue'
            when not dates.est_conforme_aujourd_hui then 'non_conforme'
            when dates.date_conformite is null then 'conforme_date_inconnue'
            when dates.date_conformite <= dates.date_echeance then 'conforme_a_l_echeance'
            else 'conforme_en_retard'
        end as statut,
        dates.origine_preuve,
        dates.date_echeance,
        dates.date_conformite,
        dates.date_observation,
        cast(
            case
                when dates.date_conformite is not null
                    then greatest(
                        {{ dbt.datediff('dates.date_echeance', 'dates.date_conformite', 'day') }}, 0
                    )
                when not dates.est_conforme_aujourd_hui
                    then {{ dbt.datediff('dates.date_echeance', 'dates.date_observation', 'day') }}
            end as bigint
        ) as retard_jours,
        case
            when dates.date_conformite is not null
                then dates.date_conformite <= dates.date_echeance
            when not dates.est_conforme_aujourd_hui then false
        end as est_conforme_a_l_echeance,
        dates.est_conforme_aujourd_hui,
        coalesce(not dates.est_conforme_aujourd_hui, false) as est_censure,
        dates.est_demonstration

    from dates
    inner join collectivites
        on dates.siren = collectivites.siren

)

select * from final
