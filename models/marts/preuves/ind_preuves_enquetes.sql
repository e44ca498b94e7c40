{{ config(materialized='view') }}

with

mesures as (

    select * from {{ ref('ind_enquetes_collectivites') }}
    where est_connu

),

satisfactions as (

    select * from {{ ref('ind_enquetes_recalculees') }}
    where code_indicateur = 'APP-09'

),

campagnes as (

    select * from {{ ref('dim_campagnes') }}
    where not est_externe

),

strates as (

    select * from {{ ref('dim_campagnes_strates') }}

),

repondants as (

    select * from {{ ref('fct_repondants') }}
    where est_retenue

),

reponses as (

    select * from {{ ref('fct_reponses_enquete') }}
    where est_retenue and reponse is not null and reponse <> 'na'

),

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

-- Toutes les réponses d'un répondant sont sur une ligne. Qui n'a pas répondu n'est dans aucune :
-- il n'est compté qu'au dénominateur du taux de réponse.
lignes as (

    select
        mesures.code_indicateur,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        mesures.date_debut as mois,
        case
            when repondants.id_reponse is null then 'collectivité interrogée'
            else 'réponse'
        end as champ,
        concat_ws('/', mesures.campagne, repondants.id_reponse) as objet_id,
        mesures.numerateur,
        mesures.denominateur,
        repondants.fichier_sha256,
        repondants.ligne

    from mesures
    left join repondants
        on
            mesures.campagne = repondants.campagne
            and mesures.siren = repondants.siren

),

-- MUT-02 et ENQ-08 comptent des services et des besoins, MUT-03 les compare : leurs lignes sont
-- celles des taux qu'ils lisent.
derives as (

    select
        'MUT-02' as code_indicateur,
        'ENQ-03' as code_lu,
        'service' as dimension_lue
    union all
    select
        'MUT-03' as code_indicateur,
        'ENQ-03' as code_lu,
        'service' as dimension_lue
    union all
    select
        'MUT-03' as code_indicateur,
        'MUT-01' as code_lu,
        'service' as dimension_lue
    union all
    select
        'ENQ-08' as code_indicateur,
        'ENQ-08' as code_lu,
        'besoin' as dimension_lue

),

axes as (

    select 'classe_taille' as dimension
    union all
    select 'ensemble' as dimension

),

{{ notes_par_repondant() }},

notes_pesees as (

    select
        notes.campagne,
        notes.dimension,
        notes.id_reponse,
        notes.note,
        notes.fichier_sha256,
        notes.ligne,
        count(*) over (partition by notes.campagne) as nb_notes

    from notes
    inner join strates
        on
            notes.campagne = strates.campagne
            and notes.dimension = strates.dimension
            and notes.modalite = strates.modalite

),

notes_publiees as (

    select
        satisfactions.dimension,
        satisfactions.modalite,
        satisfactions.periode_debut as mois,
        concat('note, ', notes_pesees.dimension) as champ,
        concat_ws('/', notes_pesees.campagne, notes_pesees.id_reponse) as objet_id,
        notes_pesees.note,
        notes_pesees.fichier_sha256,
        notes_pesees.ligne

    from satisfactions
    inner join campagnes
        on
            satisfactions.modalite = campagnes.public_interroge
            and satisfactions.periode_debut = campagnes.date_debut
    inner join notes_pesees
        on
            campagnes.campagne = notes_pesees.campagne
            and satisfactions.denominateur = notes_pesees.nb_notes

),

preuves as (

    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        mois,
        'numerateur' as terme,
        champ,
        objet_id,
        numerateur as nombre,
        fichier_sha256,
        ligne
    from lignes
    where code_indicateur <> 'ENQ-08'
    union all
    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        mois,
        'denominateur' as terme,
        champ,
        objet_id,
        denominateur as nombre,
        fichier_sha256,
        ligne
    from lignes
    where code_indicateur <> 'ENQ-08'
    union all
    select
        'ENQ-07' as code_indicateur,
        lignes.siren,
        axes.dimension,
        case when axes.dimension = 'ensemble' then 'ensemble' else lignes.modalite end as modalite,
        lignes.mois,
        'numerateur' as terme,
        lignes.champ,
        lignes.objet_id,
        lignes.numerateur as nombre,
        lignes.fichier_sha256,
        lignes.ligne
    from lignes
    cross join axes
    where lignes.code_indicateur = 'ENQ-02' and lignes.dimension = 'classe_taille'
    union all
    select
        'ENQ-07' as code_indicateur,
        lignes.siren,
        axes.dimension,
        case when axes.dimension = 'ensemble' then 'ensemble' else lignes.modalite end as modalite,
        lignes.mois,
        'denominateur' as terme,
        lignes.champ,
        lignes.objet_id,
        lignes.denominateur as nombre,
        lignes.fichier_sha256,
        lignes.ligne
    from lignes
    cross join axes
    where lignes.code_indicateur = 'ENQ-02' and lignes.dimension = 'classe_taille'
    union all
    select
        derives.code_indicateur,
        lignes.siren,
        'ensemble' as dimension,
        'ensemble' as modalite,
        lignes.mois,
        'calcul' as terme,
        concat(lignes.code_indicateur, ' : ', lignes.modalite) as champ,
        lignes.objet_id,
        lignes.numerateur as nombre,
        lignes.fichier_sha256,
        lignes.ligne
    from lignes
    inner join derives
        on
            lignes.code_indicateur = derives.code_lu
            and lignes.dimension = derives.dimension_lue
    where lignes.denominateur > 0
    union all
    -- Une note ne se rend qu'au territoire : sa ligne n'y dit pas de qui elle est.
    select
        'APP-09' as code_indicateur,
        cast(null as {{ dbt.type_string() }}) as siren,
        dimension,
        modalite,
        mois,
        'numerateur' as terme,
        champ,
        objet_id,
        note as nombre,
        fichier_sha256,
        ligne
    from notes_publiees
    union all
    select
        'APP-09' as code_indicateur,
        cast(null as {{ dbt.type_string() }}) as siren,
        dimension,
        modalite,
        mois,
        'denominateur' as terme,
        champ,
        objet_id,
        1 as nombre,
        fichier_sha256,
        ligne
    from notes_publiees

),

{{ preuves_finales() }}

select * from final
