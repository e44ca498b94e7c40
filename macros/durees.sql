{# Un nombre qui ne peut être négatif : ce qui l'est ne compte rien, il devient NULL et l'analyseur l'a signalé. #}
{% macro compte_depuis_texte(colonne) -%}
    case
        when {{ entier_depuis_texte(colonne) }} >= 0 then {{ entier_depuis_texte(colonne) }}
    end
{%- endmacro %}

{# Une durée en heures, décimales admises : négative ou démesurée, c'est une saisie, elle devient NULL. #}
{% macro duree_heures_depuis_texte(colonne) -%}
    case
        when try_cast({{ nombre_nettoye(colonne) }} as double) between 0 and 5000
            then try_cast({{ nombre_nettoye(colonne) }} as double)
    end
{%- endmacro %}
