with

valeurs as (

    select * from {{ ref('stg_retours__valeurs') }}

),

codes as (

    select * from {{ ref('ref_codes_retour') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

-- Une case vide n'est pas une réponse : elle n'efface pas ce qui a été déclaré.
-- « NC » en est une, et l'efface.
reponses as (

    select
        valeurs.siren as siren_declarant,
        valeurs.code_donnee,
        codes.nature_code,
        codes.libelle as libelle_donnee,
        codes.processus,
        codes.unite,
        valeurs.mois,
        valeurs.date_envoi,
        valeurs.version,
        case when not valeurs.est_non_connu then valeurs.valeur end as valeur,
        valeurs.est_non_connu,
        valeurs.est_demonstration,
        valeurs.fichier_sha256,
        valeurs.ligne,
        valeurs.lot

    from valeurs
    inner join codes
        on valeurs.code_donnee = codes.code
    where
        valeurs.mois is not null
        and (
            valeurs.est_non_connu
            or (
                valeurs.valeur >= 0
                and (codes.unite <> 'nombre' or valeurs.valeur = floor(valeurs.valeur))
                and (
                    codes.unite <> 'annee'
                    or valeurs.valeur = 0
                    or valeurs.valeur between 1990 and 2099
                )
                and (codes.unite <> 'annee' or valeurs.valeur = floor(valeurs.valeur))
            )
        )

),

reponses_classees as (

    select
        siren_declarant,
        code_donnee,
        nature_code,
        libelle_donnee,
        processus,
        unite,
        mois,
        date_envoi,
        version,
        valeur,
        est_non_connu,
        est_demonstration,
        fichier_sha256,
        ligne,
        row_number() over (
            partition by siren_declarant, mois, code_donnee
            order by
                version desc,
                date_envoi desc nulls last,
                lot desc,
                ligne desc,
                fichier_sha256 desc
        ) as rang

    from reponses

),

envois as (

    select
        siren_declarant,
        mois,
        code_donnee,
        count(distinct version) as nb_versions,
        max(lot) as lot

    from reponses
    group by siren_declarant, mois, code_donnee

),

final as (

    select
        coalesce(fusions.siren, reponses_classees.siren_declarant) as siren,
        reponses_classees.siren_declarant,
        reponses_classees.code_donnee,
        reponses_classees.nature_code,
        reponses_classees.libelle_donnee,
        reponses_classees.processus,
        reponses_classees.unite,
        reponses_classees.mois,
        reponses_classees.date_envoi,
        reponses_classees.version,
        reponses_classees.valeur,
        envois.nb_versions,
        reponses_classees.est_non_connu,
        reponses_classees.est_demonstration,
        reponses_classees.fichier_sha256,
        reponses_classees.ligne,
        envois.lot

    from reponses_classees
    inner join envois
        on
            reponses_classees.siren_declarant = envois.siren_declarant
            and reponses_classees.mois = envois.mois
            and reponses_classees.code_donnee = envois.code_donnee
    left join fusions
        on reponses_classees.siren_declarant = fusions.siren_ancien
    where reponses_classees.rang = 1

)

select * from final
