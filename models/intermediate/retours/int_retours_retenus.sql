with

recus as (

    select * from {{ ref('int_retours_recus') }}

),

reunis as (

    select * from {{ ref('int_retours_reunis') }}

),

communes_nouvelles as (

    select siren
    from {{ ref('ref_communes_fusionnees') }}
    group by siren

),

-- Des nombres et des euros s'ajoutent. Une année est celle où toutes y sont : 0 tant que l'une n'y
-- est pas. Des durées moyennes ne s'ajoutent ni ne se moyennent : la valeur n'est connue que si
-- elles sont égales.
sommes as (

    select
        siren,
        code_donnee,
        nature_code,
        libelle_donnee,
        processus,
        unite,
        mois,
        max(date_envoi) as date_envoi,
        max(version) as version,
        cast(
            case
                when unite = 'minutes'
                    then case when min(valeur) = max(valeur) then min(valeur) end
                when unite = 'annee'
                    then case when min(valeur) = 0 then 0 else max(valeur) end
                else sum(valeur)
            end as decimal(18, 2)
        ) as valeur,
        max(nb_versions) as nb_versions,
        count(*) as nb_declarants,
        max(nb_declarants_attendus) as nb_declarants_attendus,
        count(*) < max(nb_declarants_attendus) and count(valeur) > 0 as est_partiel,
        bool_or(est_demonstration) as est_demonstration,
        min_by(fichier_sha256, siren_declarant) as fichier_sha256,
        min_by(ligne, siren_declarant) as ligne,
        max(lot) as lot

    from reunis
    group by siren, code_donnee, nature_code, libelle_donnee, processus, unite, mois

),

final as (

    select
        recus.siren,
        recus.code_donnee,
        recus.nature_code,
        recus.libelle_donnee,
        recus.processus,
        recus.unite,
        recus.mois,
        recus.date_envoi,
        recus.version,
        recus.valeur,
        recus.nb_versions,
        1 as nb_declarants,
        1 as nb_declarants_attendus,
        recus.est_non_connu,
        false as est_partiel,
        recus.est_demonstration,
        recus.fichier_sha256,
        recus.ligne,
        recus.lot

    from recus
    left join communes_nouvelles
        on recus.siren = communes_nouvelles.siren
    where communes_nouvelles.siren is null

    union all

    select
        siren,
        code_donnee,
        nature_code,
        libelle_donnee,
        processus,
        unite,
        mois,
        date_envoi,
        version,
        valeur,
        nb_versions,
        nb_declarants,
        nb_declarants_attendus,
        valeur is null as est_non_connu,
        est_partiel,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot

    from sommes

)

select * from final
