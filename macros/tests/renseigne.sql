{# Aucune de ces colonnes n'est vide : un seul passage pour toute la table. #}
{% test renseigne(model, colonnes) %}
    select *
    from {{ model }}
    where
        false
        {% for colonne in colonnes %}
            or {{ colonne }} is null
        {% endfor %}
{% endtest %}
