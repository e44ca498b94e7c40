with

source as (

    select * from {{ source('tirages', 'tirages') }}

),

-- Un arrêt brutal peut laisser deux lots : seul le dernier compte.
dernier as (

    select max(lot) as lot
    from source

),

renamed as (

    select
        source.parametre,
        source.classe_taille,
        source.tirage,
        source.valeur

    from source
    inner join dernier
        on source.lot = dernier.lot

)

select * from renamed
