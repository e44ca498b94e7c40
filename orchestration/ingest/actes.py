"""Acts sent to the prefecture for the control of legality (ACTES), as platforms and software keep them.

Three shapes: ACTES messages in XML, one per file (`actes_xml`); the `.tar.gz` archives in which they travel with their
envelope and pieces (`archives`); the CSV extract of S2LOW's transactions (`actes_csv`). An act is transmitted (1-1),
then acknowledged (1-2) or refused (1-3), may be written about (2 to 5) and cancelled (6). The parts of an act arrive in
any order and in several files: SQL attaches them by IDActe.
"""

from orchestration.ingest.actes_csv import is_extraction, parse_extraction
from orchestration.ingest.actes_records import Acte, Evenement
from orchestration.ingest.actes_xml import is_actes_xml, parse_archive, parse_message
from orchestration.ingest.archives import is_tar_gz
from orchestration.ingest.outcome import Format, Source

CODES = {
    # The whole file is refused (inside an archive, the message alone is).
    "actes_xml_illisible": "Le message ACTES ne se lit pas ({valeur}) : il est sans doute incomplet. "
    "Téléchargez-le de nouveau depuis votre plateforme de télétransmission.",
    "actes_message_inconnu": "« {valeur} » n’est pas un message connu du protocole ACTES : vérifiez que c’est bien "
    "un fichier de télétransmission.",
    "actes_archive_illisible": "L’archive .tar.gz est abîmée ({valeur}) : téléchargez-la de nouveau.",
    "actes_archive_demesuree": "L’archive dépasse ce qu’une enveloppe ACTES peut contenir ({valeur}) : elle n’a pas "
    "été ouverte. Déposez une archive par enveloppe.",
    "actes_archive_refusee": "L’archive contient ce qu’une enveloppe ACTES ne contient jamais ({valeur}) : elle n’a "
    "pas été ouverte. Prévenez votre éditeur de logiciel.",
    "actes_archive_sans_message": "L’archive ne contient aucun message ACTES : vérifiez que c’est bien une enveloppe "
    "de télétransmission.",
    "actes_csv_illisible": "L’extraction ne se lit pas comme un tableau CSV ({valeur}) : exportez-la de nouveau, sans "
    "la modifier.",
    "actes_colonnes_manquantes": "Il manque des colonnes à l’extraction : {valeur}. Demandez l’extraction complète à "
    "l’administrateur de la plateforme.",
    # The record is rejected.
    "actes_ligne_mal_decoupee": "La ligne a {valeur} cellules au lieu de celles de l’en-tête : un séparateur s’est "
    "glissé dans une valeur.",
    "actes_type_inconnu": "Le type de transaction « {valeur} » n’existe pas : les types vont de 1 (acte) à 7.",
    "actes_siren_invalide": "Le SIREN manque ou n’existe pas (clé de contrôle fausse) : l’acte ne peut être rattaché "
    "à aucune collectivité. Reçu : « {valeur} ».",
    "actes_sans_identite": "L’acte ne dit pas de quoi l’identifier (information manquante : {champ}) et n’est pas "
    "compté.",
    # The record lands.
    "actes_idacte_illisible": "L’identifiant unique de l’acte n’a pas la forme attendue : il a été reconstitué à "
    "partir du SIREN, de la date, du numéro et de la nature.",
    "actes_identifiants_incoherents": "L’enveloppe, l’identifiant, le contenu et les noms de fichiers de l’acte "
    "{valeur} ne disent pas la même chose ({champ}).",
    "actes_date_illisible": "La date « {valeur} » ({champ}) ne se lit pas : l’acte est compté sans elle.",
    "actes_date_hors_bornes": "La date « {valeur} » ({champ}) est antérieure à 2000 : l’acte est compté sans elle.",
    "actes_date_absente": "Le message {valeur} ne porte pas sa date ({champ}) : aucun délai ne peut être calculé.",
    "actes_ar_avant_decision": "L’accusé de réception ({valeur}) est antérieur à la décision : le délai n’est pas "
    "calculé.",
    "actes_numero_hors_norme": "Le numéro de l’acte n’est pas fait de 1 à 15 chiffres, lettres ou soulignés.",
    "actes_nature_inconnue": "La nature « {valeur} » n’existe pas : les natures d’acte vont de 1 à 6.",
    "actes_matiere_inconnue": "La matière « {valeur} » n’est pas dans la nomenclature nationale : l’acte est compté "
    "sans matière.",
    "actes_statut_inconnu": "Le statut « {valeur} » n’est pas un statut connu de la plateforme.",
    "actes_nombre_illisible": "La valeur « {valeur} » ({champ}) n’est pas un nombre : elle n’est pas comptée.",
    "actes_colonne_inconnue": "La colonne « {champ} » n’est pas attendue et n’est pas lue.",
    "actes_ligne_repetee": "La transaction de l’acte {valeur} figure déjà plus haut dans l’extraction : elle ne compte "
    "qu’une fois.",
    "actes_structure_inattendue": "L’accusé ou l’anomalie porte {valeur} actes reçus au lieu d’un seul : le premier "
    "est retenu.",
    "actes_piece_absente": "L’archive n’a pas toutes les pièces annoncées par l’acte {valeur} : son poids est "
    "sous-estimé.",
    "actes_nb_annexes_incoherent": "L’acte annonce {valeur} annexes et en liste un autre nombre : la liste fait foi.",
    "actes_message_absent": "L’enveloppe annonce un message que l’archive ne contient pas (acte {valeur}).",
    "actes_enveloppe_seule": "L’enveloppe est arrivée sans ses messages : déposez l’archive .tar.gz complète pour "
    "que ses actes soient comptés.",
    "actes_classification": "Ce message {valeur} transmet la classification des matières : il ne compte aucun acte "
    "et n’a pas à être déposé.",
}

SOURCE = Source(
    name="actes",
    version=1,
    formats=(
        Format("Message ACTES (XML)", is_actes_xml, parse_message),
        Format("Archive ACTES (.tar.gz)", is_tar_gz, parse_archive),
        Format("Extraction S2LOW (CSV)", is_extraction, parse_extraction),
    ),
    tables={"actes": Acte, "evenements": Evenement},
    codes=CODES,
)
