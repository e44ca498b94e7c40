with

conformites as (

    select * from {{ ref('ind_conformite') }}

),

final as (

    select
        siren,
        nom_collectivite,
        {{ libelle_collectivite('nom_collectivite', 'nom_departement') }} as libelle_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        code_obligation,
        ordre_obligation,
        libelle_court,
        libelle_obligation,
        date_echeance,
        date_conformite,
        statut,
        case statut
            when 'assujettissement_inconnu' then 'À vérifier : concernée ?'
            when 'inconnue' then 'Inconnu'
            when 'non_conforme' then 'Pas encore'
            when 'conforme_a_l_echeance' then 'En règle à la date'
            when 'conforme_en_retard' then 'En règle, après la date'
            when 'conforme_date_inconnue' then 'En règle'
        end as libelle_statut,
        retard_jours,
        est_demonstration

    from conformites
    where statut <> 'non_concernee'

)

select * from final
