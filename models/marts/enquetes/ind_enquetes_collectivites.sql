with

codes as (

    select 'ENQ-03' as code_indicateur
    union all
    select 'ENQ-04' as code_indicateur
    union all
    select 'MUT-01' as code_indicateur

),

campagnes as (

    select * from {{ ref('dim_campagnes') }}
    where est_aupres_des_collectivites

),

sollicitees as (

    select * from {{ ref('dim_campagnes_collectivites') }}

),

retenus as (

    select * from {{ ref('fct_repondants') }}
    where est_retenue

),

reponses as (

    select * from {{ ref('fct_reponses_enquete') }}
    where est_retenue and reponse is not null and reponse <> 'na'

),

modalites as (

    select * from {{ ref('dim_modalites_enquete') }}

),

-- Sans une seule réponse reçue, une campagne n'a pas de taux nul : elle n'a pas de taux.
campagnes_repondues as (

    select campagne
    from {{ ref('fct_repondants') }}
    group by campagne

),

interrogees as (

    select
        sollicitees.campagne,
        sollicitees.siren,
        sollicitees.classe_taille,
        sollicitees.nb_communes,
        sollicitees.nb_habitants,
        retenus.id_reponse,
        retenus.id_reponse is not null as a_repondu

    from sollicitees
    inner join campagnes_repondues
        on sollicitees.campagne = campagnes_repondues.campagne
    left join retenus
        on
            sollicitees.campagne = retenus.campagne
            and sollicitees.siren = retenus.siren

),

taux_de_reponse as (

    select
        campagne,
        siren,
        'ENQ-01' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        case when a_repondu then 1 else 0 end as numerateur,
        1 as denominateur
    from interrogees
    union all
    select
        campagne,
        siren,
        'ENQ-01' as code_indicateur,
        'ponderation' as dimension,
        'entites' as modalite,
        case when a_repondu then 1 else 0 end as numerateur,
        1 as denominateur
    from interrogees
    union all
    select
        campagne,
        siren,
        'ENQ-01' as code_indicateur,
        'ponderation' as dimension,
        'communes' as modalite,
        case when a_repondu then nb_communes else 0 end as numerateur,
        nb_communes as denominateur
    from interrogees
    where nb_communes is not null
    union all
    select
        campagne,
        siren,
        'ENQ-01' as code_indicateur,
        'ponderation' as dimension,
        'habitants' as modalite,
        case when a_repondu then nb_habitants else 0 end as numerateur,
        nb_habitants as denominateur
    from interrogees
    where nb_habitants is not null
    union all
    select
        campagne,
        siren,
        'ENQ-02' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        case when a_repondu then 1 else 0 end as numerateur,
        1 as denominateur
    from interrogees
    union all
    select
        campagne,
        siren,
        'ENQ-02' as code_indicateur,
        'classe_taille' as dimension,
        classe_taille as modalite,
        case when a_repondu then 1 else 0 end as numerateur,
        1 as denominateur
    from interrogees

),

services as (

    select
        campagne,
        siren,
        service,
        max(case when sujet = 'statut_service' then reponse end) as statut_service,
        max(case when sujet = 'mutualisation' then reponse end) as mutualisation

    from reponses
    where sujet in ('statut_service', 'mutualisation')
    group by campagne, siren, service

),

services_par_service as (

    select
        services.campagne,
        services.siren,
        codes.code_indicateur,
        'service' as dimension,
        services.service as modalite,
        case codes.code_indicateur
            when 'ENQ-03' then case when services.statut_service = 'deploye' then 1 else 0 end
            when 'ENQ-04' then case when services.statut_service = 'etudie' then 1 else 0 end
            else
                case
                    when services.statut_service = 'deploye' and services.mutualisation = 'oui'
                        then 1
                    else 0
                end
        end as numerateur,
        -- La mutualisation se rapporte aux services déployés, jamais aux répondants.
        case
            when codes.code_indicateur <> 'MUT-01' then 1
            when services.statut_service = 'deploye' then 1
            else 0
        end as denominateur

    from services
    cross join codes
    where services.statut_service is not null

),

-- Une case cochée et le code d'un verbatim qui disent la même chose ne sont qu'une citation.
citees as (

    select
        campagne,
        siren,
        sujet,
        modalite,
        max(case when reponse = 'oui' then 1 else 0 end) as numerateur

    from reponses
    where sujet in ('frein', 'aide', 'besoin')
    group by campagne, siren, sujet, modalite

),

interrogees_par_sujet as (

    select
        campagne,
        siren,
        sujet

    from citees
    group by campagne, siren, sujet

),

citations as (

    select
        interrogees_par_sujet.campagne,
        interrogees_par_sujet.siren,
        case interrogees_par_sujet.sujet
            when 'frein' then 'ENQ-06'
            when 'aide' then 'ENQ-05'
            else 'ENQ-08'
        end as code_indicateur,
        interrogees_par_sujet.sujet as dimension,
        modalites.modalite,
        coalesce(citees.numerateur, 0) as numerateur,
        1 as denominateur

    from interrogees_par_sujet
    inner join modalites
        on interrogees_par_sujet.sujet = modalites.dimension
    left join citees
        on
            interrogees_par_sujet.campagne = citees.campagne
            and interrogees_par_sujet.siren = citees.siren
            and interrogees_par_sujet.sujet = citees.sujet
            and modalites.modalite = citees.modalite

),

formes as (

    select
        campagne,
        siren,
        reponse as modalite,
        count(*) as nb_citations

    from reponses
    where sujet = 'type_mutualisation'
    group by campagne, siren, reponse

),

formes_totales as (

    select
        campagne,
        siren,
        sum(nb_citations) as nb_citations

    from formes
    group by campagne, siren

),

types_de_mutualisation as (

    select
        formes_totales.campagne,
        formes_totales.siren,
        'MUT-04' as code_indicateur,
        'type_mutualisation' as dimension,
        modalites.modalite,
        coalesce(formes.nb_citations, 0) as numerateur,
        formes_totales.nb_citations as denominateur

    from formes_totales
    inner join modalites
        on modalites.dimension = 'type_mutualisation'
    left join formes
        on
            formes_totales.campagne = formes.campagne
            and formes_totales.siren = formes.siren
            and modalites.modalite = formes.modalite

),

certificats as (

    select
        campagne,
        siren,
        'APP-13' as code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        max(case when reponse = 'oui' then 1 else 0 end) as numerateur,
        1 as denominateur

    from reponses
    where sujet = 'certificat'
    group by campagne, siren

),

declarees as (

    select * from services_par_service
    union all
    select
        campagne,
        siren,
        code_indicateur,
        'ensemble' as dimension,
        'ensemble' as modalite,
        sum(numerateur) as numerateur,
        sum(denominateur) as denominateur
    from services_par_service
    group by campagne, siren, code_indicateur
    union all
    select * from citations
    union all
    select * from types_de_mutualisation
    union all
    select * from certificats

),

-- Qui n'a pas répondu a sa ligne aussi : absente, non nulle.
questions as (

    select
        campagne,
        code_indicateur,
        dimension,
        modalite

    from declarees
    group by campagne, code_indicateur, dimension, modalite

),

mesures as (

    select
        campagne,
        siren,
        code_indicateur,
        dimension,
        modalite,
        numerateur,
        denominateur
    from taux_de_reponse
    union all
    select
        interrogees.campagne,
        interrogees.siren,
        questions.code_indicateur,
        questions.dimension,
        questions.modalite,
        declarees.numerateur,
        declarees.denominateur
    from interrogees
    inner join questions
        on interrogees.campagne = questions.campagne
    left join declarees
        on
            interrogees.campagne = declarees.campagne
            and interrogees.siren = declarees.siren
            and questions.code_indicateur = declarees.code_indicateur
            and questions.dimension = declarees.dimension
            and questions.modalite = declarees.modalite

),

final as (

    select
        mesures.campagne,
        mesures.code_indicateur,
        mesures.siren,
        sollicitees.nom_collectivite,
        sollicitees.type_collectivite,
        sollicitees.classe_taille,
        sollicitees.code_departement,
        sollicitees.nom_departement,
        sollicitees.siren_epci,
        sollicitees.nom_epci,
        campagnes.date_debut,
        mesures.dimension,
        mesures.modalite,
        cast(mesures.numerateur as double) as numerateur,
        cast(mesures.denominateur as double) as denominateur,
        mesures.denominateur is not null as est_connu,
        campagnes.est_demonstration

    from mesures
    inner join sollicitees
        on
            mesures.campagne = sollicitees.campagne
            and mesures.siren = sollicitees.siren
    inner join campagnes
        on mesures.campagne = campagnes.campagne

)

select * from final
