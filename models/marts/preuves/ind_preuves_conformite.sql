{{ config(materialized='view') }}

with

recalculs as (

    select * from {{ ref('ind_conformite_recalculee') }}
    where perimetre_type = 'collectivite' and statut <> 'absent'

),

conformite as (

    select * from {{ ref('ind_conformite') }}

),

obligations as (

    select * from {{ ref('dim_obligations') }}

),

adhesions as (

    select * from {{ ref('fct_adhesions') }}

),

actes as (

    select * from {{ ref('fct_actes') }}

),

flux_pes as (

    select * from {{ ref('fct_flux_pes') }}

),

consultations as (

    select * from {{ ref('fct_consultations') }}

),

marches as (

    select * from {{ ref('fct_marches') }}

),

{{ retours_par_declarant() }},

collectivites as (

    select * from {{ ref('dim_collectivites') }}

),

codes as (

    select 'REG-01' as code_indicateur
    union all
    select 'REG-02' as code_indicateur
    union all
    select 'REG-06' as code_indicateur

),

{{ transactions_de_conformite() }},

pieces as (

    select
        'raccordement' as origine_preuve,
        obligations.code_obligation,
        adhesions.siren,
        adhesions.date_debut as jour,
        adhesions.code_service as objet_id,
        adhesions.fichier_sha256,
        adhesions.ligne
    from adhesions
    inner join obligations
        on adhesions.code_service = obligations.code_service
    where adhesions.type_adhesion = 'service'
    union all
    select
        'transaction' as origine_preuve,
        code_obligation,
        siren,
        date_preuve as jour,
        objet_id,
        fichier_sha256,
        ligne
    from transactions
    where date_preuve is not null
    union all
    select
        'declaration' as origine_preuve,
        {{ obligation_declaree('code_donnee') }} as code_obligation,
        siren,
        mois as jour,
        code_donnee as objet_id,
        fichier_sha256,
        ligne
    from retours
    where unite = 'annee' and not est_partiel
    union all
    select
        'declaration' as origine_preuve,
        case
            when code_donnee in ('FACTURES_RECUES', 'FACTURES_RECUES_ELEC') then 'E02'
            else {{ obligation_exercee('code_donnee') }}
        end as code_obligation,
        siren,
        mois as jour,
        code_donnee as objet_id,
        fichier_sha256,
        ligne
    from retours
    where valeur > 0

),

-- Une ligne suffit : la première qui raccorde ou qui passe, la dernière qui déclare.
pieces_rangees as (

    select
        pieces.origine_preuve,
        pieces.code_obligation,
        pieces.siren,
        pieces.objet_id,
        pieces.fichier_sha256,
        pieces.ligne,
        row_number() over (
            partition by pieces.code_obligation, pieces.siren
            order by
                case when pieces.origine_preuve = 'declaration' then pieces.objet_id end desc,
                case when pieces.origine_preuve = 'declaration' then pieces.jour end desc,
                pieces.jour asc,
                pieces.objet_id asc,
                pieces.fichier_sha256 asc,
                pieces.ligne asc
        ) as rang

    from pieces
    inner join conformite
        on
            pieces.siren = conformite.siren
            and pieces.code_obligation = conformite.code_obligation
            and pieces.origine_preuve = conformite.origine_preuve

),

detail as (

    select
        code_indicateur,
        perimetre_code as siren,
        dimension,
        modalite,
        periode_debut,
        modalite as code_obligation,
        numerateur,
        denominateur

    from recalculs
    where modalite <> 'ensemble'

),

-- L'ensemble additionne les obligations, chacune avec sa ligne.
mesures as (

    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        periode_debut,
        code_obligation,
        numerateur,
        denominateur
    from detail
    union all
    select
        detail.code_indicateur,
        detail.siren,
        ensembles.dimension,
        ensembles.modalite,
        ensembles.periode_debut,
        detail.code_obligation,
        detail.numerateur,
        detail.denominateur
    from detail
    inner join recalculs as ensembles
        on
            detail.code_indicateur = ensembles.code_indicateur
            and detail.siren = ensembles.perimetre_code
            and ensembles.modalite = 'ensemble'
            and (
                detail.dimension = ensembles.dimension
                or (detail.dimension = 'obligation' and ensembles.dimension = 'ensemble')
            )
    union all
    select
        code_indicateur,
        perimetre_code as siren,
        dimension,
        modalite,
        periode_debut,
        'E03' as code_obligation,
        numerateur,
        denominateur
    from recalculs
    where code_indicateur = 'REG-06'

),

-- L'assujettissement (REG-03) se lit dans les règles, il n'est dans aucun fichier.
pieces_retenues as (

    select
        codes.code_indicateur,
        pieces_rangees.siren,
        pieces_rangees.code_obligation,
        pieces_rangees.origine_preuve,
        pieces_rangees.fichier_sha256,
        pieces_rangees.ligne

    from pieces_rangees
    cross join codes
    where pieces_rangees.rang = 1

),

mesures_prouvees as (

    select
        mesures.code_indicateur,
        mesures.siren,
        mesures.dimension,
        mesures.modalite,
        mesures.periode_debut as mois,
        coalesce(pieces_retenues.origine_preuve, 'assujettissement') as origine_preuve,
        mesures.code_obligation,
        mesures.numerateur,
        mesures.denominateur,
        pieces_retenues.fichier_sha256,
        pieces_retenues.ligne

    from mesures
    left join pieces_retenues
        on
            mesures.code_indicateur = pieces_retenues.code_indicateur
            and mesures.siren = pieces_retenues.siren
            and mesures.code_obligation = pieces_retenues.code_obligation

),

preuves as (

    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        mois,
        'numerateur' as terme,
        origine_preuve as champ,
        code_obligation as objet_id,
        numerateur as nombre,
        fichier_sha256,
        ligne
    from mesures_prouvees
    union all
    select
        code_indicateur,
        siren,
        dimension,
        modalite,
        mois,
        'denominateur' as terme,
        origine_preuve as champ,
        code_obligation as objet_id,
        denominateur as nombre,
        fichier_sha256,
        ligne
    from mesures_prouvees

),

{{ preuves_finales() }}

select * from final
