{# Le nom que choisit un lecteur dans une liste : douze communes bretonnes portent le nom d'une autre. #}
{% macro libelle_collectivite(nom, nom_departement) -%}
    concat({{ nom }}, coalesce(concat(' (', {{ nom_departement }}, ')'), ''))
{%- endmacro %}
