with

rattachements as (

    select * from {{ ref('ref_rattachements') }}

),

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

epci as (

    select * from {{ ref('ref_epci') }}

),

final as (

    select
        rattachements.siren as siren_recu,
        coalesce(fusions.siren, rattachements.siren) as siren,
        rattachements.code_insee,
        collectivites.nom as nom_collectivite,
        rattachements.siren_epci,
        epci.nom as nom_epci,
        rattachements.valide_au is null as est_actuel,
        rattachements.valide_du,
        rattachements.valide_au

    from rattachements
    left join fusions
        on rattachements.siren = fusions.siren_ancien
    left join collectivites
        on coalesce(fusions.siren, rattachements.siren) = collectivites.siren
    left join epci
        on rattachements.siren_epci = epci.siren

)

select * from final
