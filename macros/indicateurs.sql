{# Un rapport se calcule quand ses deux termes sont connus et que le premier n'excède pas le second :
   un numérateur plus grand que le dénominateur déclaré dit que la déclaration est fausse, non que le taux dépasse 1. #}
{% macro est_rapport_connu(numerateur, denominateur) -%}
    coalesce({{ numerateur }} <= {{ denominateur }}, false)
{%- endmacro %}

{# Numérateur de la plateforme contre dénominateur déclaré, par collectivité, mois et indicateur.
   Un mois que les exports couvrent sans rien de la collectivité vaut 0 au numérateur ; un mois non couvert, NULL.
   Sans `est_couvert`, le numérateur est déclaré lui aussi : ce qui n'est pas renvoyé est inconnu.
   Attend les CTE `plateforme`, `termes`, `indicateurs` et `collectivites_mois`. #}
{% macro mesures_rapprochees(est_couvert=none) -%}
rapprochees as (

    select
        indicateurs.code_indicateur,
        collectivites_mois.siren,
        collectivites_mois.mois,
        {% if est_couvert -%}
        case
            when collectivites_mois.{{ est_couvert }}
                then coalesce(plateforme.nombre, 0)
        end as numerateur,
        {%- else -%}
        plateforme.nombre as numerateur,
        {%- endif %}
        termes.valeur as denominateur,
        coalesce(plateforme.est_demonstration, false)
        or coalesce(termes.est_demonstration, false) as est_demonstration

    from collectivites_mois
    cross join indicateurs
    left join plateforme
        on
            collectivites_mois.siren = plateforme.siren
            and collectivites_mois.mois = plateforme.mois
            and indicateurs.code_indicateur = plateforme.code_indicateur
    left join termes
        on
            collectivites_mois.siren = termes.siren
            and collectivites_mois.mois = termes.mois
            and indicateurs.code_indicateur = termes.code_indicateur
            and termes.terme = 'denominateur'

),

mesures as (

    select
        code_indicateur,
        siren,
        mois,
        'ensemble' as dimension,
        'ensemble' as modalite,
        numerateur,
        denominateur,
        {{ est_rapport_connu('numerateur', 'denominateur') }} as est_connu,
        false as est_partiel,
        est_demonstration

    from rapprochees

)
{%- endmacro %}

{# Dernière étape de tout indicateur mensuel : les colonnes de la collectivité, dans l'ordre publié.
   Attend les CTE `mesures` et `collectivites_mois`. #}
{% macro mesures_finales() -%}
final as (

    select
        mesures.code_indicateur,
        mesures.siren,
        collectivites_mois.nom_collectivite,
        collectivites_mois.type_collectivite,
        collectivites_mois.classe_taille,
        collectivites_mois.code_departement,
        collectivites_mois.nom_departement,
        collectivites_mois.siren_epci,
        collectivites_mois.nom_epci,
        mesures.dimension,
        mesures.modalite,
        mesures.mois,
        cast(mesures.numerateur as double) as numerateur,
        cast(mesures.denominateur as double) as denominateur,
        mesures.est_connu,
        mesures.est_partiel,
        collectivites_mois.est_provisoire,
        mesures.est_demonstration

    from mesures
    inner join collectivites_mois
        on
            mesures.siren = collectivites_mois.siren
            and mesures.mois = collectivites_mois.mois

)
{%- endmacro %}
