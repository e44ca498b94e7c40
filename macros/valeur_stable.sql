{# Un calcul sur des nombres à virgule, arrêté avant les derniers chiffres, qui dépendent de l'ordre des lignes. #}
{% macro valeur_stable(expression) -%}
    round({{ expression }}, 12)
{%- endmacro %}
