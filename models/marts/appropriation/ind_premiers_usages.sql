with

adhesions as (

    select * from {{ ref('fct_adhesions') }}
    where type_adhesion = 'service'

),

appropriation as (

    select * from {{ ref('ind_appropriation_mois') }}

),

premieres_adhesions as (

    select
        siren,
        code_service,
        min(date_debut) as date_adhesion,
        cast(date_trunc('month', min(date_debut)) as date) as mois_adhesion,
        case
            when count(*) = count(date_fin)
                then cast(date_trunc('month', max(date_fin)) as date)
        end as mois_depart,
        bool_or(est_demonstration) as est_demonstration,
        min_by(fichier_sha256, date_debut) as fichier_sha256,
        min_by(ligne, date_debut) as ligne

    from adhesions
    group by siren, code_service

),

suivis as (

    select
        premieres_adhesions.siren,
        premieres_adhesions.code_service,
        premieres_adhesions.date_adhesion,
        premieres_adhesions.mois_adhesion,
        premieres_adhesions.mois_depart,
        premieres_adhesions.fichier_sha256,
        premieres_adhesions.ligne,
        min(appropriation.mois) filter (where appropriation.nb_transactions > 0)
            as premier_mois_usage,
        min(appropriation.mois) filter (
            where
            appropriation.nb_transactions is null
            and appropriation.mois >= premieres_adhesions.mois_adhesion
        ) as premier_mois_inconnu,
        max(appropriation.mois) as dernier_mois,
        coalesce(
            bool_or(
                appropriation.mois = premieres_adhesions.mois_adhesion
                and appropriation.nb_transactions is not null
            ),
            false
        ) as est_suivie,
        bool_or(premieres_adhesions.est_demonstration or appropriation.est_demonstration)
            as est_demonstration

    from premieres_adhesions
    inner join appropriation
        on
            premieres_adhesions.siren = appropriation.siren
            and premieres_adhesions.code_service = appropriation.code_service
    group by
        premieres_adhesions.siren,
        premieres_adhesions.code_service,
        premieres_adhesions.date_adhesion,
        premieres_adhesions.mois_adhesion,
        premieres_adhesions.mois_depart,
        premieres_adhesions.fichier_sha256,
        premieres_adhesions.ligne
    -- Une adhésion d'avant les mois observés a pu servir sans qu'on le voie.
    having min(appropriation.mois) <= premieres_adhesions.mois_adhesion

),

-- Un mois que les exports ne couvrent pas, le départ ou le dernier mois observé ferment le suivi.
bornes as (

    select
        siren,
        code_service,
        date_adhesion,
        mois_adhesion,
        premier_mois_usage,
        fichier_sha256,
        ligne,
        est_suivie,
        est_demonstration,
        least(
            dernier_mois,
            coalesce(mois_depart, dernier_mois),
            coalesce({{ mois_avant('premier_mois_inconnu', 1) }}, dernier_mois)
        ) as fin_du_suivi

    from suivis
    -- Qui employait déjà le service n'en fait pas un premier usage.
    where premier_mois_usage is null or premier_mois_usage >= mois_adhesion

),

juges as (

    select
        siren,
        code_service,
        date_adhesion,
        mois_adhesion,
        fichier_sha256,
        ligne,
        est_suivie,
        est_demonstration,
        case when est_suivie and premier_mois_usage <= fin_du_suivi then premier_mois_usage end
            as mois_premier_usage,
        case when est_suivie then fin_du_suivi end as mois_fin_suivi

    from bornes

),

final as (

    select
        juges.siren,
        juges.code_service,
        appropriation.nom_collectivite,
        appropriation.type_collectivite,
        appropriation.classe_taille,
        appropriation.code_departement,
        appropriation.nom_departement,
        appropriation.siren_epci,
        appropriation.nom_epci,
        juges.mois_adhesion as mois,
        juges.date_adhesion,
        juges.mois_premier_usage as date_premier_usage,
        juges.est_suivie,
        juges.mois_premier_usage is not null as a_servi,
        case
            when juges.est_suivie
                then
                    {{ mois_entre(
                        'juges.mois_adhesion',
                        'coalesce(juges.mois_premier_usage, juges.mois_fin_suivi)'
                    ) }} - 1
        end as duree_mois,
        juges.est_demonstration,
        juges.fichier_sha256,
        juges.ligne

    from juges
    inner join appropriation
        on
            juges.siren = appropriation.siren
            and juges.code_service = appropriation.code_service
            and juges.mois_adhesion = appropriation.mois

)

select * from final
