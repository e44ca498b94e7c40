with

parametres as (

    select
        parametre,
        classe_taille,
        valeur_mode_a_priori,
        valeur_min,
        valeur_centrale,
        valeur_max,
        resserrement

    from {{ ref('int_parametres_cout') }}

),

tirages as (

    select * from {{ ref('stg_tirages__tirages') }}

),

modes as (

    select
        'modes' as jeu,
        'modes' as type_jeu,
        cast(null as bigint) as tirage,
        parametre,
        classe_taille,
        valeur_centrale as valeur

    from parametres

),

-- Un paramètre à la fois va d'une borne à l'autre, les autres restent à leur valeur centrale.
varies as (

    select
        parametre,
        'min' as borne
    from parametres
    group by parametre
    having max(valeur_max - valeur_min) > 0

    union all

    select
        parametre,
        'max' as borne
    from parametres
    group by parametre
    having max(valeur_max - valeur_min) > 0

),

bornes as (

    select
        concat(varies.borne, ':', varies.parametre) as jeu,
        varies.borne as type_jeu,
        cast(null as bigint) as tirage,
        parametres.parametre,
        parametres.classe_taille,
        case
            when parametres.parametre <> varies.parametre then parametres.valeur_centrale
            when varies.borne = 'min' then parametres.valeur_min
            else parametres.valeur_max
        end as valeur

    from varies
    cross join parametres

),

-- Les relevés du panel recentrent et resserrent les tirages comme les bornes.
recentres as (

    select
        cast(tirages.tirage as {{ dbt.type_string() }}) as jeu,
        'tirage' as type_jeu,
        tirages.tirage,
        tirages.parametre,
        tirages.classe_taille,
        greatest(
            0,
            parametres.valeur_centrale
            + parametres.resserrement * (tirages.valeur - parametres.valeur_mode_a_priori)
        ) as valeur

    from tirages
    inner join parametres
        on
            tirages.parametre = parametres.parametre
            and tirages.classe_taille = parametres.classe_taille

),

-- La dernière déclaration plausible d'une collectivité remplace le paramètre pour elle seule.
declarations as (

    select
        siren,
        parametre,
        max_by(valeur, annee) as valeur

    from {{ ref('int_couts_declares') }}
    where est_plausible
    group by siren, parametre

),

declarantes as (

    select
        collectivites.siren,
        collectivites.classe_taille

    from {{ ref('dim_collectivites') }} as collectivites
    inner join declarations
        on collectivites.siren = declarations.siren
    group by collectivites.siren, collectivites.classe_taille

),

declares as (

    select
        concat('declare:', declarantes.siren) as jeu,
        'declare' as type_jeu,
        cast(null as bigint) as tirage,
        communes.parametre,
        'toutes' as classe_taille,
        coalesce(declarations.valeur, propres.valeur_centrale, communes.valeur_centrale) as valeur

    from declarantes
    cross join parametres as communes
    left join parametres as propres
        on
            communes.parametre = propres.parametre
            and declarantes.classe_taille = propres.classe_taille
    left join declarations
        on
            declarantes.siren = declarations.siren
            and communes.parametre = declarations.parametre
    where communes.classe_taille = 'toutes'

),

final as (

    select
        jeu,
        type_jeu,
        tirage,
        parametre,
        classe_taille,
        valeur
    from modes

    union all

    select
        jeu,
        type_jeu,
        tirage,
        parametre,
        classe_taille,
        valeur
    from bornes

    union all

    select
        jeu,
        type_jeu,
        tirage,
        parametre,
        classe_taille,
        valeur
    from recentres

    union all

    select
        jeu,
        type_jeu,
        tirage,
        parametre,
        classe_taille,
        valeur
    from declares

)

select * from final
