with

annuelles as (

    select * from {{ ref('ind_estimations_annuelles') }}

),

estimations as (

    select * from {{ ref('ind_estimations') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}
    where perimetre_type <> 'collectivite'

),

final as (

    select
        annuelles.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        max(perimetres.nom_perimetre) as nom_perimetre,
        annuelles.dimension,
        annuelles.modalite,
        annuelles.periode_debut,
        cast(sum(annuelles.numerateur_connu) as double) as numerateur_observe,
        cast(sum(annuelles.denominateur_connu) as double) as denominateur_observe,
        {{ ratio('sum(annuelles.numerateur_connu)', 'sum(annuelles.denominateur_connu)') }}
            as valeur_observee,
        -- Ce qu'on observe chez qui n'a rien déclaré ne compte pas au-delà du dénominateur estimé.
        coalesce(sum(annuelles.numerateur_connu), 0)
        + coalesce(
            {{ somme_exacte('least(estimations.numerateur, estimations.denominateur_estime)') }}, 0
        ) as numerateur_complete,
        coalesce(sum(annuelles.denominateur_connu), 0)
        + coalesce({{ somme_exacte('estimations.denominateur_estime') }}, 0)
            as denominateur_complete,
        coalesce({{ somme_exacte('estimations.denominateur_estime') }}, 0) as denominateur_estime,
        {{ ratio(
            '(coalesce(sum(annuelles.numerateur_connu), 0) + coalesce('
            ~ somme_exacte('least(estimations.numerateur, estimations.denominateur_estime)')
            ~ ', 0))',
            '(coalesce(sum(annuelles.denominateur_connu), 0) + coalesce('
            ~ somme_exacte('estimations.denominateur_estime') ~ ', 0))'
        ) }} as valeur_completee,
        {{ ratio(
            'coalesce(' ~ somme_exacte('estimations.denominateur_estime') ~ ', 0)',
            '(coalesce(sum(annuelles.denominateur_connu), 0) + coalesce('
            ~ somme_exacte('estimations.denominateur_estime') ~ ', 0))'
        ) }} as part_estimee,
        cast(count(*) filter (where annuelles.nb_periodes_connues > 0) as bigint)
            as nb_collectivites_observees,
        cast(count(estimations.siren) as bigint) as nb_collectivites_estimees,
        cast(count(*) as bigint) as nb_collectivites_attendues,
        bool_or(annuelles.est_demonstration) as est_demonstration

    from annuelles
    inner join perimetres
        on annuelles.siren = perimetres.siren
    left join estimations
        on
            annuelles.code_indicateur = estimations.code_indicateur
            and annuelles.siren = estimations.siren
            and annuelles.dimension = estimations.dimension
            and annuelles.modalite = estimations.modalite
            and annuelles.periode_debut = estimations.periode_debut
    group by
        annuelles.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        annuelles.dimension,
        annuelles.modalite,
        annuelles.periode_debut

)

select * from final
