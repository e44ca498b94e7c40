{# Les colonnes de filtre d'un chiffre qui parle de tout le territoire : aucune collectivité à nommer. #}
{% macro sans_collectivite(avec_classe=true) -%}
    cast(null as {{ dbt.type_string() }}) as siren,
    cast(null as {{ dbt.type_string() }}) as nom_collectivite,
    cast(null as {{ dbt.type_string() }}) as type_collectivite,
    {% if avec_classe %}cast(null as {{ dbt.type_string() }}) as classe_taille,{% endif %}
    cast(null as {{ dbt.type_string() }}) as code_departement,
    cast(null as {{ dbt.type_string() }}) as siren_epci
{%- endmacro %}
