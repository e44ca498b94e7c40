{# Une durée en mois : un mois entamé compte entier, ce qui dépasse cent ans est une saisie et devient NULL. #}
{% macro mois_depuis_texte(colonne) -%}
    case
        when abs(try_cast({{ nombre_nettoye(colonne) }} as double)) <= 1200
            then cast(ceil(try_cast({{ nombre_nettoye(colonne) }} as double)) as bigint)
    end
{%- endmacro %}
