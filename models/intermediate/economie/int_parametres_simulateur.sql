with

parametres as (

    select * from {{ ref('int_parametres_cout') }}

),

pages as (

    select * from {{ ref('hyp_leviers') }}
    where levier = 'cout_page'

),

minutes as (

    select * from {{ ref('hyp_leviers') }}
    where levier = 'minutes'

),

-- Un levier qui nomme un paramètre le remplace ; un levier qui nomme une unité multiplie.
final as (

    select
        concat(pages.niveau, ':', minutes.niveau) as jeu,
        pages.niveau as niveau_cout_page,
        minutes.niveau as niveau_minutes,
        parametres.parametre,
        parametres.classe_taille,
        case
            when parametres.parametre = pages.parametre
                then coalesce(pages.valeur, parametres.valeur_centrale)
            when parametres.unite like concat(minutes.unite_parametre, ' %')
                then parametres.valeur_centrale * coalesce(minutes.multiplicateur, 1)
            else parametres.valeur_centrale
        end as valeur

    from parametres
    cross join pages
    cross join minutes

)

select * from final
