{# Identité comptable : l'expression a le même total ici et dans l'autre relation. #}
{% test meme_total(model, expression, relation, autre_expression=none, condition='true', autre_condition='true') %}
    with ici as (
        select coalesce(sum({{ expression }}), 0) as total
        from {{ model }}
        where {{ condition }}
    ),

    la as (
        select coalesce(sum({{ autre_expression or expression }}), 0) as total
        from {{ relation }}
        where {{ autre_condition }}
    )

    select
        ici.total as total_ici,
        la.total as total_la
    from ici
    cross join la
    where ici.total <> la.total
{% endtest %}
