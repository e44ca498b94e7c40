with

jalons as (

    select * from {{ ref('ref_jalons') }}

),

obligations as (

    select * from {{ ref('ref_obligations') }}

),

indicateurs as (

    select * from {{ ref('ref_indicateurs') }}
    where version_definition > 1

),

observation as (

    select
        min(mois) as premier_mois,
        max(mois) as dernier_mois

    from {{ ref('dim_mois') }}

),

-- Une échéance et une nouvelle définition s'écrivent une fois, dans leur propre liste.
reunis as (

    select
        code_jalon,
        date_jalon,
        precision_date,
        type_jalon,
        libelle_jalon,
        document_source,
        ligne,
        statut,
        remarque
    from jalons
    union all
    select
        code_obligation as code_jalon,
        date_echeance as date_jalon,
        'jour' as precision_date,
        'obligation' as type_jalon,
        libelle_obligation as libelle_jalon,
        null as document_source,
        null as ligne,
        case when statut in ('S', 'P') then 'exact' else 'a_confirmer' end as statut,
        reference_juridique as remarque
    from obligations
    union all
    select
        concat(code_indicateur, ' v', version_definition) as code_jalon,
        valide_du as date_jalon,
        'jour' as precision_date,
        'rupture_definition' as type_jalon,
        concat('Nouvelle définition : ', libelle) as libelle_jalon,
        null as document_source,
        null as ligne,
        'exact' as statut,
        piege as remarque
    from indicateurs

),

final as (

    select
        reunis.code_jalon,
        reunis.date_jalon,
        reunis.precision_date,
        case reunis.precision_date
            when 'jour' then {{ libelle_jour('reunis.date_jalon') }}
            when 'mois' then {{ libelle_mois('reunis.date_jalon') }}
            when 'semestre'
                then
                    concat(
                        case
                            when extract(month from reunis.date_jalon) < 7 then '1er' else '2e'
                        end,
                        ' semestre ',
                        extract(year from reunis.date_jalon)
                    )
            else concat('', extract(year from reunis.date_jalon))
        end as libelle_date,
        reunis.type_jalon,
        case reunis.type_jalon
            when 'plan' then 'Plan'
            when 'seminaire' then 'Séminaire'
            when 'obligation' then 'Obligation'
            when 'version_plateforme' then 'Plateforme'
            when 'convention' then 'Convention'
            else 'Rupture de définition'
        end as libelle_type,
        reunis.libelle_jalon,
        reunis.document_source,
        reunis.ligne,
        reunis.statut,
        case reunis.statut when 'exact' then 'Exact' else 'À confirmer' end as libelle_statut,
        reunis.precision_date in ('jour', 'mois') as est_annotable,
        reunis.precision_date in ('jour', 'mois')
        and reunis.date_jalon >= observation.premier_mois
        and cast(date_trunc('month', reunis.date_jalon) as date) <= observation.dernier_mois
            as est_dans_la_periode,
        nullif(reunis.remarque, '') as remarque

    from reunis
    cross join observation

)

select * from final
