with

source as (

    select * from {{ source('consultations', 'consultations') }}

),

renamed as (

    select
        siren,
        organisme,
        reference,
        reference_utilisateur,
        type_procedure,
        categorie,
        statut,
        {{ date_depuis_texte('date_mise_en_ligne') }} as date_mise_en_ligne,
        {{ date_depuis_texte('date_cloture') }} as date_cloture,
        {{ entier_depuis_texte('nb_lots') }} as nb_lots,
        {{ montant_depuis_texte('montant_estime') }} as montant_estime_eur,
        {{ entier_depuis_texte('nb_retraits_dce_elec') }} as nb_retraits_electroniques,
        {{ entier_depuis_texte('nb_retraits_dce_papier') }} as nb_retraits_papier,
        {{ entier_depuis_texte('nb_plis_elec') }} as nb_plis_electroniques,
        {{ entier_depuis_texte('nb_plis_papier') }} as nb_plis_papier,
        {{ entier_depuis_texte('nb_plis_annules') }} as nb_plis_annules,
        {{ entier_depuis_texte('nb_plis_hors_delai') }} as nb_plis_hors_delai,
        {{ booleen_depuis_texte('reponse_electronique_autorisee') }} as est_reponse_autorisee,
        {{ booleen_depuis_texte('reponse_electronique_obligatoire') }} as est_reponse_imposee,
        {{ booleen_depuis_texte('alloti') }} as est_allotie,
        _est_demonstration as est_demonstration,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot

    from source

),

-- Un nombre négatif ne compte rien : il est tenu pour inconnu, et l'analyseur l'a signalé.
final as (

    select
        siren,
        organisme,
        reference,
        reference_utilisateur,
        type_procedure,
        categorie,
        statut,
        date_mise_en_ligne,
        date_cloture,
        case when nb_lots >= 0 then nb_lots end as nb_lots,
        case when montant_estime_eur >= 0 then montant_estime_eur end as montant_estime_eur,
        case when nb_retraits_electroniques >= 0 then nb_retraits_electroniques end
            as nb_retraits_electroniques,
        case when nb_retraits_papier >= 0 then nb_retraits_papier end as nb_retraits_papier,
        case when nb_plis_electroniques >= 0 then nb_plis_electroniques end
            as nb_plis_electroniques,
        case when nb_plis_papier >= 0 then nb_plis_papier end as nb_plis_papier,
        case when nb_plis_annules >= 0 then nb_plis_annules end as nb_plis_annules,
        case when nb_plis_hors_delai >= 0 then nb_plis_hors_delai end as nb_plis_hors_delai,
        est_reponse_autorisee,
        est_reponse_imposee,
        est_allotie,
        est_demonstration,
        fichier_sha256,
        fichier_id,
        ligne,
        lot

    from renamed

)

select * from final
