{# Le nom, au pluriel, de chaque type de collectivité. #}
{% macro libelle_type_collectivite(colonne) -%}
    case {{ colonne }}
        when 'commune' then 'Communes'
        when 'epci' then 'Intercommunalités'
        when 'departement' then 'Départements'
        when 'region' then 'Région'
        when 'syndicat' then 'Syndicat mixte'
        when 'autre' then 'Autres organismes'
    end
{%- endmacro %}
