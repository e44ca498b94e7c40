with

couts as (

    select * from {{ couts_unitaires(ref('int_parametres_simulateur')) }}

),

jeux as (

    select
        jeu,
        niveau_cout_page,
        niveau_minutes

    from {{ ref('int_parametres_simulateur') }}
    group by jeu, niveau_cout_page, niveau_minutes

),

final as (

    select
        jeux.niveau_cout_page,
        jeux.niveau_minutes,
        couts.classe_taille,
        couts.bareme,
        couts.processus,
        couts.etape,
        couts.nature_gain,
        max(couts.repetition) as repetition,
        coalesce(sum(couts.cout_unitaire_eur) filter (where couts.canal = 'papier'), 0)
        - coalesce(sum(couts.cout_unitaire_eur) filter (where couts.canal = 'demat'), 0)
            as gain_unitaire_eur,
        coalesce(sum(couts.heures_unitaires) filter (where couts.canal = 'papier'), 0)
        - coalesce(sum(couts.heures_unitaires) filter (where couts.canal = 'demat'), 0)
            as heures_unitaires

    from couts
    inner join jeux
        on couts.jeu = jeux.jeu
    group by
        jeux.niveau_cout_page,
        jeux.niveau_minutes,
        couts.classe_taille,
        couts.bareme,
        couts.processus,
        couts.etape,
        couts.nature_gain

)

select * from final
