with

annuelles as (

    select * from {{ ref('int_economies_annuelles') }}

),

variantes as (

    select * from {{ ref('hyp_variantes') }}

),

final as (

    select
        annuelles.scenario,
        annuelles.mesure,
        annuelles.processus,
        annuelles.nature_gain,
        annuelles.variante,
        coalesce(variantes.libelle_variante, 'Selon la probabilité d''achat') as libelle_variante,
        annuelles.annee,
        {{ sans_collectivite() }},
        cast(annuelles.gain_total_eur as decimal(18, 2)) as montant_eur,
        annuelles.est_demonstration

    from annuelles
    left join variantes
        on
            annuelles.scenario = variantes.scenario
            and annuelles.variante = variantes.variante

)

select * from final
