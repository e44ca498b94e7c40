{# Les premiers jours de mois de `debut` à `fin`, bornes comprises, pour chaque ligne de la relation. #}
{% macro suite_de_mois(relation, debut, fin) -%}
    {{ return(adapter.dispatch('suite_de_mois')(relation, debut, fin)) }}
{%- endmacro %}

{% macro duckdb__suite_de_mois(relation, debut, fin) -%}
    select cast(unnest(generate_series({{ debut }}, {{ fin }}, interval 1 month)) as date) as mois
    from {{ relation }}
{%- endmacro %}

{# Le premier jour du mois, `nombre` mois avant le mois donné. #}
{% macro mois_avant(mois, nombre) -%}
    {{ return(adapter.dispatch('mois_avant')(mois, nombre)) }}
{%- endmacro %}

{% macro duckdb__mois_avant(mois, nombre) -%}
    cast({{ mois }} - to_months(cast({{ nombre }} as integer)) as date)
{%- endmacro %}
