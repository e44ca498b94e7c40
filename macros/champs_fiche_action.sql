{# Les dix champs d'une fiche action, tels que le plan d'actions les nomme. #}
{% macro champs_fiche_action() -%}
    {{ return([
        'equipe', 'prerequis', 'partenaires', 'public', 'impacts', 'risques', 'moyens', 'calendrier',
        'mode_evaluation', 'indicateurs',
    ]) }}
{%- endmacro %}

{# Nombre de ces champs que le plan d'actions dit renseignés. #}
{% macro nb_champs_remplis(champs) -%}
    cast(
        {%- for champ in champs %}
        case when {{ champ }} = 'oui' then 1 else 0 end{{ ' +' if not loop.last }}
        {%- endfor %}
        as bigint
    )
{%- endmacro %}
