with

feuilles as (

    select * from {{ ref('int_economies_feuilles') }}

),

centrales as (

    select * from {{ ref('hyp_variantes') }}
    where variante = 'central'

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

declarations as (

    select
        siren,
        processus

    from {{ ref('ind_couts_declares') }}
    where est_plausible
    group by siren, processus

),

releves as (

    select
        etapes.processus,
        sum(etapes.nb_releves) as nb_releves

    from {{ ref('ind_couts_unitaires') }} as etapes
    group by etapes.processus

),

-- Les arrondis se répartissent : la somme des lignes est leur total. Un scénario calé les répartit
-- sur toute la mesure, ses totaux sont cités ; ailleurs un processus n'en donne pas à un autre.
repartis as (

    select
        feuilles.scenario,
        feuilles.mesure,
        feuilles.processus,
        feuilles.nature_gain,
        feuilles.siren,
        feuilles.annee,
        feuilles.est_demonstration,
        feuilles.gain_total_eur * (1 - centrales.decote) as montant_eur,
        feuilles.heures_rendues * (1 - centrales.decote) as nb_heures,
        case when feuilles.nature_gain = 'temps' then feuilles.operations end as nb_operations,
        case
            when feuilles.est_calibre then 'ensemble'
            else concat(feuilles.processus, ' ', feuilles.nature_gain)
        end as partage

    from feuilles
    inner join centrales
        on
            feuilles.scenario = centrales.scenario
            and feuilles.est_calibre = centrales.est_calibre

),

cumulees as (

    select
        scenario,
        mesure,
        processus,
        nature_gain,
        siren,
        annee,
        est_demonstration,
        partage,
        nb_operations is not null as compte_operations,
        cast(
            {{ somme_avant_centimes('montant_eur') }} over (
                partition by scenario, mesure, partage
                order by annee, processus, nature_gain, siren nulls last
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as cumul_eur,
        round(
            {{ somme_avant_centimes('nb_heures') }} over (
                partition by scenario, mesure, partage
                order by annee, processus, nature_gain, siren nulls last
                rows between unbounded preceding and current row
            )
        ) as cumul_heures,
        round(
            coalesce({{ somme_avant_centimes('nb_operations') }} over (
                partition by scenario, mesure, partage
                order by annee, processus, nature_gain, siren nulls last
                rows between unbounded preceding and current row
            ), 0)
        ) as cumul_operations

    from repartis

),

demat as (

    select
        scenario,
        mesure,
        processus,
        nature_gain,
        siren,
        annee,
        est_demonstration,
        case
            when compte_operations
                then cumul_operations - coalesce(lag(cumul_operations) over (
                    partition by scenario, mesure, partage
                    order by annee, processus, nature_gain, siren nulls last
                ), 0)
        end as nb_operations,
        cumul_heures - coalesce(lag(cumul_heures) over (
            partition by scenario, mesure, partage
            order by annee, processus, nature_gain, siren nulls last
        ), 0) as nb_heures,
        cast(
            cumul_eur - coalesce(lag(cumul_eur) over (
                partition by scenario, mesure, partage
                order by annee, processus, nature_gain, siren nulls last
            ), 0) as decimal(18, 2)
        ) as montant_eur

    from cumulees

),

-- L'achat en commun : la plate-forme s'y retranche une fois, et nulle part ailleurs.
acquisition as (

    select
        scenario,
        'acquisition_mutualisee' as mesure,
        'plateforme' as processus,
        'budget' as nature_gain,
        siren,
        annee,
        bool_or(est_demonstration) as est_demonstration,
        sum(montant_eur) as montant_eur

    from {{ ref('int_acquisition') }}
    where variante = 'central'
    group by scenario, siren, annee

),

lignes as (

    select
        scenario,
        mesure,
        processus,
        nature_gain,
        siren,
        annee,
        est_demonstration,
        nb_heures,
        nb_operations,
        montant_eur
    from demat

    union all

    select
        scenario,
        mesure,
        processus,
        nature_gain,
        siren,
        annee,
        est_demonstration,
        0 as nb_heures,
        null as nb_operations,
        montant_eur
    from acquisition

),

final as (

    select
        lignes.scenario,
        lignes.mesure,
        lignes.processus,
        lignes.nature_gain,
        lignes.siren,
        collectivites.nom as nom_collectivite,
        case
            when collectivites.siren is not null
                then
                    {{ libelle_collectivite('collectivites.nom', 'collectivites.nom_departement') }}
        end as libelle_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        cast(lignes.annee as bigint) as annee,
        cast(lignes.montant_eur as decimal(18, 2)) as montant_eur,
        cast(lignes.nb_operations as bigint) as nb_operations,
        cast(lignes.nb_heures as bigint) as nb_heures,
        case
            when declarations.siren is not null then 'declare'
            when releves.nb_releves > 0 then 'panel'
            else 'hypothese'
        end as origine_cout,
        lignes.est_demonstration

    from lignes
    left join collectivites
        on lignes.siren = collectivites.siren
    left join declarations
        on
            lignes.siren = declarations.siren
            and lignes.processus = declarations.processus
    left join releves
        on lignes.processus = releves.processus

)

select * from final
