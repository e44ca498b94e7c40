{# Le territoire d'une ligne qui n'en a pas en propre : jamais vide, pour que les filtres disent ce qu'ils laissent. #}
{% macro libelle_rattachement(nom, type_collectivite) -%}
    coalesce(
        {{ nom }},
        case
            when {{ type_collectivite }} = 'autre' then 'Hors référentiel'
            when {{ type_collectivite }} is null then 'Non rattaché'
            else 'Région et syndicat'
        end
    )
{%- endmacro %}
