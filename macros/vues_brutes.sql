{# Une vue par table du lac, `brut.<source>__<table>`, lue par nom de colonne : les vieux lots se relisent. #}
{% macro vues_brutes() %}
    {% if execute %}
        {% do run_query('create schema if not exists brut') %}
        {% for noeud in graph.sources.values() %}
            {% set dossier = noeud.source_name if noeud.source_name != 'ingestion' else '*' %}
            {% set fichier = noeud.name if noeud.source_name != 'ingestion' else '_' ~ noeud.name %}
            {% do run_query(vue_brute(noeud.identifier, dossier, fichier)) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{% macro vue_brute(identifiant, dossier, fichier) %}
    {{ return(adapter.dispatch('vue_brute')(identifiant, dossier, fichier)) }}
{% endmacro %}

{% macro duckdb__vue_brute(identifiant, dossier, fichier) %}
    create or replace view brut.{{ identifiant }} as
    select *
    from read_parquet(
        '{{ env_var("OBSERVATOIRE_HOME", "var") }}/lac/{{ dossier }}/lot=*/{{ fichier }}.parquet',
        union_by_name = true,
        hive_partitioning = true,
        hive_types_autocast = false
    )
{% endmacro %}
