with

mesurees as (

    select * from {{ ref('ind_mesures_perimetres') }}

),

recalculs as (

    select * from {{ ref('ind_recalculs') }}

),

estimations as (

    select * from {{ ref('ind_estimations') }}

),

indicateurs as (

    select * from {{ ref('dim_indicateurs') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

noms_perimetres as (

    select
        perimetre_type,
        perimetre_code,
        min(nom_perimetre) as nom_perimetre

    from perimetres
    group by perimetre_type, perimetre_code

),

valeurs as (

    select * from mesurees
    union all
    select * from recalculs

),

-- Deux SIREN calculés : une condition sur un seul côté de la jointure se comparerait deux à deux.
publiees as (

    select
        valeurs.code_indicateur,
        valeurs.perimetre_type,
        valeurs.perimetre_code,
        valeurs.population,
        valeurs.dimension,
        valeurs.modalite,
        valeurs.periode_type,
        valeurs.periode_debut,
        valeurs.numerateur,
        valeurs.denominateur,
        valeurs.valeur,
        valeurs.ic_bas,
        valeurs.ic_haut,
        valeurs.nb_collectivites,
        valeurs.nb_collectivites_attendues,
        valeurs.statut,
        valeurs.est_provisoire,
        valeurs.est_demonstration,
        indicateurs.version_definition,
        case when valeurs.perimetre_type = 'collectivite' then valeurs.perimetre_code end
            as siren,
        case
            when
                valeurs.statut = 'absent'
                and valeurs.perimetre_type = 'collectivite'
                and valeurs.population = 'toutes'
                and valeurs.periode_type = 'annee'
                then valeurs.perimetre_code
        end as siren_a_estimer

    from valeurs
    inner join indicateurs
        on
            valeurs.code_indicateur = indicateurs.code_indicateur
            and valeurs.periode_debut >= indicateurs.valide_du
            and (valeurs.periode_debut <= indicateurs.valide_au or indicateurs.valide_au is null)

),

final as (

    select
        publiees.code_indicateur,
        publiees.version_definition,
        publiees.perimetre_type,
        publiees.perimetre_code,
        noms_perimetres.nom_perimetre,
        collectivites.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        publiees.population,
        publiees.dimension,
        publiees.modalite,
        publiees.periode_type,
        publiees.periode_debut,
        -- Une estimation ne remplace qu'une absence, et n'entre dans aucun agrégat.
        coalesce(
            publiees.numerateur, least(estimations.numerateur, estimations.denominateur_estime)
        ) as numerateur,
        coalesce(publiees.denominateur, estimations.denominateur_estime) as denominateur,
        coalesce(publiees.valeur, estimations.valeur_estimee) as valeur,
        coalesce(publiees.ic_bas, estimations.ic_bas) as ic_bas,
        coalesce(publiees.ic_haut, estimations.ic_haut) as ic_haut,
        case when estimations.siren is not null then 'estime' else publiees.statut end as statut,
        publiees.nb_collectivites,
        publiees.nb_collectivites_attendues,
        publiees.est_provisoire,
        publiees.est_demonstration or coalesce(estimations.est_demonstration, false)
            as est_demonstration

    from publiees
    inner join noms_perimetres
        on
            publiees.perimetre_type = noms_perimetres.perimetre_type
            and publiees.perimetre_code = noms_perimetres.perimetre_code
    left join collectivites
        on publiees.siren = collectivites.siren
    left join estimations
        on
            publiees.siren_a_estimer = estimations.siren
            and publiees.code_indicateur = estimations.code_indicateur
            and publiees.dimension = estimations.dimension
            and publiees.modalite = estimations.modalite
            and publiees.periode_debut = estimations.periode_debut

)

select * from final
