with

collectivites as (

    select * from {{ ref('dim_collectivites') }}
    where est_breton

),

obligations as (

    select * from {{ ref('ref_obligations') }}

),

regles as (

    select * from {{ ref('ref_regles_assujettissement') }}

),

connus as (

    select * from {{ ref('ref_assujettissements_connus') }}

),

-- Une population inconnue ne remplit aucune règle bornée : l'assujettissement reste inconnu.
final as (

    select
        collectivites.siren,
        obligations.code_obligation,
        coalesce(connus.statut_assujettissement, regles.statut_assujettissement, 'inconnu')
            as statut_assujettissement,
        coalesce(
            connus.motif,
            regles.motif,
            case
                when collectivites.population is null then 'La population n''est pas connue.'
                else 'Aucune règle ne vise ce type de collectivité.'
            end
        ) as motif,
        coalesce(connus.source, regles.source) as source_regle,
        coalesce(connus.statut, regles.statut) as statut_regle

    from collectivites
    cross join obligations
    left join regles
        on
            obligations.code_obligation = regles.code_obligation
            and collectivites.type_collectivite = regles.type_collectivite
            and (
                regles.population_min is null
                or collectivites.population >= regles.population_min
            )
            and (
                regles.population_max is null
                or collectivites.population <= regles.population_max
            )
    left join connus
        on
            collectivites.siren = connus.siren
            and obligations.code_obligation = connus.code_obligation

)

select * from final
