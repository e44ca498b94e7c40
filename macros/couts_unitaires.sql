{# Le coût d'une opération, sur papier et dématérialisée : la formule du modèle économique, écrite ici et nulle part
   ailleurs. Elle sert aux valeurs les plus probables, à chaque tirage, à la tornade et au simulateur.

   Entrée : `relation` porte une valeur par (jeu, parametre, classe_taille) dans ces quatre colonnes avec `valeur`.
   Un jeu est un texte (`modes`, `min:cout_page_eur`, un numéro de tirage, un niveau du simulateur…) ; il donne tous
   les paramètres de hyp_parametres_cout pour `toutes`, et ce qu'une classe remplace pour cette classe seulement.
   Les lignes de coût viennent de ref_postes_cout, les prix de ref_prix_postes, les répétitions de
   ref_etapes_cout (réunis dans int_postes_cout).

   Sortie : une sous-requête entre parenthèses, une ligne par jeu, classe_taille, bareme, processus, etape, canal,
   poste : nature_gain, code_indicateur, repetition, cout_unitaire_eur, heures_unitaires (pour une unité de l'étape :
   un retrait, une offre, un acte), cout_eur, heures (pour une opération du processus : × repetition), en double.
     coût = quantité × taux × prix × coefficient / diviseur ; ce qu'une ligne ne nomme pas vaut 1.
     heures d'un poste de temps = quantité × taux / diviseur ; 0 pour un autre poste.
   `bareme` vaut `socle` ou `complet` : une ligne du seed marquée `tous` est dans les deux.
   Un scénario lit son barème (hyp_scenarios.bareme) et somme cout_eur(papier) - cout_eur(demat).
   Un paramètre nommé et absent du jeu donne un coût NULL, jamais un coût nul. #}
{% macro couts_unitaires(relation) -%}
(
    with

    valeurs_recues as (

        select
            jeu,
            parametre,
            classe_taille,
            cast(valeur as double) as valeur

        from {{ relation }}

    ),

    classes_recues as (

        select distinct
            jeu,
            classe_taille

        from valeurs_recues

    ),

    -- Une classe reprend de `toutes` ce qu'elle ne remplace pas.
    valeurs_classes as (

        select
            classes_recues.jeu,
            classes_recues.classe_taille,
            communes.parametre,
            coalesce(propres.valeur, communes.valeur) as valeur

        from valeurs_recues as communes
        inner join classes_recues
            on communes.jeu = classes_recues.jeu
        left join
            (
                select
                    jeu,
                    parametre,
                    classe_taille,
                    valeur

                from valeurs_recues
                where classe_taille <> 'toutes'
            ) as propres
            on
                classes_recues.jeu = propres.jeu
                and classes_recues.classe_taille = propres.classe_taille
                and communes.parametre = propres.parametre
        where communes.classe_taille = 'toutes'

    ),

    postes as (

        select
            *,
            row_number() over (order by bareme, processus, etape, canal, poste) as poste_id

        from {{ ref('int_postes_cout') }}

    ),

    facteurs as (
        {% for role in ('repetition', 'quantite', 'taux', 'prix', 'coefficient', 'diviseur') %}
        select
            poste_id,
            '{{ role }}' as role,
            parametre_{{ role }} as parametre

        from postes
        where parametre_{{ role }} is not null
        {{ 'union all' if not loop.last }}
        {%- endfor %}

    ),

    termes as (

        select
            valeurs_classes.jeu,
            valeurs_classes.classe_taille,
            facteurs.poste_id,
            {% for role in ('repetition', 'quantite', 'taux', 'prix', 'coefficient', 'diviseur') -%}
            max(valeurs_classes.valeur) filter (where facteurs.role = '{{ role }}')
                as {{ role }}{{ ',' if not loop.last }}
            {% endfor %}
        from facteurs
        inner join valeurs_classes
            on facteurs.parametre = valeurs_classes.parametre
        group by
            valeurs_classes.jeu,
            valeurs_classes.classe_taille,
            facteurs.poste_id

    ),

    unitaires as (

        select
            termes.jeu,
            termes.classe_taille,
            postes.bareme,
            postes.processus,
            postes.etape,
            postes.canal,
            postes.poste,
            postes.nature_gain,
            postes.code_indicateur,
            postes.est_temps,
            case when postes.parametre_repetition is null then 1 else termes.repetition end
                as repetition,
            case when postes.parametre_quantite is null then 1 else termes.quantite end
            * case when postes.parametre_taux is null then 1 else termes.taux end
            / case when postes.parametre_diviseur is null then 1 else termes.diviseur end
                as quantite_unitaire,
            case when postes.parametre_prix is null then 1 else termes.prix end
            * case when postes.parametre_coefficient is null then 1 else termes.coefficient end
                as prix_unitaire

        from termes
        inner join postes
            on termes.poste_id = postes.poste_id

    )

    select
        jeu,
        classe_taille,
        bareme,
        processus,
        etape,
        canal,
        poste,
        nature_gain,
        code_indicateur,
        repetition,
        quantite_unitaire * prix_unitaire as cout_unitaire_eur,
        case when est_temps then quantite_unitaire else 0 end as heures_unitaires,
        repetition * quantite_unitaire * prix_unitaire as cout_eur,
        case when est_temps then repetition * quantite_unitaire else 0 end as heures

    from unitaires
)
{%- endmacro %}
