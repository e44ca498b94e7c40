{# Oui ou non, tel que les plateformes l'écrivent ; NULL pour le reste. #}
{% macro booleen_depuis_texte(colonne) -%}
    case
        when lower(trim({{ colonne }})) in ('1', 'oui', 'true', 'vrai', 'o') then true
        when lower(trim({{ colonne }})) in ('0', 'non', 'false', 'faux', 'n') then false
    end
{%- endmacro %}
