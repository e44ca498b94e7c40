with

mesures as (

    select * from {{ ref('ind_enquetes_collectivites') }}

),

perimetres as (

    select * from {{ ref('dim_perimetres') }}

),

campagnes as (

    select * from {{ ref('dim_campagnes') }}
    where not est_externe

),

services as (

    select * from {{ ref('ind_enquete_services') }}

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

reglages as (

    select
        max(case when cle = 'quantile_normal' then valeur end) as quantile,
        max(case when cle = 'nb_secret' then valeur end) as nb_secret,
        max(case when cle = 'diviseur_deploiement' then valeur end) as diviseur,
        max(case when cle = 'nb_entites_besoin_partage' then valeur end) as nb_besoin_partage

    from {{ ref('hyp_enquetes') }}

),

par_perimetre as (

    select
        mesures.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        mesures.dimension,
        mesures.modalite,
        mesures.date_debut as periode_debut,
        sum(mesures.numerateur) as numerateur,
        sum(mesures.denominateur) as denominateur,
        count(distinct case when mesures.est_connu then mesures.siren end) as nb_collectivites,
        count(distinct mesures.siren) as nb_collectivites_attendues,
        bool_or(mesures.est_demonstration) as est_demonstration

    from mesures
    inner join perimetres
        on mesures.siren = perimetres.siren
    group by
        mesures.code_indicateur,
        perimetres.perimetre_type,
        perimetres.perimetre_code,
        mesures.dimension,
        mesures.modalite,
        mesures.date_debut

),

-- La règle des petites cellules vaut pour les réponses regroupées : le fait de répondre est public,
-- et la réponse d'une collectivité n'est lue que par elle.
juges as (

    select
        par_perimetre.*,
        case
            when par_perimetre.nb_collectivites = 0 then 'absent'
            when par_perimetre.code_indicateur in ('ENQ-01', 'ENQ-02') then 'observe'
            when
                par_perimetre.perimetre_type <> 'collectivite'
                and par_perimetre.nb_collectivites < reglages.nb_secret
                then 'supprime'
            else 'declare'
        end as statut,
        reglages.quantile,
        reglages.diviseur,
        reglages.nb_besoin_partage,
        {{ correction_population_finie(
            'par_perimetre.nb_collectivites', 'par_perimetre.nb_collectivites_attendues'
        ) }}
            as correction

    from par_perimetre
    cross join reglages
    where
        par_perimetre.perimetre_type <> 'epci'
        or par_perimetre.nb_collectivites_attendues >= reglages.nb_secret

),

additifs as (

    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        periode_debut,
        case when statut not in ('absent', 'supprime') then numerateur end as numerateur,
        case when statut <> 'absent' then denominateur end as denominateur,
        case
            when statut not in ('absent', 'supprime') then {{ ratio('numerateur', 'denominateur') }}
        end
            as valeur,
        -- Un intervalle suppose des réponses tirées une à une : ni des services d'un même
        -- répondant, ni des communes et des habitants, ni une collectivité seule n'en ont.
        case
            when
                statut in ('observe', 'declare')
                and perimetre_type <> 'collectivite'
                and modalite not in ('communes', 'habitants')
                and (dimension <> 'ensemble' or code_indicateur in ('ENQ-01', 'ENQ-02', 'APP-13'))
                and code_indicateur <> 'MUT-04'
                then case when code_indicateur in ('ENQ-01', 'ENQ-02') then 1 else correction end
        end as correction,
        quantile,
        nb_collectivites,
        nb_collectivites_attendues,
        statut,
        est_demonstration

    from juges
    where code_indicateur <> 'ENQ-08'

),

-- MUT-02 : le tiers se mesure service par service, à chaque niveau, ex aequo compris.
services_les_plus_deployes as (

    select
        'MUT-02' as code_indicateur,
        perimetre_type,
        perimetre_code,
        periode_debut,
        count(*) filter (where statut = 'declare' and numerateur * diviseur >= denominateur)
            as numerateur,
        count(*) as denominateur,
        max(nb_collectivites) as nb_collectivites,
        max(nb_collectivites_attendues) as nb_collectivites_attendues,
        max(case when statut = 'declare' then 1 else 0 end) as est_publie,
        max(case when statut = 'supprime' then 1 else 0 end) as est_supprime,
        bool_or(est_demonstration) as est_demonstration

    from juges
    where
        code_indicateur = 'ENQ-03'
        and dimension = 'service'
        and perimetre_type <> 'collectivite'
    group by perimetre_type, perimetre_code, periode_debut

),

besoins_partages as (

    select
        'ENQ-08' as code_indicateur,
        perimetre_type,
        perimetre_code,
        periode_debut,
        count(*) filter (where statut = 'declare' and numerateur >= nb_besoin_partage)
            as numerateur,
        count(*) as denominateur,
        max(nb_collectivites) as nb_collectivites,
        max(nb_collectivites_attendues) as nb_collectivites_attendues,
        max(case when statut = 'declare' then 1 else 0 end) as est_publie,
        max(case when statut = 'supprime' then 1 else 0 end) as est_supprime,
        bool_or(est_demonstration) as est_demonstration

    from juges
    where code_indicateur = 'ENQ-08' and perimetre_type <> 'collectivite'
    group by perimetre_type, perimetre_code, periode_debut

),

denombres as (

    select * from services_les_plus_deployes
    union all
    select * from besoins_partages

),

-- MUT-03 : les services les plus mutualisés sont-ils parmi ceux qu'un tiers a déployés ?
inclusions as (

    select
        services.date_debut as periode_debut,
        count(*) filter (where services.est_parmi_les_plus_deployes) as numerateur,
        count(*) as denominateur,
        max(services.nb_repondants) as nb_collectivites,
        max(services.nb_population) as nb_collectivites_attendues,
        bool_or(services.est_demonstration) as est_demonstration

    from services
    inner join campagnes
        on services.campagne = campagnes.campagne
    where services.est_parmi_les_plus_mutualises and campagnes.est_aupres_des_collectivites
    group by services.date_debut

),

-- ENQ-07 : part de chaque classe chez les répondants, moins sa part chez les interrogées.
classes as (

    select
        perimetre_type,
        perimetre_code,
        periode_debut,
        modalite,
        numerateur,
        denominateur,
        sum(numerateur) over (partition by perimetre_type, perimetre_code, periode_debut)
            as nb_repondants,
        sum(denominateur) over (partition by perimetre_type, perimetre_code, periode_debut)
            as nb_sollicitees,
        est_demonstration

    from juges
    where
        code_indicateur = 'ENQ-02'
        and dimension = 'classe_taille'
        and perimetre_type in ('territoire', 'departement')

),

ecarts as (

    select
        perimetre_type,
        perimetre_code,
        periode_debut,
        modalite,
        numerateur,
        denominateur,
        nb_repondants,
        nb_sollicitees,
        abs(
            {{ ratio('numerateur', 'nb_repondants') }}
            - {{ ratio('denominateur', 'nb_sollicitees') }}
        ) as ecart,
        est_demonstration

    from classes

),

biais as (

    select
        perimetre_type,
        perimetre_code,
        periode_debut,
        'classe_taille' as dimension,
        modalite,
        numerateur,
        denominateur,
        ecart as valeur,
        est_demonstration
    from ecarts
    union all
    select
        perimetre_type,
        perimetre_code,
        periode_debut,
        'ensemble' as dimension,
        'ensemble' as modalite,
        max(nb_repondants) as numerateur,
        max(nb_sollicitees) as denominateur,
        max(ecart) as valeur,
        bool_or(est_demonstration) as est_demonstration
    from ecarts
    group by perimetre_type, perimetre_code, periode_debut

),

{{ notes_par_repondant() }},

notes_par_strate as (

    select
        notes.campagne,
        notes.dimension,
        notes.modalite,
        strates.nb_population,
        count(*) as nb_notes,
        count(distinct notes.siren) as nb_collectivites,
        sum(notes.note) as total_notes,
        avg(notes.note) as note_moyenne,
        coalesce(var_samp(notes.note), 0) as variance_notes

    from notes
    inner join strates
        on
            notes.campagne = strates.campagne
            and notes.dimension = strates.dimension
            and notes.modalite = strates.modalite
    group by notes.campagne, notes.dimension, notes.modalite, strates.nb_population

),

-- Les strates sans réponse ne pèsent pas : les autres se partagent leur poids.
ponderees as (

    select
        campagne,
        nb_notes,
        nb_collectivites,
        total_notes,
        note_moyenne,
        variance_notes,
        {{ ratio('nb_population', 'sum(nb_population) over (partition by campagne)') }} as poids,
        {{ ratio('nb_population - nb_notes', 'nb_population') }} as part_non_tiree

    from notes_par_strate

),

variances_ponderees as (

    select
        campagne,
        nb_notes,
        nb_collectivites,
        total_notes,
        note_moyenne,
        poids,
        poids * poids * greatest(part_non_tiree, 0)
        * {{ ratio('variance_notes', 'nb_notes') }} as variance_ponderee

    from ponderees

),

satisfactions as (

    select
        ponderees.campagne,
        sum(ponderees.total_notes) as numerateur,
        sum(ponderees.nb_notes) as denominateur,
        sum(ponderees.nb_collectivites) as nb_collectivites,
        {{ valeur_stable('sum(ponderees.poids * ponderees.note_moyenne)') }} as valeur,
        {{ valeur_stable('sqrt(sum(ponderees.variance_ponderee))') }} as erreur_type

    from variances_ponderees as ponderees
    group by ponderees.campagne

),

satisfactions_par_public as (

    select
        campagnes.public_interroge,
        campagnes.date_debut as periode_debut,
        campagnes.est_demonstration,
        campagnes.est_aupres_des_collectivites,
        strates.nb_population,
        satisfactions.numerateur,
        satisfactions.denominateur,
        satisfactions.nb_collectivites,
        satisfactions.valeur,
        satisfactions.erreur_type,
        -- Deux campagnes du même public qui commencent le même jour : la plus répondue est publiée.
        row_number() over (
            partition by campagnes.public_interroge, campagnes.date_debut
            order by satisfactions.denominateur desc, campagnes.campagne asc
        ) as rang

    from satisfactions
    inner join campagnes
        on satisfactions.campagne = campagnes.campagne
    inner join strates
        on
            satisfactions.campagne = strates.campagne
            and strates.dimension = 'ensemble'

),

valeurs as (

    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        periode_debut,
        numerateur,
        denominateur,
        valeur,
        {{ wilson('numerateur', 'denominateur', 'quantile', -1, 'correction') }} as ic_bas,
        {{ wilson('numerateur', 'denominateur', 'quantile', 1, 'correction') }} as ic_haut,
        nb_collectivites,
        nb_collectivites_attendues,
        statut,
        est_demonstration
    from additifs
    where correction is not null
    union all
    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        periode_debut,
        numerateur,
        denominateur,
        valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        nb_collectivites,
        nb_collectivites_attendues,
        statut,
        est_demonstration
    from additifs
    where correction is null
    union all
    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        'ensemble' as dimension,
        'ensemble' as modalite,
        periode_debut,
        case when est_publie = 1 then numerateur end as numerateur,
        case when est_publie = 1 or est_supprime = 1 then denominateur end as denominateur,
        case when est_publie = 1 then cast(numerateur as double) end as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        nb_collectivites,
        nb_collectivites_attendues,
        case
            when est_publie = 1 then 'declare'
            when est_supprime = 1 then 'supprime'
            else 'absent'
        end as statut,
        est_demonstration
    from denombres
    union all
    select
        'MUT-03' as code_indicateur,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'ensemble' as dimension,
        'ensemble' as modalite,
        periode_debut,
        numerateur,
        denominateur,
        {{ ratio('numerateur', 'denominateur') }} as valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        nb_collectivites,
        nb_collectivites_attendues,
        'declare' as statut,
        est_demonstration
    from inclusions
    union all
    select
        'ENQ-07' as code_indicateur,
        perimetre_type,
        perimetre_code,
        dimension,
        modalite,
        periode_debut,
        numerateur,
        denominateur,
        valeur,
        cast(null as double) as ic_bas,
        cast(null as double) as ic_haut,
        denominateur as nb_collectivites,
        denominateur as nb_collectivites_attendues,
        case when valeur is null then 'absent' else 'observe' end as statut,
        est_demonstration
    from biais
    union all
    select
        'APP-09' as code_indicateur,
        'territoire' as perimetre_type,
        'bretagne' as perimetre_code,
        'public' as dimension,
        satisfactions_par_public.public_interroge as modalite,
        satisfactions_par_public.periode_debut,
        satisfactions_par_public.numerateur,
        satisfactions_par_public.denominateur,
        satisfactions_par_public.valeur,
        satisfactions_par_public.valeur
        - reglages.quantile * satisfactions_par_public.erreur_type as ic_bas,
        satisfactions_par_public.valeur
        + reglages.quantile * satisfactions_par_public.erreur_type as ic_haut,
        satisfactions_par_public.nb_collectivites,
        case
            when satisfactions_par_public.est_aupres_des_collectivites
                then satisfactions_par_public.nb_population
            else 0
        end as nb_collectivites_attendues,
        'declare' as statut,
        satisfactions_par_public.est_demonstration
    from satisfactions_par_public
    cross join reglages
    where
        satisfactions_par_public.rang = 1
        and satisfactions_par_public.denominateur >= reglages.nb_secret

),

final as (

    select
        code_indicateur,
        perimetre_type,
        perimetre_code,
        'toutes' as population,
        dimension,
        modalite,
        'campagne' as periode_type,
        periode_debut,
        cast(numerateur as double) as numerateur,
        cast(denominateur as double) as denominateur,
        cast(valeur as double) as valeur,
        cast(ic_bas as double) as ic_bas,
        cast(ic_haut as double) as ic_haut,
        cast(nb_collectivites as bigint) as nb_collectivites,
        cast(nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        statut,
        false as est_provisoire,
        est_demonstration

    from valeurs

)

select * from final
