with

mesures_mensuelles as (

    select * from {{ ref('ind_actes_mois') }}
    union all
    select * from {{ ref('ind_commande_publique_mois') }}
    union all
    select * from {{ ref('ind_comptabilite_mois') }}
    union all
    select * from {{ ref('ind_archivage_mois') }}
    union all
    select * from {{ ref('ind_declarations_mois') }}

),

delais_actes as (

    select * from {{ ref('ind_delais_actes') }}

),

indicateurs as (

    select * from {{ ref('dim_indicateurs') }}

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

noms_perimetres as (

    select
        perimetre_type,
        perimetre_code,
        min(nom_perimetre) as nom_perimetre

    from perimetres
    group by perimetre_type, perimetre_code

),

periodes as (

    select * from {{ ref('dim_periodes') }}

),

par_collectivite as (

    select
        mesures_mensuelles.code_indicateur,
        mesures_mensuelles.siren,
        mesures_mensuelles.dimension,
        mesures_mensuelles.modalite,
        periodes.periode_type,
        periodes.periode_debut,
        sum(case when mesures_mensuelles.est_connu then mesures_mensuelles.numerateur end)
            as numerateur,
        sum(case when mesures_mensuelles.est_connu then mesures_mensuelles.denominateur end)
            as denominateur,
        count(*) filter (where mesures_mensuelles.est_connu) as nb_mois_connus,
        count(*) as nb_mois_attendus,
        bool_or(mesures_mensuelles.est_connu) as est_connue,
        bool_or(mesures_mensuelles.est_partiel) as est_partielle,
        bool_or(mesures_mensuelles.est_provisoire) as est_provisoire,
        bool_or(mesures_mensuelles.est_demonstration) as est_demonstration

    from mesures_mensuelles
    inner join periodes
        on mesures_mensuelles.mois = periodes.mois
    group by
        mesures_mensuelles.code_indicateur,
        mesures_mensuelles.siren,
        mesures_mensuelles.dimension,
        mesures_mensuelles.modalite,
        periodes.periode_type,
        periodes.periode_debut

),

-- Un agrégat n'additionne que les collectivités dont les deux termes sont connus : les autres se
-- voient dans l'écart entre nb_collectivites_attendues et nb_collectivites, jamais dans le taux.
par_perimetre as (

    select
        par_collectivite.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        par_collectivite.dimension,
        par_collectivite.modalite,
        par_collectivite.periode_type,
        par_collectivite.periode_debut,
        sum(par_collectivite.numerateur) as numerateur,
        sum(par_collectivite.denominateur) as denominateur,
        count(*) filter (where par_collectivite.est_connue) as nb_collectivites,
        count(*) as nb_collectivites_attendues,
        sum(par_collectivite.nb_mois_connus) as nb_mois_connus,
        sum(par_collectivite.nb_mois_attendus) as nb_mois_attendus,
        bool_or(par_collectivite.est_partielle) as est_partielle,
        bool_or(par_collectivite.est_provisoire) as est_provisoire,
        bool_or(par_collectivite.est_demonstration) as est_demonstration

    from par_collectivite
    inner join perimetres
        on par_collectivite.siren = perimetres.siren
    group by
        par_collectivite.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        par_collectivite.dimension,
        par_collectivite.modalite,
        par_collectivite.periode_type,
        par_collectivite.periode_debut

),

valeurs as (

    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        periode_type,
        periode_debut,
        numerateur,
        denominateur,
        {{ ratio('numerateur', 'denominateur') }} as valeur,
        nb_collectivites,
        nb_collectivites_attendues,
        nb_mois_connus < nb_mois_attendus or est_partielle as est_partielle,
        est_provisoire,
        est_demonstration
    from par_perimetre
    union all
    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        'ensemble' as dimension,
        'ensemble' as modalite,
        periode_type,
        periode_debut,
        numerateur,
        denominateur,
        valeur,
        nb_collectivites,
        nb_collectivites_attendues,
        false as est_partielle,
        est_provisoire,
        est_demonstration
    from delais_actes

),

-- Un indicateur ne se publie pas à un pas plus fin que celui pour lequel il est défini.
publiees as (

    select
        valeurs.code_indicateur,
        valeurs.perimetre_type,
        valeurs.perimetre_code,
        valeurs.dimension,
        valeurs.modalite,
        valeurs.periode_type,
        valeurs.periode_debut,
        valeurs.numerateur,
        valeurs.denominateur,
        valeurs.valeur,
        valeurs.nb_collectivites,
        valeurs.nb_collectivites_attendues,
        valeurs.est_provisoire,
        valeurs.est_demonstration,
        indicateurs.version_definition,
        case
            when valeurs.nb_collectivites = 0 then 'absent'
            when valeurs.est_partielle then 'partiel'
            else indicateurs.origine
        end as statut

    from valeurs
    inner join indicateurs
        on
            valeurs.code_indicateur = indicateurs.code_indicateur
            and valeurs.periode_debut >= indicateurs.valide_du
            and (valeurs.periode_debut <= indicateurs.valide_au or indicateurs.valide_au is null)
    where
        valeurs.periode_type = 'annee'
        or (valeurs.periode_type = 'trimestre' and indicateurs.periode_minimale <> 'annee')
        or indicateurs.periode_minimale = 'mois'

),

final as (

    select
        publiees.code_indicateur,
        publiees.version_definition,
        publiees.perimetre_type,
        publiees.perimetre_code,
        noms_perimetres.nom_perimetre,
        collectivites.siren,
        collectivites.nom as nom_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        'toutes' as population,
        publiees.dimension,
        publiees.modalite,
        publiees.periode_type,
        publiees.periode_debut,
        publiees.numerateur,
        publiees.denominateur,
        publiees.valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        publiees.statut,
        publiees.nb_collectivites,
        publiees.nb_collectivites_attendues,
        publiees.est_provisoire,
        publiees.est_demonstration

    from publiees
    inner join noms_perimetres
        on
            publiees.perimetre_type = noms_perimetres.perimetre_type
            and publiees.perimetre_code = noms_perimetres.perimetre_code
    left join collectivites
        on
            publiees.perimetre_code = collectivites.siren
            and publiees.perimetre_type = 'collectivite'

)

select * from final
