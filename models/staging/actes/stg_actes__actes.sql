with

source as (

    select * from {{ source('actes', 'actes') }}

),

final as (

    select
        acte_id,
        -- L'identifiant sans le département, que l'extraction ne donne pas toujours.
        substr(acte_id, 5) as cle_acte,
        siren,
        origine,
        numero,
        nature_code,
        matiere_code,
        transaction_id,
        {{ entier_depuis_texte('transaction_id') }} as numero_transaction,
        statut_code,
        {{ date_depuis_texte('date_decision') }} as date_decision,
        {{ date_depuis_texte('date_transmission') }} as date_transmission,
        {{ date_depuis_texte('date_ar') }} as date_ar,
        {{ entier_depuis_texte('nb_fichiers') }} as nb_fichiers,
        {{ entier_depuis_texte('taille_octets') }} as taille_octets,
        coalesce(document_papier in ('O', '1'), false) as est_document_papier,
        coalesce(statut_code = '0', false) as est_annule_plateforme,
        -- -1 erreur, 6 refusé.
        coalesce(statut_code in ('-1', '6'), false) as est_refuse_plateforme,
        _fichier_sha256 as fichier_sha256,
        _fichier_id as fichier_id,
        ligne,
        lot,
        _est_demonstration as est_demonstration

    from source

)

select * from final
