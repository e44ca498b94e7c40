{# Une addition à virgule flottante dépend de l'ordre des lignes, donc du nombre de fils de calcul de DuckDB. #}
{% macro un_seul_fil() -%}
    {{ 'set threads = 1' if target.type == 'duckdb' }}
{%- endmacro %}

{% macro tous_les_fils() -%}
    {{ 'reset threads' if target.type == 'duckdb' }}
{%- endmacro %}
