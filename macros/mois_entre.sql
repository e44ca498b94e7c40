{# Nombre de mois de `debut` à `fin`, bornes incluses : d'octobre 2014 à juin 2015, neuf mois. #}
{% macro mois_entre(debut, fin) -%}
    cast(
        (extract(year from {{ fin }}) - extract(year from {{ debut }})) * 12
        + extract(month from {{ fin }}) - extract(month from {{ debut }}) + 1
        as bigint
    )
{%- endmacro %}
