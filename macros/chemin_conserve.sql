{# Où sont les octets d'un fichier reçu, sous OBSERVATOIRE_HOME ; NULL pour un doublon, dont le premier envoi est gardé. #}
{% macro chemin_conserve(fichiers) -%}
    case
        when {{ fichiers }}.statut = 'rejete'
            then concat(
                'rejets/', {{ fichiers }}.source, '/',
                {{ nom_conserve(fichiers ~ '.sha256', fichiers ~ '.nom_fichier') }}
            )
        when {{ fichiers }}.statut <> 'doublon'
            then concat(
                'archives/', {{ fichiers }}.source, '/', substr({{ fichiers }}.sha256, 1, 2), '/',
                {{ nom_conserve(fichiers ~ '.sha256', fichiers ~ '.nom_fichier') }}
            )
    end
{%- endmacro %}

{# Nom sous lequel les octets d'un fichier sont gardés : son empreinte abrégée, puis son nom sans caractère rare. #}
{% macro nom_conserve(sha256, nom_fichier) -%}
    {{ return(adapter.dispatch('nom_conserve')(sha256, nom_fichier)) }}
{%- endmacro %}

{% macro duckdb__nom_conserve(sha256, nom_fichier) -%}
    concat(
        substr({{ sha256 }}, 1, 16),
        '-',
        substr(regexp_replace(split_part({{ nom_fichier }}, '/', -1), '[^A-Za-z0-9._-]', '_', 'g'), 1, 120)
    )
{%- endmacro %}
