with

couts as (

    select * from {{ couts_unitaires(
        "(select * from " ~ ref('int_parametres_jeux') ~ " where jeu = 'modes')"
    ) }}

),

parametres as (

    select
        parametre,
        classe_taille,
        nb_releves,
        statut,
        source

    from {{ ref('int_parametres_cout') }}

),

postes as (

    select * from {{ ref('int_postes_cout') }}

),

final as (

    select
        couts.bareme,
        couts.processus,
        couts.etape,
        postes.libelle_etape,
        cast(postes.ordre_etape as bigint) as ordre_etape,
        couts.canal,
        couts.poste,
        postes.libelle_poste,
        couts.nature_gain,
        couts.classe_taille,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        couts.repetition as repetitions_par_operation,
        couts.cout_unitaire_eur as valeur_unitaire_eur,
        couts.cout_eur as valeur_operation_eur,
        couts.cout_eur * case when couts.canal = 'papier' then 1 else -1 end as gain_operation_eur,
        couts.heures as heures_operation,
        coalesce(propres.nb_releves, communs.nb_releves) as nb_releves,
        case
            when coalesce(propres.nb_releves, communs.nb_releves) > 0 then 'panel'
            else 'hypothese'
        end as origine_cout,
        coalesce(propres.statut, communs.statut) as statut,
        coalesce(propres.source, communs.source) as source

    from couts
    inner join postes
        on
            couts.processus = postes.processus
            and couts.etape = postes.etape
            and couts.canal = postes.canal
            and couts.poste = postes.poste
            and couts.bareme = postes.bareme
    inner join parametres as communs
        on
            postes.parametre_quantite = communs.parametre
            and communs.classe_taille = 'toutes'
    left join parametres as propres
        on
            postes.parametre_quantite = propres.parametre
            and couts.classe_taille = propres.classe_taille

)

select * from final
