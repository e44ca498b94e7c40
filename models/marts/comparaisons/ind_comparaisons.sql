with

valeurs as (

    select * from {{ ref('ind_valeurs') }}
    where
        periode_type = 'annee'
        and population = 'toutes'
        and dimension = 'ensemble'

),

indicateurs as (

    select * from {{ ref('dim_indicateurs') }}
    where
        famille = 'DEM'
        and unite = 'ratio'

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

mois as (

    select * from {{ ref('dim_mois') }}

),

mesures as (

    select * from {{ ref('ind_mesures_mois') }}
    where dimension = 'ensemble'

),

reglages as (

    select max(case when cle = 'nb_secret' then valeur end) as nb_secret
    from {{ ref('hyp_enquetes') }}

),

mois_par_annee as (

    select
        annee,
        count(*) as nb_mois

    from mois
    group by annee

),

mieux_observee as (

    select max(nb_mois) as nb_mois
    from mois_par_annee

),

-- L'année que l'on compare est la mieux observée, et la plus récente de celles-là.
annee_comparee as (

    select max(mois_par_annee.annee) as annee

    from mois_par_annee
    inner join mieux_observee
        on mois_par_annee.nb_mois = mieux_observee.nb_mois

),

de_l_annee as (

    select
        valeurs.code_indicateur,
        valeurs.version_definition,
        valeurs.perimetre_type,
        valeurs.perimetre_code,
        valeurs.siren,
        valeurs.classe_taille,
        valeurs.periode_debut,
        valeurs.numerateur,
        valeurs.denominateur,
        valeurs.valeur,
        valeurs.statut,
        valeurs.nb_collectivites,
        valeurs.nb_collectivites_attendues,
        valeurs.est_demonstration

    from valeurs
    inner join annee_comparee
        on valeurs.periode_debut = annee_comparee.annee

),

-- Les pairs : mêmes type et taille, valeur connue sans estimation.
pairs as (

    select
        code_indicateur,
        classe_taille,
        {{ quartile('valeur', 1) }} as valeur_quartile_bas,
        {{ quartile('valeur', 3) }} as valeur_quartile_haut,
        count(*) as nb_pairs

    from de_l_annee
    where
        perimetre_type = 'collectivite'
        and valeur is not null
        and statut <> 'estime'
    group by code_indicateur, classe_taille

),

-- Qui connaît sa propre valeur la retranche du total : le secret compte les autres.
pairs_dicibles as (

    select
        de_l_annee.code_indicateur,
        de_l_annee.siren,
        pairs.valeur_quartile_bas,
        pairs.valeur_quartile_haut

    from de_l_annee
    inner join pairs
        on
            de_l_annee.code_indicateur = pairs.code_indicateur
            and de_l_annee.classe_taille = pairs.classe_taille
    cross join reglages
    where
        de_l_annee.perimetre_type = 'collectivite'
        and pairs.nb_pairs >= reglages.nb_secret
        + case
            when de_l_annee.valeur is not null and de_l_annee.statut <> 'estime' then 1
            else 0
        end

),

classes as (

    select
        code_indicateur,
        perimetre_code as classe_taille,
        valeur as valeur_classe

    from de_l_annee
    where perimetre_type = 'classe'

),

bretagne as (

    select
        code_indicateur,
        valeur as valeur_bretagne

    from de_l_annee
    where perimetre_type = 'territoire'

),

mois_connus as (

    select
        mesures.code_indicateur,
        mesures.siren,
        count(*) filter (where mesures.est_connu) as nb_mois_connus,
        count(*) as nb_mois_attendus

    from mesures
    inner join mois
        on mesures.mois = mois.mois
    inner join annee_comparee
        on mois.annee = annee_comparee.annee
    group by mesures.code_indicateur, mesures.siren

),

final as (

    select
        de_l_annee.siren,
        collectivites.nom as nom_collectivite,
        {{ libelle_collectivite('collectivites.nom', 'collectivites.nom_departement') }}
            as libelle_collectivite,
        collectivites.type_collectivite,
        collectivites.classe_taille,
        collectivites.code_departement,
        collectivites.nom_departement,
        collectivites.siren_epci,
        collectivites.nom_epci,
        collectivites.population as nb_habitants,
        de_l_annee.code_indicateur,
        indicateurs.libelle as libelle_indicateur,
        indicateurs.libelle_court,
        indicateurs.processus,
        indicateurs.sens,
        cast(indicateurs.cible as double) as cible,
        de_l_annee.periode_debut as annee,
        de_l_annee.numerateur,
        de_l_annee.denominateur,
        de_l_annee.valeur,
        de_l_annee.statut,
        classes.valeur_classe,
        bretagne.valeur_bretagne,
        pairs_dicibles.valeur_quartile_bas,
        pairs_dicibles.valeur_quartile_haut,
        case
            when indicateurs.sens = 'baisse' then classes.valeur_classe - de_l_annee.valeur
            else de_l_annee.valeur - classes.valeur_classe
        end as avance_sur_pairs,
        case
            when indicateurs.sens = 'baisse' then bretagne.valeur_bretagne - de_l_annee.valeur
            else de_l_annee.valeur - bretagne.valeur_bretagne
        end as avance_sur_bretagne,
        coalesce(pairs.nb_pairs, 0) as nb_pairs,
        coalesce(mois_connus.nb_mois_connus, 0) as nb_mois_connus,
        coalesce(mois_connus.nb_mois_attendus, 0) as nb_mois_attendus,
        de_l_annee.est_demonstration

    from de_l_annee
    inner join indicateurs
        on
            de_l_annee.code_indicateur = indicateurs.code_indicateur
            and de_l_annee.version_definition = indicateurs.version_definition
    inner join collectivites
        on de_l_annee.siren = collectivites.siren
    left join pairs
        on
            de_l_annee.code_indicateur = pairs.code_indicateur
            and collectivites.classe_taille = pairs.classe_taille
    left join pairs_dicibles
        on
            de_l_annee.code_indicateur = pairs_dicibles.code_indicateur
            and de_l_annee.siren = pairs_dicibles.siren
    left join classes
        on
            pairs_dicibles.code_indicateur = classes.code_indicateur
            and collectivites.classe_taille = classes.classe_taille
    left join bretagne
        on de_l_annee.code_indicateur = bretagne.code_indicateur
    left join mois_connus
        on
            de_l_annee.code_indicateur = mois_connus.code_indicateur
            and de_l_annee.siren = mois_connus.siren
    where de_l_annee.perimetre_type = 'collectivite'

)

select * from final
