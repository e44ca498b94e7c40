-- Les cartes additionnent les collectivités d'ind_pilotage_mois, ind_valeurs additionne celles de
-- dim_perimetres : mêmes volumes, mêmes retours, même statut, chaque mois, sur chaque EPCI et
-- chaque département. Un écart dit qu'une carte ne montre pas le chiffre publié. Les îles sans EPCI
-- ne sont un périmètre que sur la carte.
{{ config(meta={'dagster': {'ref': {'name': 'ind_carte_epci'}}}) }}

with

cartes as (

    select
        'epci' as perimetre_type,
        code_territoire,
        processus,
        mois,
        numerateur,
        denominateur,
        nb_collectivites,
        nb_collectivites_attendues,
        statut
    from {{ ref('ind_carte_epci') }}
    where code_territoire <> 'sans_epci'
    union all
    select
        'departement' as perimetre_type,
        code_territoire,
        processus,
        mois,
        numerateur,
        denominateur,
        nb_collectivites,
        nb_collectivites_attendues,
        statut
    from {{ ref('ind_carte_departements') }}

),

publiees as (

    select
        valeurs.*,
        processus.processus,
        periodes.mois
    from {{ ref('ind_valeurs') }} as valeurs
    inner join {{ ref('dim_processus') }} as processus
        on valeurs.code_indicateur = processus.code_indicateur
    inner join {{ ref('dim_indicateurs') }} as indicateurs
        on
            valeurs.code_indicateur = indicateurs.code_indicateur
            and valeurs.version_definition = indicateurs.version_definition
            and valeurs.periode_type = indicateurs.periode_minimale
    inner join {{ ref('dim_periodes') }} as periodes
        on
            valeurs.periode_type = periodes.periode_type
            and valeurs.periode_debut = periodes.periode_debut
    where
        valeurs.perimetre_type in ('epci', 'departement')
        and valeurs.population = 'toutes'
        and valeurs.dimension = 'ensemble'

)

select
    cartes.perimetre_type,
    cartes.code_territoire,
    cartes.processus,
    cartes.mois
from cartes
left join publiees
    on
        cartes.perimetre_type = publiees.perimetre_type
        and cartes.code_territoire = publiees.perimetre_code
        and cartes.processus = publiees.processus
        and cartes.mois = publiees.mois
where
    cartes.nb_collectivites_attendues <> coalesce(publiees.nb_collectivites_attendues, 0)
    or cartes.nb_collectivites <> coalesce(publiees.nb_collectivites, 0)
    or cartes.statut <> coalesce(publiees.statut, 'absent')
    or coalesce(round(cartes.numerateur, 2), -1) <> coalesce(round(publiees.numerateur, 2), -1)
    or coalesce(round(cartes.denominateur, 2), -1) <> coalesce(round(publiees.denominateur, 2), -1)
