{# Borne d'un intervalle de Wilson pour `nombre` sur `effectif` : signe -1 pour la basse, 1 pour la haute.
   `correction` réduit la variance quand l'effectif est tiré d'une population finie ; 1 quand on ne corrige pas.
   Avec z² = quantile² × correction, p = nombre / effectif et n = effectif :
   (p + z²/2n ± z × racine(p(1-p)/n + z²/4n²)) / (1 + z²/n). #}
{% macro wilson(nombre, effectif, quantile, signe, correction='1') -%}
    {%- set n = "nullif(cast(" ~ effectif ~ " as double), 0)" -%}
    {%- set p = "(cast(" ~ nombre ~ " as double) / " ~ n ~ ")" -%}
    {%- set z2 = "(cast(" ~ quantile ~ " as double) * " ~ quantile ~ " * " ~ correction ~ ")" -%}
    -- Sans ses deux termes il n'y a pas d'intervalle : least et greatest ignoreraient l'absence.
    case when {{ nombre }} is not null and {{ effectif }} > 0 then least(1, greatest(0, (
        {{ p }} + {{ z2 }} / (2 * {{ n }})
        {{ '-' if signe < 0 else '+' }} sqrt({{ z2 }})
        * sqrt(greatest(0, {{ p }} * (1 - {{ p }}) / {{ n }} + {{ z2 }} / (4 * {{ n }} * {{ n }})))
    ) / (1 + {{ z2 }} / {{ n }}))) end
{%- endmacro %}

{# Part de variance qui reste quand `effectif` est tiré de `population` : (N - n) / (N - 1), 0 si tous répondent. #}
{% macro correction_population_finie(effectif, population) -%}
    case
        when {{ population }} > 1
            then greatest(0, cast({{ population }} - {{ effectif }} as double)) / ({{ population }} - 1)
        else 0
    end
{%- endmacro %}
