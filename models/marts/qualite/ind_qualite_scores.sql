with

mesures as (

    select * from {{ ref('ind_qualite_retours_mois') }}
    where dimension = 'ensemble'

),

retours_mois as (

    select * from {{ ref('fct_retours_mois') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

periodes as (

    select * from {{ ref('dim_periodes') }}
    where periode_type = 'annee'

),

reglages as (

    select
        max(valeur) filter (where cle = 'poids_qua_01') as poids_qua_01,
        max(valeur) filter (where cle = 'poids_qua_02') as poids_qua_02,
        max(valeur) filter (where cle = 'poids_qua_03') as poids_qua_03,
        max(valeur) filter (where cle = 'poids_qua_04') as poids_qua_04,
        max(valeur) filter (where cle = 'poids_qua_06') as poids_qua_06,
        max(valeur) filter (where cle = 'ecart_plateforme_max') as ecart_plateforme_max,
        max(valeur) filter (where cle = 'echelle_score') as echelle_score,
        max(valeur) filter (where cle = 'nb_composantes_min') as nb_composantes_min

    from {{ ref('hyp_qualite') }}

),

termes as (

    select
        code_indicateur as composante,
        siren,
        mois,
        numerateur,
        denominateur
    from mesures
    where est_connu
    union all
    select
        'QUA-03' as composante,
        siren,
        mois,
        nb_lignes_valides as numerateur,
        nb_lignes as denominateur
    from retours_mois

),

composantes as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut,
        termes.composante,
        {{ ratio('sum(termes.numerateur)', 'sum(termes.denominateur)') }} as valeur

    from termes
    inner join perimetres
        on termes.siren = perimetres.siren
    inner join periodes
        on termes.mois = periodes.mois
    group by
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut,
        termes.composante

),

ponderees as (

    select
        composantes.perimetre_type,
        composantes.perimetre_code,
        composantes.periode_type,
        composantes.periode_debut,
        case composantes.composante
            when 'QUA-01' then reglages.poids_qua_01
            when 'QUA-02' then reglages.poids_qua_02
            when 'QUA-03' then reglages.poids_qua_03
            when 'QUA-04' then reglages.poids_qua_04
            when 'QUA-06' then reglages.poids_qua_06
        end as poids,
        composantes.composante,
        reglages.echelle_score * case
            when composantes.composante = 'QUA-06'
                then greatest(
                    0,
                    1 - {{ ratio('composantes.valeur', 'reglages.ecart_plateforme_max') }}
                )
            else composantes.valeur
        end as points

    from composantes
    cross join reglages
    where composantes.valeur is not null

),

-- Une composante inconnue n'est pas un zéro : elle sort du score, avec son poids.
scores as (

    select
        perimetre_type,
        perimetre_code,
        periode_type,
        periode_debut,
        {{ somme_exacte('poids * points') }} as points_ponderes,
        {{ somme_exacte('poids') }} as poids_connus,
        count(*) as nb_composantes,
        bool_or(composante = 'QUA-01') as a_un_retour

    from ponderees
    group by perimetre_type, perimetre_code, periode_type, periode_debut

),

attendues as (

    select
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut,
        count(distinct mesures.siren) as nb_collectivites_attendues,
        count(distinct case
            when mesures.code_indicateur = 'QUA-01' and mesures.est_connu then mesures.siren
        end) as nb_collectivites,
        bool_or(mesures.est_provisoire) as est_provisoire,
        bool_or(mesures.est_demonstration) as est_demonstration

    from mesures
    inner join perimetres
        on mesures.siren = perimetres.siren
    inner join periodes
        on mesures.mois = periodes.mois
    group by
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        periodes.periode_type,
        periodes.periode_debut

),

juges as (

    select
        attendues.perimetre_type,
        attendues.perimetre_code,
        attendues.periode_type,
        attendues.periode_debut,
        attendues.nb_collectivites,
        attendues.nb_collectivites_attendues,
        attendues.est_provisoire,
        attendues.est_demonstration,
        scores.points_ponderes,
        scores.poids_connus,
        coalesce(
            scores.a_un_retour and scores.nb_composantes >= reglages.nb_composantes_min, false
        ) as est_note

    from attendues
    cross join reglages
    left join scores
        on
            attendues.perimetre_type = scores.perimetre_type
            and attendues.perimetre_code = scores.perimetre_code
            and attendues.periode_type = scores.periode_type
            and attendues.periode_debut = scores.periode_debut

),

final as (

    select
        'QUA-09' as code_indicateur,
        perimetre_type,
        perimetre_code,
        'toutes' as population,
        'ensemble' as dimension,
        'ensemble' as modalite,
        periode_type,
        periode_debut,
        cast(case when est_note then points_ponderes end as double) as numerateur,
        cast(case when est_note then poids_connus end as double) as denominateur,
        case when est_note then {{ ratio('points_ponderes', 'poids_connus') }} end as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        cast(case when est_note then nb_collectivites else 0 end as bigint) as nb_collectivites,
        cast(nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        case when est_note then 'observe' else 'absent' end as statut,
        est_provisoire,
        est_demonstration

    from juges

)

select * from final
