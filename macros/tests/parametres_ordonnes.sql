{# Les trois valeurs d'un paramètre sont connues, positives ou nulles, et dans l'ordre : minimum, mode, maximum. #}
{% test parametres_ordonnes(model) %}
    select
        parametre,
        classe_taille,
        concat(
            'Le paramètre ', parametre,
            case
                when min is null or mode is null or max is null then ' a une valeur manquante'
                when min < 0 then ' a une valeur négative'
                when min > mode then ' a un minimum au-dessus de sa valeur la plus probable'
                when mode > max then ' a une valeur la plus probable au-dessus de son maximum'
                else ' est dit fixe mais ses trois valeurs diffèrent'
            end,
            ' : corrigez sa ligne dans hyp_parametres_cout.'
        ) as message

    from {{ model }}
    where
        min is null
        or mode is null
        or max is null
        or min < 0
        or min > mode
        or mode > max
        or (loi = 'fixe' and min < max)
{% endtest %}
