with

fusions as (

    select * from {{ ref('ref_communes_fusionnees') }}

),

-- Une commune réunie à une autre répond pour elle.
valeurs as (

    select
        coalesce(fusions.siren, recues.siren) as siren,
        recues.mois,
        recues.code_donnee

    from {{ ref('stg_retours__valeurs') }} as recues
    left join fusions
        on recues.siren = fusions.siren_ancien
    where recues.mois is not null

),

retenues as (

    select * from {{ ref('int_retours_retenus') }}

),

socle as (

    select * from {{ ref('ref_socle_retour') }}

),

communes as (

    select * from {{ ref('ref_communes') }}

),

mois_retournes as (

    select
        siren,
        mois

    from valeurs
    group by siren, mois

),

-- Une ligne envoyée, même vide, est une question à laquelle la collectivité devait répondre.
attendues as (

    select
        mois_retournes.siren,
        mois_retournes.mois,
        socle.code_donnee
    from mois_retournes
    cross join socle
    left join communes
        on mois_retournes.siren = communes.siren
    where communes.siren is null or communes.population >= socle.population_min
    union
    select
        valeurs.siren,
        valeurs.mois,
        valeurs.code_donnee
    from valeurs

),

final as (

    select
        attendues.siren,
        attendues.mois,
        attendues.code_donnee,
        case
            when retenues.valeur is not null and retenues.valeur = 0 then 'zero'
            when retenues.valeur is not null then 'nombre'
            when retenues.est_non_connu then 'non_connu'
            else 'vide'
        end as reponse

    from attendues
    left join retenues
        on
            attendues.siren = retenues.siren
            and attendues.mois = retenues.mois
            and attendues.code_donnee = retenues.code_donnee

)

select * from final
