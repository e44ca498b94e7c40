{# Quantile d'une mesure ; `part` entre 0 et 1. #}
{% macro quantile(expression, part) -%}
    {{ return(adapter.dispatch('quantile')(expression, part)) }}
{%- endmacro %}

{% macro duckdb__quantile(expression, part) -%}
    quantile_cont(cast({{ expression }} as double), {{ part }})
{%- endmacro %}
