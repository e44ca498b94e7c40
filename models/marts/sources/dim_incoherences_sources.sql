with

incoherences as (

    select * from {{ ref('ref_incoherences_sources') }}

),

final as (

    select
        code_incoherence,
        ordre_incoherence,
        document_source,
        ligne,
        concat(
            document_source,
            case when coalesce(ligne, '') <> '' then concat(', l. ', ligne) else '' end
        ) as libelle_origine,
        constat,
        decision,
        statut,
        case statut
            when 'ouvert' then 'Ouvert'
            when 'tranche' then 'Tranché'
            else 'À confirmer'
        end as libelle_statut

    from incoherences

)

select * from final
