with

conformite as (

    select * from {{ ref('ind_conformite') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

-- Une ligne par mesure, obligation et collectivité : un terme NULL est inconnu et n'entre pas.
mesures as (

    select
        'REG-01' as code_indicateur,
        siren,
        'obligation' as dimension,
        code_obligation as modalite,
        cast(date_trunc('year', date_echeance) as date) as periode_debut,
        est_conforme_a_l_echeance is not null as est_connue,
        case when est_conforme_a_l_echeance then 1 else 0 end as numerateur,
        origine_preuve,
        false as est_provisoire,
        est_demonstration
    from conformite
    where statut <> 'non_concernee'
    union all
    select
        'REG-01' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cast(date_trunc('year', date_observation) as date) as periode_debut,
        est_conforme_a_l_echeance is not null as est_connue,
        case when est_conforme_a_l_echeance then 1 else 0 end as numerateur,
        origine_preuve,
        true as est_provisoire,
        est_demonstration
    from conformite
    where statut <> 'non_concernee'
    union all
    select
        'REG-01' as code_indicateur,
        siren,
        'a_ce_jour' as dimension,
        code_obligation as modalite,
        cast(date_trunc('year', date_observation) as date) as periode_debut,
        est_conforme_aujourd_hui is not null as est_connue,
        case when est_conforme_aujourd_hui then 1 else 0 end as numerateur,
        origine_preuve,
        true as est_provisoire,
        est_demonstration
    from conformite
    where statut <> 'non_concernee'
    union all
    select
        'REG-01' as code_indicateur,
        siren,
        'a_ce_jour' as dimension,
        'ensemble' as modalite,
        cast(date_trunc('year', date_observation) as date) as periode_debut,
        est_conforme_aujourd_hui is not null as est_connue,
        case when est_conforme_aujourd_hui then 1 else 0 end as numerateur,
        origine_preuve,
        true as est_provisoire,
        est_demonstration
    from conformite
    where statut <> 'non_concernee'
    union all
    select
        'REG-02' as code_indicateur,
        siren,
        'obligation' as dimension,
        code_obligation as modalite,
        cast(date_trunc('year', date_observation) as date) as periode_debut,
        retard_jours is not null as est_connue,
        retard_jours as numerateur,
        origine_preuve,
        true as est_provisoire,
        est_demonstration
    from conformite
    where statut <> 'non_concernee'
    union all
    select
        'REG-02' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cast(date_trunc('year', date_observation) as date) as periode_debut,
        retard_jours is not null as est_connue,
        retard_jours as numerateur,
        origine_preuve,
        true as est_provisoire,
        est_demonstration
    from conformite
    where statut <> 'non_concernee'
    union all
    select
        'REG-03' as code_indicateur,
        siren,
        'obligation' as dimension,
        code_obligation as modalite,
        cast(date_trunc('year', date_observation) as date) as periode_debut,
        true as est_connue,
        case when statut_assujettissement = 'inconnu' then 1 else 0 end as numerateur,
        'referentiel' as origine_preuve,
        true as est_provisoire,
        false as est_demonstration
    from conformite
    union all
    select
        'REG-03' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cast(date_trunc('year', date_observation) as date) as periode_debut,
        true as est_connue,
        case when statut_assujettissement = 'inconnu' then 1 else 0 end as numerateur,
        'referentiel' as origine_preuve,
        true as est_provisoire,
        false as est_demonstration
    from conformite
    union all
    select
        'REG-06' as code_indicateur,
        siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        cast(date_trunc('year', date_observation) as date) as periode_debut,
        est_conforme_aujourd_hui is not null as est_connue,
        case when est_conforme_aujourd_hui then 1 else 0 end as numerateur,
        origine_preuve,
        true as est_provisoire,
        est_demonstration
    from conformite
    where code_obligation = 'E03'

),

par_perimetre as (

    select
        mesures.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        mesures.dimension,
        mesures.modalite,
        mesures.periode_debut,
        sum(mesures.numerateur) filter (where mesures.est_connue) as numerateur,
        count(*) filter (where mesures.est_connue) as denominateur,
        count(distinct mesures.siren) filter (where mesures.est_connue) as nb_collectivites,
        count(distinct mesures.siren) as nb_collectivites_attendues,
        bool_or(mesures.est_connue and mesures.origine_preuve = 'declaration') as est_declare,
        bool_or(mesures.est_provisoire) as est_provisoire,
        bool_or(mesures.est_demonstration) as est_demonstration

    from mesures
    inner join perimetres
        on mesures.siren = perimetres.siren
    group by
        mesures.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        mesures.dimension,
        mesures.modalite,
        mesures.periode_debut

),

final as (

    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        'toutes' as population,
        dimension,
        modalite,
        'annee' as periode_type,
        periode_debut,
        cast(numerateur as double) as numerateur,
        case when nb_collectivites > 0 then cast(denominateur as double) end as denominateur,
        {{ ratio('numerateur', 'denominateur') }} as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        nb_collectivites,
        nb_collectivites_attendues,
        case
            when nb_collectivites = 0 then 'absent'
            when est_declare then 'declare'
            else 'observe'
        end as statut,
        est_provisoire,
        est_demonstration

    from par_perimetre

)

select * from final
