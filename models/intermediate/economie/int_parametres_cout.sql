with

parametres as (

    select * from {{ ref('hyp_parametres_cout') }}

),

reglages as (

    select max(valeur) filter (where cle = 'variation_entre_collectivites') as variation
    from {{ ref('hyp_reglages_economies') }}

),

releves as (

    select
        parametre,
        count(*) as nb_releves,
        avg(valeur) as moyenne

    from {{ ref('ref_releves_panel') }}
    group by parametre

),

-- Variance de la loi a priori, et celle d'un relevé isolé autour de la valeur de son territoire.
variances as (

    select
        parametres.*,
        coalesce(releves.nb_releves, 0) as nb_releves,
        releves.moyenne,
        reglages.variation * reglages.variation * parametres.mode * parametres.mode
            as variance_releve,
        case
            when parametres.loi = 'triangulaire'
                then (
                    parametres.min * parametres.min + parametres.mode * parametres.mode
                    + parametres.max * parametres.max - parametres.min * parametres.mode
                    - parametres.min * parametres.max - parametres.mode * parametres.max
                ) * cast(0.0555555555555556 as double)
            when parametres.loi = 'PERT4'
                then {{ ratio(
                    '(4 * (parametres.mode - parametres.min) + parametres.max - parametres.min)'
                    ' * (4 * (parametres.max - parametres.mode) + parametres.max - parametres.min)',
                    '252',
                ) }}
            else 0
        end as variance_a_priori

    from parametres
    cross join reglages
    left join releves
        on
            parametres.parametre = releves.parametre
            and parametres.classe_taille = 'toutes'

),

-- Les relevés pèsent d'autant plus qu'ils sont nombreux et que la loi a priori est large.
ponderees as (

    select
        *,
        coalesce({{ ratio(
            'nb_releves * variance_a_priori',
            'nb_releves * variance_a_priori + variance_releve',
        ) }}, 0) as poids_releves

    from variances

),

recentrees as (

    select
        *,
        mode + poids_releves * coalesce(moyenne - mode, 0) as valeur_centrale,
        sqrt(1 - poids_releves) as resserrement

    from ponderees

),

final as (

    select
        parametre,
        libelle,
        classe_taille,
        min as valeur_min_a_priori,
        mode as valeur_mode_a_priori,
        max as valeur_max_a_priori,
        loi,
        unite,
        cast(annee_euro as bigint) as annee_euro,
        source,
        statut,
        date_verification,
        agit_sur,
        cast(nb_releves as bigint) as nb_releves,
        moyenne as moyenne_releves,
        poids_releves,
        resserrement,
        greatest(0, valeur_centrale + resserrement * (min - mode)) as valeur_min,
        valeur_centrale,
        valeur_centrale + resserrement * (max - mode) as valeur_max

    from recentrees

)

select * from final
