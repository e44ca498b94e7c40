-- Aucun chiffre sans ses termes, aucun taux hors de 0-1, aucune absence chiffrée : un lecteur ne
-- pourrait les expliquer.
{{ config(meta={'dagster': {'ref': {'name': 'ind_valeurs'}}}) }}

select
    ind_valeurs.code_indicateur,
    ind_valeurs.perimetre_code,
    ind_valeurs.periode_debut
from {{ ref('ind_valeurs') }} as ind_valeurs
inner join {{ ref('dim_indicateurs') }} as dim_indicateurs
    on
        ind_valeurs.code_indicateur = dim_indicateurs.code_indicateur
        and ind_valeurs.version_definition = dim_indicateurs.version_definition
where
    (
        ind_valeurs.valeur is not null
        and (ind_valeurs.numerateur is null or ind_valeurs.denominateur is null)
    )
    or (ind_valeurs.statut = 'absent' and ind_valeurs.valeur is not null)
    or (ind_valeurs.statut <> 'absent' and ind_valeurs.denominateur is null)
    -- Un écart relatif (QUA-06) peut dépasser 1.
    or (
        dim_indicateurs.unite = 'ratio'
        and ind_valeurs.code_indicateur <> 'QUA-06'
        and ind_valeurs.valeur not between 0 and 1
    )
    or ind_valeurs.nb_collectivites > ind_valeurs.nb_collectivites_attendues
