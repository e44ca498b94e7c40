with

economies as (

    select * from {{ ref('int_economies_jeux') }}

),

modes as (

    select
        scenario,
        mesure,
        processus,
        nature_gain,
        gain_total_eur

    from economies
    where jeu = 'modes'

),

feuilles as (

    select
        scenario,
        mesure,
        processus,
        nature_gain,
        sum(gain_total_eur) as gain_total_eur

    from {{ ref('int_economies_feuilles') }}
    where not est_calibre
    group by scenario, mesure, processus, nature_gain

),

-- Ce que des collectivités déclarent de leurs coûts s'écarte du barème : cet écart ne se tire pas.
ecarts as (

    select
        modes.scenario,
        modes.mesure,
        modes.processus,
        modes.nature_gain,
        coalesce(feuilles.gain_total_eur - modes.gain_total_eur, 0) as ecart_eur

    from modes
    left join feuilles
        on
            modes.scenario = feuilles.scenario
            and modes.mesure = feuilles.mesure
            and modes.processus = feuilles.processus
            and modes.nature_gain = feuilles.nature_gain

),

final as (

    select
        economies.jeu,
        economies.scenario,
        economies.mesure,
        coalesce(economies.processus, 'ensemble') as processus,
        coalesce(economies.nature_gain, 'ensemble') as nature_gain,
        sum(
            case
                when economies.processus <> 'couts_fixes'
                    then economies.gain_total_eur + ecarts.ecart_eur
            end
        ) as gain_total_eur,
        sum(
            case when economies.processus = 'couts_fixes' then economies.gain_total_eur else 0 end
        ) as couts_fixes_eur

    from economies
    inner join ecarts
        on
            economies.scenario = ecarts.scenario
            and economies.mesure = ecarts.mesure
            and economies.processus = ecarts.processus
            and economies.nature_gain = ecarts.nature_gain
    group by
        economies.jeu,
        economies.scenario,
        economies.mesure,
        cube (economies.processus, economies.nature_gain)

)

select * from final
