with

mesures as (

    select
        code_indicateur,
        siren,
        classe_taille,
        mois,
        numerateur,
        denominateur,
        est_connu,
        est_demonstration

    from {{ ref('ind_mesures_mois') }}
    where dimension = 'ensemble'

),

etapes as (

    select * from {{ ref('ref_etapes_cout') }}
    where code_indicateur is not null

),

reglages as (

    select max(valeur) filter (where cle = 'mois_de_reference') as nb_mois
    from {{ ref('hyp_reglages_economies') }}

),

reference as (

    select
        {{ mois_avant('max(mesures.mois)', 'max(reglages.nb_mois)') }} as mois_avant_premier,
        max(mesures.mois) as dernier_mois

    from mesures
    cross join reglages

),

constates as (

    select
        code_indicateur,
        siren,
        'constate' as mesure,
        extract(year from mois) as annee,
        sum(numerateur) as volume,
        bool_or(est_demonstration) as est_demonstration

    from mesures
    where numerateur is not null
    group by code_indicateur, siren, extract(year from mois)

),

-- Sans dénominateur connu, ni taux ni total : la collectivité manque, elle n'est pas à zéro.
connus as (

    select
        mesures.code_indicateur,
        mesures.siren,
        max(extract(year from reference.dernier_mois)) as annee,
        sum(mesures.numerateur) as numerateur,
        sum(mesures.denominateur) as denominateur,
        bool_or(mesures.est_demonstration) as est_demonstration

    from mesures
    inner join reference
        on mesures.mois > reference.mois_avant_premier
    where mesures.est_connu
    group by mesures.code_indicateur, mesures.siren

),

unites as (

    select
        code_indicateur,
        siren,
        mesure,
        annee,
        volume,
        est_demonstration
    from constates

    union all

    select
        code_indicateur,
        siren,
        'projection_taux_constant' as mesure,
        annee,
        numerateur as volume,
        est_demonstration
    from connus

    union all

    select
        code_indicateur,
        siren,
        'potentiel' as mesure,
        annee,
        denominateur as volume,
        est_demonstration
    from connus

    union all

    select
        code_indicateur,
        siren,
        'restant' as mesure,
        annee,
        denominateur - numerateur as volume,
        est_demonstration
    from connus

),

final as (

    select
        unites.siren,
        collectivites.classe_taille,
        etapes.processus,
        etapes.etape,
        etapes.est_operation,
        unites.mesure,
        cast(unites.annee as bigint) as annee,
        cast(unites.volume as double) as volume,
        unites.est_demonstration

    from unites
    inner join etapes
        on unites.code_indicateur = etapes.code_indicateur
    inner join {{ ref('dim_collectivites') }} as collectivites
        on unites.siren = collectivites.siren

)

select * from final
