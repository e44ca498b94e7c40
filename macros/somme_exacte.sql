{# Somme de nombres à virgule, en décimal : la même quel que soit l'ordre dans lequel les lignes arrivent.
   Le dernier arrondi rend leur entier à trois tiers. #}
{% macro somme_exacte(expression) -%}
    cast(cast(sum(cast({{ expression }} as decimal(28, 6))) as decimal(28, 3)) as double)
{%- endmacro %}

{# La même somme avant un arrondi au centime : des barèmes ronds y tombent souvent sur un demi-centime, que le
   dernier chiffre d'un nombre à virgule ferait basculer d'une nuit à l'autre. #}
{% macro somme_avant_centimes(expression) -%}
    sum(cast({{ expression }} as decimal(28, 9)))
{%- endmacro %}
