with

mesures as (

    select * from {{ ref('ind_mesures_perimetres') }}

),

poids as (

    select * from {{ ref('hyp_composite') }}

),

composantes_attendues as (

    select
        count(*) as nb_composantes,
        sum(valeur) as total_poids

    from poids

),

-- Un processus inconnu n'est pas un processus à zéro : sans toutes ses composantes, pas d'indice.
composites as (

    select
        mesures.perimetre_type,
        mesures.perimetre_code,
        mesures.population,
        mesures.periode_type,
        mesures.periode_debut,
        {{ somme_exacte('poids.valeur * mesures.valeur') }} as numerateur,
        count(mesures.valeur) as nb_composantes,
        min(mesures.nb_collectivites) as nb_collectivites,
        max(mesures.nb_collectivites_attendues) as nb_collectivites_attendues,
        bool_or(mesures.statut = 'partiel') as est_partiel,
        bool_or(mesures.est_provisoire) as est_provisoire,
        bool_or(mesures.est_demonstration) as est_demonstration

    from mesures
    inner join poids
        on mesures.code_indicateur = poids.cle
    where
        mesures.dimension = 'ensemble'
        and mesures.periode_type in ('trimestre', 'annee')
    group by
        mesures.perimetre_type,
        mesures.perimetre_code,
        mesures.population,
        mesures.periode_type,
        mesures.periode_debut

),

complets as (

    select
        composites.perimetre_type,
        composites.perimetre_code,
        composites.population,
        composites.periode_type,
        composites.periode_debut,
        composites.numerateur,
        composantes_attendues.total_poids,
        composites.nb_composantes = composantes_attendues.nb_composantes as est_complet,
        composites.nb_collectivites,
        composites.nb_collectivites_attendues,
        composites.est_partiel,
        composites.est_provisoire,
        composites.est_demonstration

    from composites
    cross join composantes_attendues

),

final as (

    select
        'DEM-25' as code_indicateur,
        perimetre_type,
        perimetre_code,
        population,
        'ensemble' as dimension,
        'ensemble' as modalite,
        periode_type,
        periode_debut,
        cast(case when est_complet then numerateur end as double) as numerateur,
        cast(case when est_complet then total_poids end as double) as denominateur,
        cast(
            case when est_complet then {{ ratio('numerateur', 'total_poids') }} end as double
        ) as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        case when est_complet then nb_collectivites else 0 end as nb_collectivites,
        nb_collectivites_attendues,
        case
            when not est_complet then 'absent'
            when est_partiel then 'partiel'
            else 'declare'
        end as statut,
        est_provisoire,
        est_demonstration

    from complets

)

select * from final
