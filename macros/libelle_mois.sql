{# « septembre 2026 » : le nom français du mois d'une date. #}
{% macro libelle_mois(colonne) -%}
    {%- set noms = [
        'janvier', 'février', 'mars', 'avril', 'mai', 'juin',
        'juillet', 'août', 'septembre', 'octobre', 'novembre', 'décembre',
    ] -%}
    concat(
        case extract(month from {{ colonne }})
            {%- for nom in noms %}
            when {{ loop.index }} then '{{ nom }}'
            {%- endfor %}
        end,
        ' ',
        extract(year from {{ colonne }})
    )
{%- endmacro %}
