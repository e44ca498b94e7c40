with

baremes as (

    select 'socle' as bareme
    union all
    select 'complet' as bareme

),

final as (

    select
        baremes.bareme,
        lignes.processus,
        lignes.etape,
        etapes.libelle_etape,
        etapes.ordre_etape,
        etapes.code_indicateur,
        etapes.parametre_repetition,
        lignes.canal,
        lignes.poste,
        prix.libelle_poste,
        prix.ordre_poste,
        lignes.nature_gain,
        lignes.parametre_quantite,
        lignes.parametre_taux,
        prix.parametre_prix,
        prix.parametre_coefficient,
        prix.parametre_diviseur,
        prix.est_temps

    from {{ ref('ref_postes_cout') }} as lignes
    inner join baremes
        on lignes.bareme in ('tous', baremes.bareme)
    inner join {{ ref('ref_etapes_cout') }} as etapes
        on
            lignes.processus = etapes.processus
            and lignes.etape = etapes.etape
    inner join {{ ref('ref_prix_postes') }} as prix
        on lignes.poste = prix.poste

)

select * from final
