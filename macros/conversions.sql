{# Du texte reçu à une valeur typée : ce qui ne se lit pas devient NULL et se compte, jamais ne se répare. #}

{% macro siren_de_siret(colonne) -%}
    substr({{ colonne }}, 1, 9)
{%- endmacro %}

{% macro date_depuis_texte(colonne) -%}
    {{ return(adapter.dispatch('date_depuis_texte')(colonne)) }}
{%- endmacro %}

{# Une échéance, qui peut être à venir : mêmes écritures, jusqu'à la fin du siècle. #}
{% macro echeance_depuis_texte(colonne) -%}
    {{ return(adapter.dispatch('date_depuis_texte')(colonne, "cast('2099-12-31' as date)")) }}
{%- endmacro %}

{# Liste blanche : ISO (heure et fuseau ignorés, mois et jour parfois sans zéro) ou jj/mm/aaaa, entre 2000 et
   le lendemain de la réception : la borne ne dépend pas du jour où l'on recalcule. #}
{% macro duckdb__date_depuis_texte(colonne, fin=none) -%}
    {%- set iso = "regexp_matches(trim(" ~ colonne ~ "), '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T +Z].*)?$')" -%}
    {%- set francaise = "regexp_matches(trim(" ~ colonne ~ "), '^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$')" -%}
    {%- set jour -%}
        case
            when {{ iso }}
                then try_cast(regexp_extract(trim({{ colonne }}), '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') as date)
            when {{ francaise }}
                then try_cast(
                    concat_ws(
                        '-',
                        split_part(trim({{ colonne }}), '/', 3),
                        split_part(trim({{ colonne }}), '/', 2),
                        split_part(trim({{ colonne }}), '/', 1)
                    ) as date
                )
        end
    {%- endset -%}
    case
        when {{ jour }} between cast('2000-01-01' as date) and {{ fin or jour_de_reception() ~ ' + 1' }}
            then {{ jour }}
    end
{%- endmacro %}

{# Jour de réception, que l'identifiant du fichier écrit en tête ; à défaut, le jour d'observation. #}
{% macro jour_de_reception() -%}
    coalesce(
        try_cast(
            concat_ws(
                '-',
                substr(_fichier_id, 1, 4),
                substr(_fichier_id, 5, 2),
                substr(_fichier_id, 7, 2)
            ) as date
        ),
        {{ aujourdhui() }}
    )
{%- endmacro %}

{# Date d'observation : OBSERVATOIRE_AUJOURDHUI fixe l'horloge des tests et des reconstructions. #}
{% macro aujourdhui() -%}
    cast('{{ env_var("OBSERVATOIRE_AUJOURDHUI", "") or run_started_at.strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}

{% macro nombre_nettoye(colonne) -%}
    replace(replace(replace(replace(trim({{ colonne }}), ' ', ''), chr(160), ''), chr(8239), ''), ',', '.')
{%- endmacro %}

{# Un montant au-delà de cent milliards est une saisie, pas un montant : NULL, compté par l'analyseur. #}
{% macro montant_depuis_texte(colonne) -%}
    case
        when abs(try_cast({{ nombre_nettoye(colonne) }} as double)) <= 100000000000
            then cast(round(try_cast({{ nombre_nettoye(colonne) }} as double), 2) as decimal(18, 2))
    end
{%- endmacro %}

{# Un compte qui n'est pas entier est une erreur de saisie : l'arrondir inventerait une unité. #}
{% macro entier_depuis_texte(colonne) -%}
    case
        when try_cast({{ nombre_nettoye(colonne) }} as double)
            = floor(try_cast({{ nombre_nettoye(colonne) }} as double))
            then try_cast({{ nombre_nettoye(colonne) }} as bigint)
    end
{%- endmacro %}
