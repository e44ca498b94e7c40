-- Deux seuils d'un même usage qui se chevauchent rendraient dus, ou non, les mêmes marchés.
select
    un.code_usage,
    un.categorie,
    un.valide_du
from {{ ref('dim_seuils') }} as un
inner join {{ ref('dim_seuils') }} as autre
    on
        un.code_usage = autre.code_usage
        and un.categorie = autre.categorie
        and un.valide_du < autre.valide_du
where coalesce(un.valide_au >= autre.valide_du, true) or un.valide_au < un.valide_du
