with

couts as (

    select * from {{ couts_unitaires(ref('int_parametres_jeux')) }}

),

final as (

    select
        jeu,
        classe_taille,
        bareme,
        processus,
        etape,
        code_indicateur,
        nature_gain,
        max(repetition) as repetition,
        coalesce(sum(cout_unitaire_eur) filter (where canal = 'papier'), 0) as papier_eur,
        coalesce(sum(cout_unitaire_eur) filter (where canal = 'demat'), 0) as demat_eur,
        coalesce(sum(heures_unitaires) filter (where canal = 'papier'), 0) as heures_papier,
        coalesce(sum(heures_unitaires) filter (where canal = 'demat'), 0) as heures_demat

    from couts
    group by jeu, classe_taille, bareme, processus, etape, code_indicateur, nature_gain

)

select * from final
