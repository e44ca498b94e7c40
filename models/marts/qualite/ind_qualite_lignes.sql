with

lignes as (

    select * from {{ ref('fct_lignes_recues') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

periodes as (

    select
        mois_reception as mois,
        'mois' as periode_type,
        mois_reception as periode_debut
    from lignes
    group by mois_reception
    union all
    select
        mois_reception as mois,
        'trimestre' as periode_type,
        cast(date_trunc('quarter', mois_reception) as date) as periode_debut
    from lignes
    group by mois_reception
    union all
    select
        mois_reception as mois,
        'annee' as periode_type,
        cast(date_trunc('year', mois_reception) as date) as periode_debut
    from lignes
    group by mois_reception

),

-- Une ligne qui n'est à aucune collectivité bretonne (SIREN faux, organisme hors référentiel)
-- compte au territoire, et à lui seul.
lignes_situees as (

    select
        lignes.*,
        perimetres.perimetre_type,
        perimetres.perimetre_code
    from lignes
    inner join perimetres
        on lignes.siren = perimetres.siren
    where perimetres.perimetre_type <> 'territoire'
    union all
    select
        lignes.*,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code
    from lignes

),

comptes as (

    select
        lignes_situees.perimetre_type,
        lignes_situees.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut,
        lignes_situees.source,
        lignes_situees.siren,
        sum(lignes_situees.nb_lignes) as nb_lignes,
        sum(
            lignes_situees.nb_lignes
            - lignes_situees.nb_lignes_refusees
            - lignes_situees.nb_lignes_signalees
        ) as nb_lignes_valides,
        sum(lignes_situees.nb_lignes_siren_juge) as nb_lignes_siren_juge,
        sum(lignes_situees.nb_lignes_siren_connu) as nb_lignes_siren_connu,
        bool_or(lignes_situees.est_demonstration) as est_demonstration

    from lignes_situees
    inner join periodes
        on lignes_situees.mois_reception = periodes.mois
    group by
        lignes_situees.perimetre_type,
        lignes_situees.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut,
        lignes_situees.source,
        lignes_situees.siren

),

par_source as (

    select
        perimetre_type,
        perimetre_code,
        periode_type,
        periode_debut,
        source,
        sum(nb_lignes) as nb_lignes,
        sum(nb_lignes_valides) as nb_lignes_valides,
        sum(nb_lignes_siren_juge) as nb_lignes_siren_juge,
        sum(nb_lignes_siren_connu) as nb_lignes_siren_connu,
        bool_or(est_demonstration) as est_demonstration

    from comptes
    group by perimetre_type, perimetre_code, periode_type, periode_debut, source

),

ensemble as (

    select
        perimetre_type,
        perimetre_code,
        periode_type,
        periode_debut,
        sum(nb_lignes) as nb_lignes,
        sum(nb_lignes_valides) as nb_lignes_valides,
        sum(nb_lignes_siren_juge) as nb_lignes_siren_juge,
        sum(nb_lignes_siren_connu) as nb_lignes_siren_connu,
        bool_or(est_demonstration) as est_demonstration

    from par_source
    group by perimetre_type, perimetre_code, periode_type, periode_debut

),

collectivites_recues as (

    select
        comptes.perimetre_type,
        comptes.perimetre_code,
        comptes.periode_type,
        comptes.periode_debut,
        count(distinct comptes.siren) as nb_collectivites

    from comptes
    inner join perimetres
        on
            comptes.siren = perimetres.siren
            and comptes.perimetre_type = perimetres.perimetre_type
            and comptes.perimetre_code = perimetres.perimetre_code
    group by
        comptes.perimetre_type,
        comptes.perimetre_code,
        comptes.periode_type,
        comptes.periode_debut

),

debuts as (

    select
        periode_type,
        periode_debut

    from periodes
    group by periode_type, periode_debut

),

attendues as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        debuts.periode_type,
        debuts.periode_debut,
        count(distinct perimetres.siren) as nb_collectivites_attendues

    from perimetres
    cross join debuts
    group by
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        debuts.periode_type,
        debuts.periode_debut

),

ventilees as (

    select
        attendues.perimetre_type,
        attendues.perimetre_code,
        attendues.periode_type,
        attendues.periode_debut,
        attendues.nb_collectivites_attendues,
        'ensemble' as dimension,
        'ensemble' as modalite,
        ensemble.nb_lignes,
        ensemble.nb_lignes_valides,
        ensemble.nb_lignes_siren_juge,
        ensemble.nb_lignes_siren_connu,
        ensemble.est_demonstration
    from attendues
    left join ensemble
        on
            attendues.perimetre_type = ensemble.perimetre_type
            and attendues.perimetre_code = ensemble.perimetre_code
            and attendues.periode_type = ensemble.periode_type
            and attendues.periode_debut = ensemble.periode_debut
    union all
    select
        attendues.perimetre_type,
        attendues.perimetre_code,
        attendues.periode_type,
        attendues.periode_debut,
        attendues.nb_collectivites_attendues,
        'source' as dimension,
        par_source.source as modalite,
        par_source.nb_lignes,
        par_source.nb_lignes_valides,
        par_source.nb_lignes_siren_juge,
        par_source.nb_lignes_siren_connu,
        par_source.est_demonstration
    from attendues
    inner join par_source
        on
            attendues.perimetre_type = par_source.perimetre_type
            and attendues.perimetre_code = par_source.perimetre_code
            and attendues.periode_type = par_source.periode_type
            and attendues.periode_debut = par_source.periode_debut

),

rapports as (

    select
        'QUA-03' as code_indicateur,
        perimetre_type,
        perimetre_code,
        periode_type,
        periode_debut,
        nb_collectivites_attendues,
        dimension,
        modalite,
        nb_lignes_valides as numerateur,
        nb_lignes as denominateur,
        est_demonstration
    from ventilees
    union all
    select
        'QUA-07' as code_indicateur,
        perimetre_type,
        perimetre_code,
        periode_type,
        periode_debut,
        nb_collectivites_attendues,
        dimension,
        modalite,
        nb_lignes_siren_connu as numerateur,
        nb_lignes_siren_juge as denominateur,
        est_demonstration
    from ventilees

),

final as (

    select
        rapports.code_indicateur,
        rapports.perimetre_type,
        rapports.perimetre_code,
        'toutes' as population,
        rapports.dimension,
        rapports.modalite,
        rapports.periode_type,
        rapports.periode_debut,
        cast(case when rapports.denominateur > 0 then rapports.numerateur end as double)
            as numerateur,
        cast(case when rapports.denominateur > 0 then rapports.denominateur end as double)
            as denominateur,
        {{ ratio('rapports.numerateur', 'rapports.denominateur') }} as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        cast(coalesce(collectivites_recues.nb_collectivites, 0) as bigint) as nb_collectivites,
        cast(rapports.nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        case when rapports.denominateur > 0 then 'observe' else 'absent' end as statut,
        false as est_provisoire,
        coalesce(rapports.est_demonstration, false) as est_demonstration

    from rapports
    left join collectivites_recues
        on
            rapports.perimetre_type = collectivites_recues.perimetre_type
            and rapports.perimetre_code = collectivites_recues.perimetre_code
            and rapports.periode_type = collectivites_recues.periode_type
            and rapports.periode_debut = collectivites_recues.periode_debut

)

select * from final
