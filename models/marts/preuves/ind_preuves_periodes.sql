with

cellules as (

    select
        code_indicateur,
        periode_type,
        periode_debut

    from {{ ref('ind_valeurs') }}
    group by code_indicateur, periode_type, periode_debut

),

cumuls as (

    select
        code_indicateur,
        min(cumul) as cumul,
        min(periode_minimale) as periode_minimale

    from {{ ref('dim_indicateurs') }}
    group by code_indicateur

),

entreprises_connues as (

    select periode_debut as mois
    from {{ ref('ind_entreprises_recalculees') }}
    where periode_type = 'mois' and statut <> 'absent'

),

mois_recus as (

    select distinct mois_reception as mois
    from {{ ref('fct_lignes_recues') }}

),

periodes as (

    select * from {{ ref('dim_periodes') }}

),

-- Ce que la réception mesure se lit aux mois de réception, que les données n'ont pas toujours.
calendrier as (

    select
        'donnees' as horloge,
        mois,
        periode_type,
        periode_debut,
        est_dernier_mois
    from periodes
    union all
    select
        'entreprises' as horloge,
        periodes.mois,
        periodes.periode_type,
        periodes.periode_debut,
        periodes.mois
        = max(periodes.mois) over (partition by periodes.periode_type, periodes.periode_debut)
            as est_dernier_mois
    from periodes
    inner join entreprises_connues
        on periodes.mois = entreprises_connues.mois
    union all
    select
        'reception' as horloge,
        mois,
        'mois' as periode_type,
        mois as periode_debut,
        true as est_dernier_mois
    from mois_recus
    union all
    select
        'reception' as horloge,
        mois,
        'trimestre' as periode_type,
        cast(date_trunc('quarter', mois) as date) as periode_debut,
        true as est_dernier_mois
    from mois_recus
    union all
    select
        'reception' as horloge,
        mois,
        'annee' as periode_type,
        cast(date_trunc('year', mois) as date) as periode_debut,
        true as est_dernier_mois
    from mois_recus

),

cellules_situees as (

    select
        cellules.code_indicateur,
        cellules.periode_type,
        cellules.periode_debut,
        cumuls.cumul,
        cumuls.periode_minimale = 'campagne'
        or (cumuls.cumul = 'stock' and cumuls.periode_minimale = 'annee') as est_au_debut,
        case
            when cellules.code_indicateur in ('QUA-03', 'QUA-07', 'QUA-08') then 'reception'
            when cellules.code_indicateur = 'APP-08' then 'entreprises'
            else 'donnees'
        end as horloge

    from cellules
    inner join cumuls
        on cellules.code_indicateur = cumuls.code_indicateur

),

-- Un flux s'additionne sur ses mois, un stock se lit à son dernier mois ; une campagne et un stock
-- annuel, au début de leur période.
final as (

    select
        code_indicateur,
        periode_type,
        periode_debut,
        periode_debut as mois
    from cellules_situees
    where est_au_debut
    union all
    select
        cellules_situees.code_indicateur,
        cellules_situees.periode_type,
        cellules_situees.periode_debut,
        calendrier.mois
    from cellules_situees
    inner join calendrier
        on
            cellules_situees.horloge = calendrier.horloge
            and cellules_situees.periode_type = calendrier.periode_type
            and cellules_situees.periode_debut = calendrier.periode_debut
            and (cellules_situees.cumul = 'flux' or calendrier.est_dernier_mois)
    where not cellules_situees.est_au_debut

)

select * from final
