with

campagnes as (

    select * from {{ ref('dim_campagnes') }}
    where est_aupres_des_collectivites

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}
    where est_breton

),

communes_par_epci as (

    select
        siren_epci as siren,
        count(*) as nb_communes

    from collectivites
    where type_collectivite = 'commune' and siren_epci is not null
    group by siren_epci

),

final as (

    select
        campagnes.campagne,
        collectivites.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        case collectivites.type_collectivite
            when 'commune' then 1
            when 'epci' then communes_par_epci.nb_communes
        end as nb_communes,
        collectivites.population as nb_habitants

    from campagnes
    inner join collectivites
        on
            concat(',', campagnes.types_collectivite, ',')
            like concat('%,', collectivites.type_collectivite, ',%')
    left join communes_par_epci
        on
            collectivites.siren = communes_par_epci.siren
            and collectivites.type_collectivite = 'epci'

)

select * from final
