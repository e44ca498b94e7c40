{# Quartile d'une mesure : `rang` vaut 1, 2 ou 3. #}
{% macro quartile(expression, rang) -%}
    {{ return(adapter.dispatch('quartile')(expression, rang)) }}
{%- endmacro %}

{% macro duckdb__quartile(expression, rang) -%}
    quantile_cont(cast({{ expression }} as double), {{ rang / 4 }})
{%- endmacro %}
