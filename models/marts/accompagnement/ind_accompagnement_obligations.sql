with

participations as (

    select * from {{ ref('fct_participations') }}

),

obligations as (

    select * from {{ ref('dim_obligations') }}

),

assujettissements as (

    select * from {{ ref('dim_assujettissements') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

indicateurs as (

    select max(cible) as cible

    from {{ ref('dim_indicateurs') }}
    where code_indicateur = 'APP-10' and valide_au is null

),

reglages as (

    select max(valeur) as ecart_en_bonne_voie

    from {{ ref('hyp_pilotage') }}
    where cle = 'ecart_en_bonne_voie'

),

-- Sans aucun événement reçu sur une obligation, on ne sait pas qui s'y est formé : ce n'est pas 0.
obligations_accompagnees as (

    select
        code_obligation,
        bool_or(est_demonstration) as est_demonstration

    from participations
    where code_obligation <> ''
    group by code_obligation

),

-- Venir le jour de l'échéance, c'est venir trop tard.
prepares as (

    select
        participations.siren,
        participations.code_obligation

    from participations
    inner join obligations
        on participations.code_obligation = obligations.code_obligation
    where participations.date_evenement < obligations.date_echeance
    group by participations.siren, participations.code_obligation

),

final as (

    select
        assujettissements.siren,
        assujettissements.code_obligation,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        {{ libelle_type_collectivite('collectivites.type_collectivite') }} as libelle_type,
        collectivites.classe_taille,
        collectivites.code_departement,
        {{ libelle_rattachement(
            'collectivites.nom_departement', 'collectivites.type_collectivite'
        ) }} as nom_departement,
        collectivites.siren_epci,
        {{ libelle_rattachement('collectivites.nom_epci', 'collectivites.type_collectivite') }}
            as nom_epci,
        cast(collectivites.population as bigint) as nb_habitants,
        obligations.ordre_obligation,
        obligations.libelle_court,
        obligations.date_echeance,
        cast(indicateurs.cible as double) as cible,
        cast(reglages.ecart_en_bonne_voie as double) as ecart_en_bonne_voie,
        assujettissements.statut_assujettissement = 'assujettie'
        and obligations_accompagnees.code_obligation is not null as est_connue,
        assujettissements.statut_assujettissement = 'assujettie' as est_assujettie,
        prepares.siren is not null as est_preparee,
        coalesce(obligations_accompagnees.est_demonstration, false) as est_demonstration

    from assujettissements
    cross join indicateurs
    cross join reglages
    inner join obligations
        on assujettissements.code_obligation = obligations.code_obligation
    left join collectivites
        on assujettissements.siren = collectivites.siren
    left join obligations_accompagnees
        on assujettissements.code_obligation = obligations_accompagnees.code_obligation
    left join prepares
        on
            assujettissements.siren = prepares.siren
            and assujettissements.code_obligation = prepares.code_obligation
    where
        assujettissements.statut_assujettissement <> 'non_assujettie'
        and obligations.date_echeance is not null

)

select * from final
