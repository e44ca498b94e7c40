with

source as (

    select * from {{ source('retours', 'valeurs') }}

),

mois_ecrits as (

    select
        siren,
        nom_collectivite,
        version,
        date_envoi,
        code,
        valeur,
        _est_demonstration,
        _fichier_id,
        _fichier_sha256,
        ligne,
        lot,
        {{ jour_du_mois_ecrit('mois') }} as premier_jour_ecrit

    from source

),

final as (

    select
        siren,
        upper(trim(code)) as code_donnee,
        _fichier_id as fichier_id,

        nom_collectivite,

        -- Un mois se déclare par son premier jour ; tout autre jour est une date mal comprise
        -- par le tableur.
        case
            when extract(day from {{ date_depuis_texte('premier_jour_ecrit') }}) = 1
                then {{ date_depuis_texte('premier_jour_ecrit') }}
        end as mois,
        {{ date_depuis_texte('date_envoi') }} as date_envoi,

        {{ entier_depuis_texte('version') }} as version,
        -- « 1.250 » vaut mille pour les uns et un pour les autres : on ne choisit pas.
        case
            when trim(valeur) not like '%.___' then {{ montant_depuis_texte('valeur') }}
        end as valeur,

        coalesce(upper(trim(valeur)) = 'NC', false) as est_non_connu,
        _est_demonstration as est_demonstration,

        _fichier_sha256 as fichier_sha256,
        ligne,
        lot

    from mois_ecrits

)

select * from final
