with

retours as (

    select * from {{ ref('int_retours_retenus') }}
    where valeur is not null and not est_partiel

),

regles as (

    select * from {{ ref('ref_regles_coherence') }}

),

-- Une règle se vérifie si les deux données sont connues : ce qui manque ne passe ni n'échoue.
comparaisons as (

    select
        inferieures.siren,
        inferieures.mois,
        regles.code_regle,
        inferieures.code_donnee as objet,
        inferieures.valeur as valeur_controlee,
        superieures.valeur as valeur_borne,
        inferieures.valeur <= superieures.valeur as est_respectee,
        inferieures.est_demonstration,
        inferieures.fichier_sha256,
        inferieures.ligne,
        inferieures.lot

    from regles
    inner join retours as inferieures
        on regles.donnee_inferieure = inferieures.code_donnee
    inner join retours as superieures
        on
            regles.donnee_superieure = superieures.code_donnee
            and inferieures.siren = superieures.siren
            and inferieures.mois = superieures.mois
    where regles.type_regle = 'inferieur_ou_egal'

),

ordres_de_grandeur as (

    select
        siren,
        code_donnee,
        median(cast(valeur as double)) as valeur_mediane,
        count(*) as nb_mois

    from retours
    where valeur > 0
    group by siren, code_donnee

),

sauts as (

    select
        retours.siren,
        retours.mois,
        regles.code_regle,
        retours.code_donnee as objet,
        retours.valeur as valeur_controlee,
        cast(
            greatest(
                ordres_de_grandeur.valeur_mediane * regles.facteur,
                regles.valeur_min
            ) as decimal(18, 2)
        ) as valeur_borne,
        retours.valeur < greatest(
            ordres_de_grandeur.valeur_mediane * regles.facteur,
            regles.valeur_min
        ) as est_respectee,
        retours.est_demonstration,
        retours.fichier_sha256,
        retours.ligne,
        retours.lot

    from retours
    inner join ordres_de_grandeur
        on
            retours.siren = ordres_de_grandeur.siren
            and retours.code_donnee = ordres_de_grandeur.code_donnee
    cross join regles
    where
        regles.type_regle = 'saut'
        and retours.valeur > 0
        and ordres_de_grandeur.nb_mois >= regles.nb_mois_min

),

final as (

    select
        siren,
        mois,
        code_regle,
        objet,
        valeur_controlee,
        valeur_borne,
        est_respectee,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot
    from comparaisons
    union all
    select
        siren,
        mois,
        code_regle,
        objet,
        valeur_controlee,
        valeur_borne,
        est_respectee,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot
    from sauts

)

select * from final
