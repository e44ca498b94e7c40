{# Somme de nombres à virgule, en décimal : la même quel que soit l'ordre dans lequel les lignes arrivent.
   Le dernier arrondi rend leur entier à trois tiers. #}
{% macro somme_exacte(expression) -%}
    cast(cast(sum(cast({{ expression }} as decimal(28, 6))) as decimal(28, 3)) as double)
{%- endmacro %}
