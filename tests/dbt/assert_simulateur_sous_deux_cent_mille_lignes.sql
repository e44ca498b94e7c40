-- Une grille que le tableau de bord lit d'un bloc : un niveau de plus la multiplie.
select count(*) as nb_lignes
from {{ ref('ind_simulateur') }}
having count(*) > 200000
