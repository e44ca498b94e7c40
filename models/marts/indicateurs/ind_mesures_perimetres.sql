with

mesures_mensuelles as (

    select * from {{ ref('ind_mesures_mois') }}

),

indicateurs as (

    select * from {{ ref('dim_indicateurs') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

periodes as (

    select * from {{ ref('dim_periodes') }}

),

populations as (

    select * from {{ ref('dim_populations') }}

),

cumuls as (

    select
        code_indicateur,
        min(cumul) as cumul,
        min(periode_minimale) as periode_minimale

    from indicateurs
    group by code_indicateur

),

-- Un flux s'additionne sur la période ; un stock vaut ce qu'il vaut à son dernier mois observé.
-- Rien ne se publie à un pas plus fin que celui pour lequel l'indicateur est défini.
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
    inner join cumuls
        on mesures_mensuelles.code_indicateur = cumuls.code_indicateur
    inner join periodes
        on
            mesures_mensuelles.mois = periodes.mois
            and (cumuls.cumul = 'flux' or periodes.est_dernier_mois)
    where
        periodes.periode_type = 'annee'
        or (periodes.periode_type = 'trimestre' and cumuls.periode_minimale <> 'annee')
        or cumuls.periode_minimale = 'mois'
    group by
        mesures_mensuelles.code_indicateur,
        mesures_mensuelles.siren,
        mesures_mensuelles.dimension,
        mesures_mensuelles.modalite,
        periodes.periode_type,
        periodes.periode_debut

),

-- Toutes les collectivités à chaque niveau ; les autres populations pour la Bretagne entière, avec
-- les membres du dernier mois de la période.
groupes as (

    select
        perimetres.siren,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        'toutes' as population,
        periodes.periode_type,
        periodes.periode_debut

    from perimetres
    cross join periodes
    where periodes.est_dernier_mois
    union all
    select
        populations.siren,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        populations.population,
        periodes.periode_type,
        periodes.periode_debut

    from populations
    inner join perimetres
        on
            populations.siren = perimetres.siren
            and perimetres.perimetre_type = 'territoire'
    inner join periodes
        on
            populations.mois = periodes.mois
            and periodes.est_dernier_mois
    where populations.population <> 'toutes'

),

-- Un agrégat n'additionne que les collectivités dont les deux termes sont connus : les autres se
-- voient dans l'écart entre nb_collectivites_attendues et nb_collectivites, jamais dans le taux.
par_perimetre as (

    select
        par_collectivite.code_indicateur,
        groupes.perimetre_type,
        groupes.perimetre_code,
        groupes.population,
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
    inner join groupes
        on
            par_collectivite.siren = groupes.siren
            and par_collectivite.periode_type = groupes.periode_type
            and par_collectivite.periode_debut = groupes.periode_debut
    group by
        par_collectivite.code_indicateur,
        groupes.perimetre_type,
        groupes.perimetre_code,
        groupes.population,
        par_collectivite.dimension,
        par_collectivite.modalite,
        par_collectivite.periode_type,
        par_collectivite.periode_debut

),

final as (

    select
        par_perimetre.code_indicateur,
        par_perimetre.perimetre_type,
        par_perimetre.perimetre_code,
        par_perimetre.population,
        par_perimetre.dimension,
        par_perimetre.modalite,
        par_perimetre.periode_type,
        par_perimetre.periode_debut,
        par_perimetre.numerateur,
        par_perimetre.denominateur,
        {{ ratio('par_perimetre.numerateur', 'par_perimetre.denominateur') }} as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        par_perimetre.nb_collectivites,
        par_perimetre.nb_collectivites_attendues,
        case
            when par_perimetre.nb_collectivites = 0 then 'absent'
            when
                par_perimetre.nb_mois_connus < par_perimetre.nb_mois_attendus
                or par_perimetre.est_partielle
                then 'partiel'
            else indicateurs.origine
        end as statut,
        par_perimetre.est_provisoire,
        par_perimetre.est_demonstration

    from par_perimetre
    inner join indicateurs
        on
            par_perimetre.code_indicateur = indicateurs.code_indicateur
            and par_perimetre.periode_debut >= indicateurs.valide_du
            and (
                par_perimetre.periode_debut <= indicateurs.valide_au
                or indicateurs.valide_au is null
            )

)

select * from final
