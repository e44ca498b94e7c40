with

economies as (

    select * from {{ ref('int_economies_tirages') }}
    where
        processus = 'ensemble'
        and nature_gain = 'ensemble'

),

parametres as (

    select
        parametre,
        libelle,
        unite,
        statut,
        nb_releves,
        valeur_min,
        valeur_centrale,
        valeur_max

    from {{ ref('int_parametres_cout') }}
    where classe_taille = 'toutes'

),

centrales as (

    select
        economies.scenario,
        economies.mesure,
        1 - variantes.decote as apres_decote,
        economies.gain_total_eur

    from economies
    inner join {{ ref('hyp_variantes') }} as variantes
        on economies.scenario = variantes.scenario
    where
        economies.jeu = 'modes'
        and variantes.variante = 'central'

),

-- Avant calage : caler ramènerait chaque borne au même total.
bornes as (

    select
        centrales.scenario,
        centrales.mesure,
        parametres.parametre,
        parametres.libelle,
        parametres.unite,
        parametres.statut,
        parametres.nb_releves,
        parametres.valeur_min,
        parametres.valeur_centrale,
        parametres.valeur_max,
        cast(au_min.gain_total_eur * centrales.apres_decote as decimal(18, 2)) as montant_min_eur,
        cast(centrales.gain_total_eur * centrales.apres_decote as decimal(18, 2))
            as montant_central_eur,
        cast(au_max.gain_total_eur * centrales.apres_decote as decimal(18, 2)) as montant_max_eur

    from centrales
    cross join parametres
    inner join economies as au_min
        on
            centrales.scenario = au_min.scenario
            and centrales.mesure = au_min.mesure
            and au_min.jeu = concat('min:', parametres.parametre)
    inner join economies as au_max
        on
            centrales.scenario = au_max.scenario
            and centrales.mesure = au_max.mesure
            and au_max.jeu = concat('max:', parametres.parametre)

),

ampleurs as (

    select
        *,
        cast(abs(montant_max_eur - montant_min_eur) as decimal(18, 2)) as montant_amplitude_eur

    from bornes

),

final as (

    select
        scenario,
        mesure,
        parametre,
        libelle as libelle_parametre,
        {{ sans_collectivite() }},
        unite as unite_parametre,
        statut,
        nb_releves,
        valeur_min,
        valeur_centrale,
        valeur_max,
        montant_min_eur,
        montant_central_eur,
        montant_max_eur,
        montant_amplitude_eur,
        cast(
            row_number() over (
                partition by scenario, mesure
                order by montant_amplitude_eur desc, parametre asc
            ) as bigint
        ) as rang

    from ampleurs
    -- Un paramètre qui ne bouge rien n'est pas de ce scénario.
    where montant_amplitude_eur > 0

)

select * from final
