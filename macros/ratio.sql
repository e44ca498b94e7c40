{# Rapport de deux grandeurs : NULL, jamais 0, quand le dénominateur est nul ou inconnu. #}
{% macro ratio(numerateur, denominateur) -%}
    cast({{ numerateur }} as double) / nullif(cast({{ denominateur }} as double), 0)
{%- endmacro %}
