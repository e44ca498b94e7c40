{# L'heure légale française d'un horodatage UTC : c'est elle que lisent les gens. #}
{% macro heure_de_paris(horodatage) -%}
    ({{ horodatage }} at time zone 'UTC' at time zone 'Europe/Paris')
{%- endmacro %}
