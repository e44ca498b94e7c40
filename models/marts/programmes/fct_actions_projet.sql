with

projets as (

    select * from {{ ref('fct_projets') }}

),

lignes as (

    select * from {{ ref('int_programmes_retenus') }}
    where rubrique = 'action'

),

axes as (

    select * from {{ ref('int_programmes_retenus') }}
    where rubrique = 'axe'

),

thematiques as (

    select * from {{ ref('ref_thematiques_projet') }}

),

cibles as (

    select
        siren,
        code_projet,
        code_action,
        count(*) as nb_indicateurs,
        count(cible) as nb_indicateurs_cibles

    from {{ ref('fct_indicateurs_action') }}
    group by siren, code_projet, code_action

),

poids as (

    select
        max(valeur) filter (where cle = 'poids_attente') as poids_attente,
        max(valeur) filter (where cle = 'poids_faisabilite') as poids_faisabilite,
        max(valeur) filter (where cle = 'poids_cout') as poids_cout

    from {{ ref('hyp_programmes') }}

),

actions as (

    select
        projets.siren,
        projets.code_projet,
        lignes.code_ligne as code_action,
        lignes.code_rattachement as code_axe,
        axes.code_thematique,
        coalesce(thematiques.libelle_thematique, 'Sans thématique') as libelle_thematique,
        projets.nom_collectivite,
        projets.type_collectivite,
        projets.classe_taille,
        projets.code_departement,
        projets.nom_departement,
        projets.siren_epci,
        projets.nom_epci,
        projets.date_situation,
        coalesce(lignes.etat, 'inconnu') as etat_declare,
        lignes.date_debut_prevue,
        lignes.date_fin_prevue,
        lignes.date_debut,
        -- Validée sans date : au plus tard quand elle commence, sinon à la date de situation. Une
        -- action abandonnée sans date de validation n'est pas tenue pour validée.
        case
            when lignes.etat in ('validee', 'en_cours', 'achevee')
                then coalesce(lignes.date_validation, lignes.date_debut, projets.date_situation)
            when lignes.etat = 'abandonnee' then lignes.date_validation
        end as date_validation,
        case when lignes.etat = 'achevee' then coalesce(lignes.date_fin, projets.date_situation) end
            as date_achevement,
        case
            when lignes.etat = 'abandonnee' then coalesce(lignes.date_fin, projets.date_situation)
        end as date_abandon,
        lignes.note_attente,
        lignes.note_cout,
        lignes.note_faisabilite,
        cast(poids.poids_attente as double) as poids_attente,
        cast(poids.poids_cout as double) as poids_cout,
        cast(poids.poids_faisabilite as double) as poids_faisabilite,
        cast(
            poids.poids_attente * lignes.note_attente
            + poids.poids_faisabilite * lignes.note_faisabilite
            - poids.poids_cout * lignes.note_cout
            as double
        ) as score_priorite,
        lignes.nb_champs_remplis,
        coalesce(cibles.nb_indicateurs, 0) as nb_indicateurs,
        coalesce(cibles.nb_indicateurs_cibles, 0) as nb_indicateurs_cibles,
        lignes.est_evaluation_prevue is not null as est_mode_evaluation_connu,
        coalesce(lignes.est_evaluation_prevue and cibles.nb_indicateurs_cibles > 0, false)
            as est_evaluable,
        coalesce(lignes.date_fin_prevue < projets.date_situation, false)
        and lignes.etat in ('validee', 'en_cours') as est_en_retard,
        coalesce(lignes.etat in ('proposee', 'validee', 'en_cours'), false) as est_ouverte,
        projets.est_demonstration,
        lignes.fichier_sha256,
        lignes.ligne,
        lignes.lot

    from lignes
    inner join projets
        on
            lignes.siren = projets.siren
            and lignes.code_projet = projets.code_projet
    cross join poids
    left join axes
        on
            lignes.siren = axes.siren
            and lignes.code_projet = axes.code_projet
            and lignes.code_rattachement = axes.code_ligne
    left join thematiques
        on axes.code_thematique = thematiques.code
    left join cibles
        on
            lignes.siren = cibles.siren
            and lignes.code_projet = cibles.code_projet
            and lignes.code_ligne = cibles.code_action

),

-- Un rang par action ouverte, sans ex æquo : à score égal, la plus attendue d'abord.
final as (

    select
        siren,
        code_projet,
        code_action,
        code_axe,
        code_thematique,
        libelle_thematique,
        nom_collectivite,
        type_collectivite,
        classe_taille,
        code_departement,
        nom_departement,
        siren_epci,
        nom_epci,
        date_situation,
        etat_declare,
        date_debut_prevue,
        date_fin_prevue,
        date_debut,
        date_validation,
        date_achevement,
        date_abandon,
        note_attente,
        note_cout,
        note_faisabilite,
        poids_attente,
        poids_cout,
        poids_faisabilite,
        score_priorite,
        row_number() over (
            partition by est_ouverte
            order by
                score_priorite desc nulls last,
                note_attente desc,
                siren asc,
                code_projet asc,
                code_action asc
        ) as rang_priorite,
        nb_champs_remplis,
        nb_indicateurs,
        nb_indicateurs_cibles,
        est_mode_evaluation_connu,
        est_evaluable,
        est_en_retard,
        est_ouverte,
        est_demonstration,
        fichier_sha256,
        ligne,
        lot

    from actions

)

select * from final
