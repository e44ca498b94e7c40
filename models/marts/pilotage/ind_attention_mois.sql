with

pilotage as (

    select * from {{ ref('ind_pilotage_mois') }}

),

processus as (

    select * from {{ ref('dim_processus') }}

),

valeurs as (

    select * from {{ ref('ind_valeurs') }}
    where perimetre_type = 'territoire' and population = 'toutes' and valeur is not null

),

indicateurs as (

    select * from {{ ref('dim_indicateurs') }}

),

conformite as (

    select * from {{ ref('ind_conformite') }}
    where statut <> 'non_concernee' and date_echeance <= date_observation

),

sources as (

    select * from {{ ref('ind_qualite_sources') }}

),

reglages as (

    select * from {{ ref('hyp_pilotage') }}

),

regles as (

    select
        regles.*,
        cast(coalesce(regles.seuil, reglages.valeur) as double) as seuil_ecrit

    from {{ ref('hyp_regles_attention') }} as regles
    left join reglages
        on regles.cle_pilotage = reglages.cle

),

mois_montres as (

    select
        mois,
        max(libelle_mois) as libelle_mois,
        cast(mois - interval '1' month as date) as mois_precedent,
        cast(date_trunc('year', mois) - interval '1' year as date) as plus_ancienne_periode

    from pilotage
    group by mois

),

dernier_mois as (

    select max(mois) as mois from mois_montres

),

-- Les taux de la Bretagne, mois par mois, et le nombre d'objets sous lequel une évolution tient
-- au hasard.
taux as (

    select
        mois,
        processus,
        {{ somme_exacte('numerateur') }} as numerateur,
        {{ somme_exacte('denominateur') }} as denominateur,
        {{ ratio(somme_exacte('numerateur'), somme_exacte('denominateur')) }} as taux,
        sum(nb_collectivites) as nb_collectivites,
        sum(nb_collectivites_attendues) as nb_collectivites_attendues,
        max(cible) as cible,
        max(volume_evolution) as volume_evolution,
        bool_or(est_provisoire) as est_provisoire,
        bool_or(est_demonstration) as est_demonstration

    from pilotage
    group by mois, processus

),

ecarts_a_la_cible as (

    select
        taux.mois,
        'ecart_a_la_cible' as mesure,
        cast(null as {{ dbt.type_string() }}) as code_regle,
        taux.processus as objet_code,
        processus.libelle_processus as libelle_objet,
        taux.processus,
        taux.cible - taux.taux as valeur,
        {{ texte_mesure('taux.taux', "'ratio'") }} as texte_taux,
        {{ texte_mesure('taux.cible', "'ratio'") }} as texte_reference,
        taux.numerateur,
        taux.denominateur,
        taux.nb_collectivites,
        taux.nb_collectivites_attendues,
        cast(null as double) as cible,
        {{ libelle_mois('taux.mois') }} as libelle_periode,
        taux.est_provisoire,
        taux.est_demonstration

    from taux
    inner join processus
        on taux.processus = processus.processus
    where taux.taux is not null and taux.cible is not null

),

baisses_mensuelles as (

    select
        taux.mois,
        'baisse_mensuelle' as mesure,
        cast(null as {{ dbt.type_string() }}) as code_regle,
        taux.processus as objet_code,
        processus.libelle_processus as libelle_objet,
        taux.processus,
        precedent.taux - taux.taux as valeur,
        {{ texte_mesure('taux.taux', "'ratio'") }} as texte_taux,
        {{ texte_mesure('precedent.taux', "'ratio'") }} as texte_reference,
        taux.numerateur,
        taux.denominateur,
        taux.nb_collectivites,
        taux.nb_collectivites_attendues,
        cast(null as double) as cible,
        {{ libelle_mois('taux.mois') }} as libelle_periode,
        taux.est_provisoire or precedent.est_provisoire as est_provisoire,
        taux.est_demonstration or precedent.est_demonstration as est_demonstration

    from taux
    inner join processus
        on taux.processus = processus.processus
    inner join mois_montres
        on taux.mois = mois_montres.mois
    inner join taux as precedent
        on
            taux.processus = precedent.processus
            and mois_montres.mois_precedent = precedent.mois
    where
        taux.denominateur >= taux.volume_evolution
        and precedent.denominateur >= taux.volume_evolution

),

couvertures as (

    select
        mois,
        'couverture' as mesure,
        cast(null as {{ dbt.type_string() }}) as code_regle,
        'bretagne' as objet_code,
        'Retours des collectivités' as libelle_objet,
        cast(null as {{ dbt.type_string() }}) as processus,
        {{ ratio('sum(nb_collectivites)', 'sum(nb_collectivites_attendues)') }} as valeur,
        cast(null as {{ dbt.type_string() }}) as texte_taux,
        cast(null as {{ dbt.type_string() }}) as texte_reference,
        cast(sum(nb_collectivites) as double) as numerateur,
        cast(sum(nb_collectivites_attendues) as double) as denominateur,
        sum(nb_collectivites) as nb_collectivites,
        sum(nb_collectivites_attendues) as nb_collectivites_attendues,
        cast(null as double) as cible,
        {{ libelle_mois('mois') }} as libelle_periode,
        bool_or(est_provisoire) as est_provisoire,
        bool_or(est_demonstration) as est_demonstration

    from taux
    group by mois

),

-- Le silence se compte au jour de la dernière réception, toutes sources confondues : le même à
-- chaque calcul.
receptions as (

    select max(date_derniere_reception) as date_reference from sources

),

mesures_de_source as (

    select 'silence' as mesure
    union all
    select 'nb_fichiers' as mesure

),

silences as (

    select
        dernier_mois.mois,
        mesures.mesure,
        cast(null as {{ dbt.type_string() }}) as code_regle,
        sources.source as objet_code,
        sources.libelle_source as libelle_objet,
        cast(null as {{ dbt.type_string() }}) as processus,
        cast(
            case
                when mesures.mesure = 'nb_fichiers' then sources.nb_fichiers
                else receptions.date_reference - sources.date_derniere_reception
            end as double
        ) as valeur,
        cast(null as {{ dbt.type_string() }}) as texte_taux,
        {{ libelle_jour('sources.date_derniere_reception') }} as texte_reference,
        cast(sources.nb_fichiers as double) as numerateur,
        cast(null as double) as denominateur,
        cast(null as bigint) as nb_collectivites,
        cast(null as bigint) as nb_collectivites_attendues,
        cast(null as double) as cible,
        concat('au ', {{ libelle_jour('receptions.date_reference') }}) as libelle_periode,
        false as est_provisoire,
        sources.est_demonstration

    from sources
    cross join receptions
    cross join dernier_mois
    cross join mesures_de_source as mesures
    where receptions.date_reference is not null

),

obligations as (

    select
        dernier_mois.mois,
        'conformite' as mesure,
        cast(null as {{ dbt.type_string() }}) as code_regle,
        conformite.code_obligation as objet_code,
        max(conformite.libelle_court) as libelle_objet,
        cast(null as {{ dbt.type_string() }}) as processus,
        {{ ratio(
            'count(*) filter (where conformite.est_conforme_aujourd_hui)',
            'count(conformite.est_conforme_aujourd_hui)'
        ) }} as valeur,
        cast(null as {{ dbt.type_string() }}) as texte_taux,
        {{ libelle_jour('max(conformite.date_echeance)') }} as texte_reference,
        cast(count(*) filter (where conformite.est_conforme_aujourd_hui) as double) as numerateur,
        cast(count(conformite.est_conforme_aujourd_hui) as double) as denominateur,
        count(conformite.est_conforme_aujourd_hui) as nb_collectivites,
        count(*) as nb_collectivites_attendues,
        cast(null as double) as cible,
        concat('au ', {{ libelle_jour('max(conformite.date_observation)') }}) as libelle_periode,
        false as est_provisoire,
        bool_or(conformite.est_demonstration) as est_demonstration

    from conformite
    cross join dernier_mois
    group by dernier_mois.mois, conformite.code_obligation

),

-- Un indicateur du catalogue vaut, à chaque mois, sa dernière valeur
-- connue, de l'année passée au plus.
valeurs_a_lire as (

    select
        mois_montres.mois,
        regles.code_regle,
        valeurs.*,
        row_number() over (
            partition by mois_montres.mois, regles.code_regle, valeurs.modalite
            order by valeurs.periode_debut desc
        ) as rang

    from regles
    inner join valeurs
        on
            regles.code_indicateur = valeurs.code_indicateur
            and regles.dimension = valeurs.dimension
    inner join mois_montres
        on
            valeurs.periode_debut <= mois_montres.mois
            and valeurs.periode_debut >= mois_montres.plus_ancienne_periode
    inner join indicateurs
        on
            valeurs.code_indicateur = indicateurs.code_indicateur
            and valeurs.version_definition = indicateurs.version_definition
            and valeurs.periode_type = indicateurs.periode_minimale
    where regles.mesure = 'indicateur'

),

lectures as (

    select
        valeurs_a_lire.mois,
        'indicateur' as mesure,
        valeurs_a_lire.code_regle,
        coalesce(processus.processus, valeurs_a_lire.code_indicateur) as objet_code,
        coalesce(processus.libelle_processus, indicateurs.libelle) as libelle_objet,
        processus.processus,
        valeurs_a_lire.valeur,
        cast(null as {{ dbt.type_string() }}) as texte_taux,
        cast(null as {{ dbt.type_string() }}) as texte_reference,
        valeurs_a_lire.numerateur,
        valeurs_a_lire.denominateur,
        valeurs_a_lire.nb_collectivites,
        valeurs_a_lire.nb_collectivites_attendues,
        cast(indicateurs.cible as double) as cible,
        case
            when valeurs_a_lire.periode_type = 'annee'
                then concat('année ', extract(year from valeurs_a_lire.periode_debut))
            when valeurs_a_lire.periode_type = 'trimestre'
                then concat(
                    extract(quarter from valeurs_a_lire.periode_debut),
                    case
                        when extract(quarter from valeurs_a_lire.periode_debut) = 1 then 'er' else
                            'e'
                    end,
                    ' trimestre ',
                    extract(year from valeurs_a_lire.periode_debut)
                )
            else {{ libelle_mois('valeurs_a_lire.periode_debut') }}
        end as libelle_periode,
        valeurs_a_lire.est_provisoire,
        valeurs_a_lire.est_demonstration

    from valeurs_a_lire
    inner join indicateurs
        on
            valeurs_a_lire.code_indicateur = indicateurs.code_indicateur
            and valeurs_a_lire.version_definition = indicateurs.version_definition
    left join processus
        on
            valeurs_a_lire.dimension = 'indicateur'
            and valeurs_a_lire.modalite = processus.code_indicateur
    where
        valeurs_a_lire.rang = 1
        and (valeurs_a_lire.dimension = 'ensemble' or processus.processus is not null)

),

mesures as (

    select * from ecarts_a_la_cible
    union all
    select * from baisses_mensuelles
    union all
    select * from couvertures
    union all
    select * from silences
    union all
    select * from obligations
    union all
    select * from lectures

),

volumes as (

    select max(valeur) filter (where cle = 'volume_evolution') as volume_evolution from reglages

),

-- Une part, ou ce qui lui manque, ne se juge que sur assez d'objets ; les autres mesures, toujours.
controles as (

    select
        mesures.*,
        regles.code_regle as regle,
        regles.ordre_regle,
        regles.libelle_regle,
        regles.sens,
        regles.unite,
        regles.raison,
        coalesce(regles.seuil_ecrit, mesures.cible) as seuil

    from mesures
    inner join regles
        on
            mesures.mesure = regles.mesure
            and (mesures.code_regle is null or mesures.code_regle = regles.code_regle)
    cross join volumes
    where
        mesures.valeur is not null
        and (
            regles.unite not in ('ratio', 'points')
            or mesures.denominateur >= volumes.volume_evolution
        )

),

juges as (

    select
        *,
        case when sens = 'dessus' then valeur > seuil else valeur < seuil end as est_signale,
        {{ texte_mesure('valeur', 'unite') }} as texte_valeur,
        {{ texte_mesure('seuil', 'unite') }} as texte_seuil

    from controles
    where seuil is not null

),

compares as (

    select
        *,
        lag(est_signale) over (partition by regle, objet_code order by mois) as etait_signale

    from juges

),

final as (

    select
        compares.mois,
        mois_montres.libelle_mois,
        compares.regle as code_regle,
        compares.objet_code,
        cast(null as {{ dbt.type_string() }}) as siren,
        cast(null as {{ dbt.type_string() }}) as nom_collectivite,
        cast(null as {{ dbt.type_string() }}) as type_collectivite,
        cast(null as {{ dbt.type_string() }}) as classe_taille,
        cast(null as {{ dbt.type_string() }}) as code_departement,
        cast(null as {{ dbt.type_string() }}) as siren_epci,
        compares.ordre_regle,
        compares.libelle_regle,
        compares.libelle_objet,
        compares.processus,
        processus.libelle_processus,
        compares.libelle_periode,
        compares.valeur,
        compares.seuil,
        compares.unite,
        compares.sens,
        compares.numerateur,
        compares.denominateur,
        cast(compares.nb_collectivites as bigint) as nb_collectivites,
        cast(compares.nb_collectivites_attendues as bigint) as nb_collectivites_attendues,
        case
            when compares.nb_collectivites < compares.nb_collectivites_attendues then 'partiel'
            else 'observe'
        end as statut,
        compares.est_signale,
        compares.est_signale and coalesce(not compares.etait_signale, false) as est_nouveau,
        replace(
            replace(
                replace(
                    replace(
                        replace(
                            replace(compares.raison, '{valeur}', compares.texte_valeur),
                            '{seuil}', compares.texte_seuil
                        ),
                        '{taux}', coalesce(compares.texte_taux, '')
                    ),
                    '{reference}', coalesce(compares.texte_reference, '')
                ),
                '{numerateur}', coalesce({{ texte_nombre('compares.numerateur') }}, '')
            ),
            '{denominateur}', coalesce({{ texte_nombre('compares.denominateur') }}, '')
        ) as raison,
        compares.est_provisoire,
        compares.est_demonstration

    from compares
    inner join mois_montres
        on compares.mois = mois_montres.mois
    left join processus
        on compares.processus = processus.processus

)

select * from final
