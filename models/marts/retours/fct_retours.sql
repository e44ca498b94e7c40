{{ config(unique_key=['siren', 'mois', 'code_donnee'], materialized='incremental') }}

with

retours as (

    select * from {{ ref('int_retours_retenus') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

final as (

    select
        retours.siren,
        retours.code_donnee,
        retours.nature_code,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        retours.libelle_donnee,
        retours.processus,
        retours.unite,
        retours.mois,
        retours.date_envoi,
        retours.version,
        retours.valeur,
        retours.nb_versions,
        cast(retours.nb_declarants as bigint) as nb_declarants,
        cast(retours.nb_declarants_attendus as bigint) as nb_declarants_attendus,
        retours.est_non_connu,
        retours.est_partiel,
        retours.est_demonstration,
        retours.fichier_sha256,
        retours.ligne,
        retours.lot

    from retours
    left join collectivites
        on retours.siren = collectivites.siren
    -- Le lot d'une réponse est le dernier qui a parlé de sa clé : une clé touchée a un lot neuf.
    {% if is_incremental() %}
        where retours.lot > (select coalesce(max(deja.lot), '') from {{ this }} as deja)
    {% endif %}

)

select * from final
