{#
    Le texte d'un mois, ramené au texte de son premier jour : `MM/AAAA`, une date qui est déjà un premier du mois, ou ce
    qu'Excel affiche et enregistre, `janv-24`. Les mêmes écritures que `mois_of` dans l'analyseur des retours.
#}
{% macro jour_du_mois_ecrit(colonne) -%}
    {%- set debuts = [
        'janv', 'f_vr', 'mars', 'avr', 'mai', 'juin', 'juil', 'ao_t', 'sept', 'oct', 'nov', 'd_c'
    ] -%}
    case
        when trim({{ colonne }}) like '%/%/%' then trim({{ colonne }})
        when trim({{ colonne }}) like '%/%' then concat('01/', trim({{ colonne }}))
        {%- for debut in debuts %}
        when lower(trim({{ colonne }})) like '{{ debut }}%'
            then concat('01/', '{{ loop.index }}', '/20', right(trim({{ colonne }}), 2))
        {%- endfor %}
        else trim({{ colonne }})
    end
{%- endmacro %}
