{# Un nombre écrit comme on le lit dans une phrase : une décimale au plus, une virgule, son unité
   après une espace insécable. #}
{% macro _texte_decimal(valeur) -%}
    replace(
        replace(
            cast(cast(round({{ valeur }}, 1) as decimal(18, 1)) as {{ dbt.type_string() }}), '.0', ''
        ),
        '.', ','
    )
{%- endmacro %}

{% macro texte_mesure(valeur, unite) -%}
    case {{ unite }}
        when 'ratio' then concat({{ _texte_decimal('100 * ' ~ valeur) }}, chr(160), '%')
        when 'points'
            then concat(
                {{ _texte_decimal('100 * ' ~ valeur) }},
                chr(160),
                case when abs(100 * {{ valeur }}) >= 2 then 'points' else 'point' end
            )
        when 'jours'
            then concat({{ _texte_decimal(valeur) }}, chr(160), case when {{ valeur }} >= 2 then 'jours' else 'jour' end)
        else {{ texte_nombre(valeur) }}
    end
{%- endmacro %}

{# Un entier, une espace fine insécable entre les milliers (jusqu'au million). #}
{% macro texte_nombre(valeur) -%}
    case
        when {{ valeur }} >= 1000
            then concat(
                cast(cast(floor({{ valeur }} / 1000) as bigint) as {{ dbt.type_string() }}),
                chr(8239),
                lpad(cast(cast(round({{ valeur }}) as bigint) % 1000 as {{ dbt.type_string() }}), 3, '0')
            )
        else cast(cast(round({{ valeur }}) as bigint) as {{ dbt.type_string() }})
    end
{%- endmacro %}
