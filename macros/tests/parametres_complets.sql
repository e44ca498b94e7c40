{# Une classe ne remplace que ce que `toutes` définit, et elle existe dans la nomenclature des tailles. #}
{% test parametres_complets(model) %}
    select
        parametres.parametre,
        parametres.classe_taille,
        concat(
            'Le paramètre ', parametres.parametre, ' pour « ', parametres.classe_taille,
            ' » : la classe est inconnue ou la valeur pour toutes manque dans hyp_parametres_cout.'
        ) as message

    from {{ model }} as parametres
    left join {{ model }} as communs
        on
            parametres.parametre = communs.parametre
            and communs.classe_taille = 'toutes'
    left join {{ ref('ref_classes_taille') }} as classes
        on parametres.classe_taille = classes.classe_taille
    where
        communs.parametre is null
        or (parametres.classe_taille <> 'toutes' and classes.classe_taille is null)
{% endtest %}
