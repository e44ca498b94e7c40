{# Une seule ligne par combinaison de ces colonnes, et aucune d'elles n'est NULL. #}
{% test grain(model, colonnes) %}
    select {{ colonnes | join(', ') }}
    from {{ model }}
    group by {{ colonnes | join(', ') }}
    having
        count(*) > 1
        {% for colonne in colonnes %}
            or {{ colonne }} is null
        {% endfor %}
{% endtest %}
