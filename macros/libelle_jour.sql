{# « 01/04/2026 » : une date écrite comme on la lit. #}
{% macro libelle_jour(colonne) -%}
    concat_ws(
        '/',
        lpad(concat('', extract(day from {{ colonne }})), 2, '0'),
        lpad(concat('', extract(month from {{ colonne }})), 2, '0'),
        extract(year from {{ colonne }})
    )
{%- endmacro %}
