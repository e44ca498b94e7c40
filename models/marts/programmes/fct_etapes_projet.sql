with

projets as (

    select * from {{ ref('fct_projets') }}

),

lignes as (

    select * from {{ ref('int_programmes_retenus') }}
    where rubrique = 'etape'

),

etapes as (

    select * from {{ ref('ref_etapes_projet') }}

),

etapes_des_projets as (

    select
        projets.siren,
        projets.code_projet,
        etapes.code as code_etape,
        etapes.libelle_etape,
        etapes.ordre_etape,
        projets.nom_collectivite,
        projets.type_collectivite,
        projets.classe_taille,
        projets.code_departement,
        projets.nom_departement,
        projets.siren_epci,
        projets.nom_epci,
        projets.date_situation,
        lignes.date_debut_prevue,
        lignes.date_fin_prevue,
        lignes.date_debut,
        coalesce(lignes.etat, 'inconnu') as etat_declare,
        -- Close sans date de fin : au plus tard à la date de situation.
        case when lignes.etat = 'close' then coalesce(lignes.date_fin, projets.date_situation) end
            as date_fin,
        projets.est_demonstration,
        projets.fichier_sha256,
        coalesce(lignes.ligne, projets.ligne) as ligne,
        projets.lot

    from projets
    cross join etapes
    left join lignes
        on
            projets.siren = lignes.siren
            and projets.code_projet = lignes.code_projet
            and etapes.code = lignes.code_ligne

),

-- On ne saute aucune étape : une étape est acquise le jour où elle et toutes les précédentes sont
-- closes.
etapes_cumulees as (

    select
        siren,
        code_projet,
        code_etape,
        libelle_etape,
        ordre_etape,
        nom_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        date_situation,
        date_debut_prevue,
        date_fin_prevue,
        date_debut,
        date_fin,
        etat_declare,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot,
        count(date_fin) over (
            partition by siren, code_projet
            order by ordre_etape
            rows between unbounded preceding and current row
        ) as nb_etapes_closes,
        max(date_fin) over (
            partition by siren, code_projet
            order by ordre_etape
            rows between unbounded preceding and current row
        ) as derniere_cloture

    from etapes_des_projets

),

final as (

    select
        siren,
        code_projet,
        code_etape,
        libelle_etape,
        ordre_etape,
        nom_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        date_situation,
        date_debut_prevue,
        date_fin_prevue,
        date_debut,
        date_fin,
        case when nb_etapes_closes = ordre_etape then derniere_cloture end as date_acquisition,
        etat_declare,
        case
            when coalesce(date_fin, date_situation) > date_fin_prevue
                then {{ dbt.datediff(
                    'date_fin_prevue', 'coalesce(date_fin, date_situation)', 'day'
                ) }}
        end as delai_retard_jours,
        case
            when nb_etapes_closes = ordre_etape and date_fin > date_fin_prevue then 'acquise_tard'
            when nb_etapes_closes = ordre_etape then 'acquise'
            when date_fin is not null then 'sautee'
            when date_situation > date_fin_prevue then 'en_retard'
            else etat_declare
        end as situation_etape,
        date_fin is not null as est_close,
        nb_etapes_closes = ordre_etape as est_acquise,
        coalesce(coalesce(date_fin, date_situation) > date_fin_prevue, false) as est_en_retard,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot

    from etapes_cumulees

)

select * from final
