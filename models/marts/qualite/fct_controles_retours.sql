with

controles as (

    select * from {{ ref('int_controles_retours') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

final as (

    select
        controles.siren,
        controles.mois,
        controles.code_regle,
        controles.objet as code_donnee,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        cast(controles.valeur_controlee as decimal(18, 2)) as valeur_controlee,
        cast(controles.valeur_borne as decimal(18, 2)) as valeur_borne,
        controles.est_respectee,
        controles.est_demonstration,
        controles.fichier_sha256,
        controles.ligne,
        controles.lot

    from controles
    left join collectivites
        on controles.siren = collectivites.siren

)

select * from final
