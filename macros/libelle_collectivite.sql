{# Le nom que choisit un lecteur dans une liste : douze communes bretonnes portent le nom d'une autre. #}
{% macro libelle_collectivite(nom, nom_departement) -%}
    case
        when {{ nom_departement }} is null then {{ nom }}
        else concat({{ nom }}, ' (', {{ nom_departement }}, ')')
    end
{%- endmacro %}
