with

controles as (

    select * from {{ ref('fct_controles_retours') }}
    where not est_respectee

),

regles as (

    select * from {{ ref('ref_regles_coherence') }}

),

codes as (

    select * from {{ ref('ref_codes_retour') }}

),

final as (

    select
        controles.siren,
        controles.code_regle,
        controles.code_donnee,
        controles.nom_collectivite,
        controles.type_collectivite,
        controles.classe_taille,
        controles.code_departement,
        controles.nom_departement,
        controles.siren_epci,
        controles.nom_epci,
        regles.libelle as libelle_regle,
        codes.libelle as libelle_donnee,
        controles.mois,
        controles.valeur_controlee,
        controles.valeur_borne,
        controles.est_demonstration,
        controles.fichier_sha256,
        controles.ligne,
        controles.lot

    from controles
    inner join regles
        on controles.code_regle = regles.code_regle
    inner join codes
        on controles.code_donnee = codes.code

)

select * from final
