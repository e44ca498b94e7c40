with

recus as (

    select * from {{ ref('int_retours_recus') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

rattachements as (

    select * from {{ ref('ref_rattachements') }}

),

communes_nouvelles as (

    select siren
    from fusions
    group by siren

),

-- Ce qui est connu de plus ancien court depuis plus longtemps.
debut as (

    select min(valide_du) as premier_jour
    from rattachements

),

membres as (

    select
        communes_nouvelles.siren,
        rattachements.siren as siren_declarant,
        case
            when rattachements.valide_du > debut.premier_jour then rattachements.valide_du
        end as valide_du,
        rattachements.valide_au

    from rattachements
    cross join debut
    left join fusions
        on rattachements.siren = fusions.siren_ancien
    inner join communes_nouvelles
        on coalesce(fusions.siren, rattachements.siren) = communes_nouvelles.siren

),

reponses as (

    select recus.*

    from recus
    inner join communes_nouvelles
        on recus.siren = communes_nouvelles.siren

),

mois_declares as (

    select
        siren,
        mois
    from reponses
    group by siren, mois

),

existences as (

    select
        mois_declares.siren,
        mois_declares.mois,
        membres.siren_declarant,
        bool_or(
            (membres.valide_du is null or membres.valide_du <= mois_declares.mois)
            and (membres.valide_au is null or membres.valide_au >= mois_declares.mois)
        ) as est_existante

    from mois_declares
    inner join membres
        on mois_declares.siren = membres.siren
    group by mois_declares.siren, mois_declares.mois, membres.siren_declarant

),

-- La fusion faite, la commune parle pour toutes ; elle aussi pour les mois d'avant, si elle est née
-- de la fusion. Qui en a réuni d'autres sous son propre SIREN n'était, avant, que l'une d'elles.
attendues as (

    select
        siren,
        mois,
        case
            when bool_or(est_existante and siren_declarant = siren)
                then count(*) filter (where est_existante) = 1
            else true
        end as parle_pour_toutes,
        case
            when
                bool_or(est_existante and siren_declarant = siren)
                and count(*) filter (where est_existante) = 1
                then count(*) filter (where siren_declarant <> siren)
            else count(*) filter (where est_existante)
        end as nb_attendus

    from existences
    group by siren, mois

),

par_donnee as (

    select
        reponses.siren,
        reponses.mois,
        reponses.code_donnee,
        attendues.nb_attendus,
        max(reponses.lot) as lot,
        count(reponses.valeur) as nb_connus,
        bool_or(
            attendues.parle_pour_toutes
            and reponses.siren_declarant = reponses.siren
            and reponses.valeur is not null
        ) as a_reponse_entiere

    from reponses
    inner join attendues
        on
            reponses.siren = attendues.siren
            and reponses.mois = attendues.mois
    group by reponses.siren, reponses.mois, reponses.code_donnee, attendues.nb_attendus

),

final as (

    select
        reponses.siren,
        reponses.siren_declarant,
        reponses.code_donnee,
        reponses.nature_code,
        reponses.libelle_donnee,
        reponses.processus,
        reponses.unite,
        reponses.mois,
        reponses.date_envoi,
        reponses.version,
        reponses.valeur,
        reponses.nb_versions,
        case when par_donnee.a_reponse_entiere then 1 else par_donnee.nb_attendus end
            as nb_declarants_attendus,
        reponses.est_demonstration,
        reponses.fichier_sha256,
        reponses.ligne,
        par_donnee.lot

    from reponses
    inner join par_donnee
        on
            reponses.siren = par_donnee.siren
            and reponses.mois = par_donnee.mois
            and reponses.code_donnee = par_donnee.code_donnee
    -- « NC » ne compte que si personne ne sait.
    where
        case
            when par_donnee.a_reponse_entiere then reponses.siren_declarant = reponses.siren
            else par_donnee.nb_connus = 0 or reponses.valeur is not null
        end

)

select * from final
