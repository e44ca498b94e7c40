with

seuils as (

    select * from {{ ref('ref_seuils') }}

),

final as (

    select
        code_usage,
        libelle_usage,
        categorie,
        case
            when categorie = 'travaux' then 'Travaux'
            else 'Fournitures et services'
        end as libelle_categorie,
        case
            when valide_au is null
                then concat('depuis le ', {{ libelle_jour('valide_du') }})
            else
                concat(
                    'du ', {{ libelle_jour('valide_du') }}, ' au ', {{ libelle_jour('valide_au') }}
                )
        end as libelle_periode,
        valide_du,
        valide_au,
        montant_eur,
        reference_juridique,
        source as source_reference,
        statut as statut_reference

    from seuils

)

select * from final
