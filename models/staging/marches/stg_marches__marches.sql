with

source as (

    select * from {{ source('marches', 'marches') }}

),

renamed as (

    select
        siret_acheteur,
        marche_id,
        {{ siren_de_siret('siret_acheteur') }} as siren,
        accord_cadre_id,
        type_contrat,
        version_decp,
        nom_acheteur,
        lower(replace(trim(nature), '’', '''')) as nature_recue,
        lower(replace(trim(procedure), '’', '''')) as procedure_recue,
        -- Le chiffre de contrôle (-7) est facultatif : il ne distingue aucun achat.
        case
            when length(split_part(trim(code_cpv), '-', 1)) = 8
                then split_part(trim(code_cpv), '-', 1)
        end as code_cpv,
        techniques,
        modalites_execution,
        ccag,
        formes_prix as forme_prix,
        considerations_sociales,
        considerations_environnementales,
        code_lieu,
        type_code_lieu,
        {{ date_depuis_texte('date_notification') }} as date_notification,
        {{ date_depuis_texte('date_publication') }} as date_publication,
        {{ date_depuis_texte('date_debut_execution') }} as date_debut_execution,
        {{ montant_depuis_texte('montant') }} as montant_eur,
        {{ montant_depuis_texte('montant_subvention') }} as montant_subvention_eur,
        {{ mois_depuis_texte('duree_mois') }} as duree_mois,
        {{ entier_depuis_texte('offres_recues') }} as nb_offres_recues,
        {{ entier_depuis_texte('nb_titulaires') }} as nb_titulaires,
        {{ entier_depuis_texte('nb_actes_sous_traitance') }} as nb_actes_sous_traitance,
        {{ booleen_depuis_texte('marche_innovant') }} as est_innovant,
        {{ booleen_depuis_texte('attribution_avance') }} as a_avance,
        {{ booleen_depuis_texte('sous_traitance_declaree') }} as a_sous_traitance,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

),

final as (

    select
        siret_acheteur,
        marche_id,
        siren,
        accord_cadre_id,
        type_contrat,
        version_decp,
        nom_acheteur,
        nature_recue,
        procedure_recue,
        code_cpv,
        techniques,
        modalites_execution,
        ccag,
        forme_prix,
        considerations_sociales,
        considerations_environnementales,
        code_lieu,
        type_code_lieu,
        date_notification,
        date_publication,
        date_debut_execution,
        case when montant_eur >= 0 then montant_eur end as montant_eur,
        case when montant_subvention_eur >= 0 then montant_subvention_eur end
            as montant_subvention_eur,
        case when duree_mois > 0 then duree_mois end as duree_mois,
        case when nb_offres_recues >= 0 then nb_offres_recues end as nb_offres_recues,
        nb_titulaires,
        nb_actes_sous_traitance,
        est_innovant,
        a_avance,
        a_sous_traitance,
        est_demonstration,
        fichier_sha256,
        fichier_id,
        ligne,
        lot

    from renamed

)

select * from final
