-- Chaque collectivité bretonne est dans une classe et une seule : la somme des classes est le
-- territoire, au numérateur, au dénominateur et en nombre de collectivités. Un écart dit qu'un
-- agrégat perd ou double des lignes. QUA-03 et QUA-07 comptent au territoire les lignes qui ne sont
-- à personne : la somme des classes est plus petite, ce que vérifie test_truth_qualite. ECO-08,
-- ECO-09 et l'étude de 2013 ne se disent qu'au territoire. Un montant (somme) n'a que 1 pour
-- dénominateur, et ses centimes s'additionnent au centime près.
{{ config(meta={'dagster': {'ref': {'name': 'ind_valeurs'}}}) }}

with

additives as (

    select
        ind_valeurs.*,
        dim_indicateurs.agregation
    from {{ ref('ind_valeurs') }} as ind_valeurs
    inner join {{ ref('dim_indicateurs') }} as dim_indicateurs
        on
            ind_valeurs.code_indicateur = dim_indicateurs.code_indicateur
            and ind_valeurs.version_definition = dim_indicateurs.version_definition
    where
        dim_indicateurs.agregation <> 'non_additif'
        and ind_valeurs.population = 'toutes'

)

select
    code_indicateur,
    dimension,
    modalite,
    periode_type,
    periode_debut
from additives
where
    perimetre_type in ('classe', 'territoire')
    and code_indicateur not in ('QUA-03', 'QUA-07', 'ECO-08', 'ECO-09')
    and dimension <> 'scenario'
group by code_indicateur, dimension, modalite, periode_type, periode_debut
-- Sous cinq répondants une classe est supprimée : la somme des autres n'est pas le territoire.
having
    count(*) filter (where statut = 'supprime') = 0
    and (
        coalesce(round(sum(numerateur) filter (where perimetre_type = 'classe'), 2), -1)
        <> coalesce(round(sum(numerateur) filter (where perimetre_type = 'territoire'), 2), -1)
        or (
            max(agregation) <> 'somme'
            and coalesce(round(sum(denominateur) filter (where perimetre_type = 'classe'), 2), -1)
            <> coalesce(
                round(sum(denominateur) filter (where perimetre_type = 'territoire'), 2), -1
            )
        )
        or sum(nb_collectivites_attendues) filter (where perimetre_type = 'classe')
        <> sum(nb_collectivites_attendues) filter (where perimetre_type = 'territoire')
    )
