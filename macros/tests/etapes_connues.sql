{# L'étape d'une ligne de coût est décrite : sans elle, la ligne ne compterait nulle part. #}
{% test etapes_connues(model) %}
    select
        lignes.processus,
        lignes.etape,
        concat(
            'L''étape ', lignes.processus, ' / ', lignes.etape, ' manque dans ref_etapes_cout.'
        ) as message

    from {{ model }} as lignes
    left join {{ ref('ref_etapes_cout') }} as etapes
        on
            lignes.processus = etapes.processus
            and lignes.etape = etapes.etape
    where etapes.etape is null
{% endtest %}
