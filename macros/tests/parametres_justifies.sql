{# Chaque paramètre dit son unité, sa source, son statut, et l'année de ses euros s'il est un prix. #}
{% test parametres_justifies(model) %}
    select
        parametre,
        classe_taille,
        concat(
            'Le paramètre ', parametre, ' n''a pas ',
            case
                when unite is null then 'd''unité'
                when source is null then 'de source'
                when statut is null then 'de statut'
                when libelle is null then 'de libellé'
                else 'd''année d''euros'
            end,
            ' : complétez sa ligne dans hyp_parametres_cout.'
        ) as message

    from {{ model }}
    where
        unite is null
        or source is null
        or statut is null
        or libelle is null
        or (annee_euro is null and unite like 'eur%')
{% endtest %}
