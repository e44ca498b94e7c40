"""What the demonstration's surveys ask: services, lists, and the campaign files that describe them."""

from dataclasses import dataclass
from datetime import date

SERVICES = {
    "administration": (
        "Télétransmission des actes",
        "Parapheur électronique",
        "Archivage électronique",
        "Gestion des délibérations",
        "Gestion électronique de documents",
        "Gestion du courrier",
    ),
    "finances": (
        "Flux comptables",
        "Factures électroniques",
        "Paiement en ligne",
        "Prospective financière",
        "Inventaire du patrimoine",
    ),
    "achats": (
        "Salle des marchés",
        "Rédaction des marchés",
        "Suivi des contrats",
        "Groupements de commandes en ligne",
    ),
    "usagers": (
        "Portail de démarches",
        "Relation aux usagers",
        "Prise de rendez-vous",
        "Inscriptions scolaires",
        "Portail des familles",
        "Signalement sur la voie publique",
    ),
    "information": (
        "Site internet",
        "Lettre d'information",
        "Publication de données ouvertes",
        "Concertation en ligne",
        "Accessibilité des contenus",
    ),
    "territoire": (
        "Information géographique",
        "Instruction de l'urbanisme",
        "Suivi des réseaux",
        "Gestion des déchets",
        "Transport à la demande",
    ),
    "social": ("Portage de repas", "Petite enfance", "Aide à domicile"),
    "culture": ("Réseau des médiathèques", "Billetterie", "Patrimoine numérisé"),
    "ressources": (
        "Paie et carrières",
        "Gestion du temps",
        "Formation à distance",
        "Travail à distance",
    ),
    "infrastructures": (
        "Hébergement mutualisé",
        "Sauvegarde externalisée",
        "Messagerie",
        "Téléphonie",
        "Supervision de la sécurité",
    ),
}
STATUTS = {"deploye": "Déployé", "en_projet": "En projet", "etudie": "À l’étude", "non": "Ni déployé ni étudié"}
TYPES = {
    "groupement_commandes": "Groupement de commandes",
    "service_commun": "Service commun",
    "syndicat_mixte": "Adhésion à un syndicat mixte",
    "convention": "Convention entre collectivités",
    "mise_a_disposition": "Mise à disposition d’agents ou d’outils",
    "autre": "Autre forme",
}
PARTENAIRES = {
    "etat": "L’État",
    "region": "La Région",
    "departement": "Le Département",
    "epci": "Un autre EPCI",
    "communes": "Les communes",
    "autres": "D’autres acteurs",
}
FREINS = {
    "concertation": "Le manque de concertation",
    "gouvernance": "La gouvernance, la cohérence",
    "methodologie": "La méthodologie",
    "usager": "L’utilisateur n’est pas au centre",
    "competences": "Les compétences",
    "sensibilisation": "La sensibilisation et la formation",
    "equite": "L’équité territoriale",
}
AIDES = {
    "road_show": "Une tournée de présentation",
    "feder": "Une aide financière (Feder)",
    "groupement": "Un groupement de commandes",
    "assistance": "Une assistance neutre",
    "negociation": "Une négociation régionale des prix",
    "services_prets": "Des services prêts à l’emploi",
}
BESOINS = {
    "formation": "Former les agents",
    "archivage": "Archiver",
    "delegue_donnees": "Un délégué à la protection des données",
    "relation_usagers": "La relation aux usagers",
    "hebergement": "Héberger et sauvegarder",
    "cybersecurite": "La cybersécurité",
    "geographie": "L’information géographique",
    "donnees_ouvertes": "Publier des données",
}
NOTES = ("", "Pas du tout satisfait", "Plutôt pas satisfait", "Ni satisfait ni insatisfait", "Plutôt satisfait")
NOTES = (*NOTES, "Très satisfait")
THEMES = {"globale": "de la plateforme", "assistance": "de l’assistance", "simplicite": "de sa simplicité"}

CAMPAGNE_HEADER = ("rubrique", "code", "libelle", "role", "service", "modalite", "valeur")


@dataclass(frozen=True, slots=True)
class Enquete:
    """One campaign: its dates, its public, its columns as (code, heading, role, service, modality)."""

    code: str
    libelle: str
    debut: date
    fin: date
    public: str
    types: str
    population: str
    questions: tuple[tuple[str, str, str, str, str], ...]
    services: tuple[tuple[str, str, str], ...] = ()
    strates: tuple[tuple[str, str, str, int], ...] = ()


_IDENTITY = (
    ("G01Q01", "Nom et prénom de la personne qui répond", "personnelle", "", ""),
    ("G01Q02", "Quel est le SIRET de votre structure ?", "siret", "", ""),
)


def services() -> tuple[tuple[str, str, str], ...]:
    """The 46 services of the questionnaire: code, label, theme."""
    named = [(nom, theme) for theme, noms in SERVICES.items() for nom in noms]
    return tuple((f"S{rang:02d}", nom, theme) for rang, (nom, theme) in enumerate(named, start=1))


def _boxes(group: str, question: str, role: str, liste: dict[str, str]) -> list[tuple[str, str, str, str, str]]:
    return [(f"{group}[{code}]", f"{question}  [{label}]", role, "", code) for code, label in liste.items()]


def _notes(group: str) -> list[tuple[str, str, str, str, str]]:
    return [
        (f"{group}[{theme}]", f"Êtes-vous satisfait {label} ?", "satisfaction", "", theme)
        for theme, label in THEMES.items()
    ]


def survey_of_epci() -> Enquete:
    """The decision makers of the EPCI: 46 services, their status, pooling and form."""
    columns = [*_IDENTITY]
    columns += [
        (f"G02Q01[{c}]", f"Où en est ce service ?  [{nom}]", "statut_service", c, "") for c, nom, _ in services()
    ]
    columns += [(f"G02Q02[{c}]", f"Est-il mutualisé ?  [{nom}]", "mutualisation", c, "") for c, nom, _ in services()]
    columns += [
        (f"G02Q03[{c}]", f"Sous quelle forme ?  [{nom}]", "type_mutualisation", c, "") for c, nom, _ in services()
    ]
    columns += _boxes("G03Q01", "Avec quels partenaires ?", "partenaire", PARTENAIRES)
    columns += _boxes("G03Q02", "Quels freins rencontrez-vous ?", "frein", FREINS)
    columns += [("G03Q03", "Un autre frein, dites lequel", "verbatim", "", "")]
    columns += [("G03Q04", "Codes posés à la relecture", "code_verbatim", "", "frein")]
    columns += _boxes("G03Q05", "Quelle aide attendez-vous ?", "aide", AIDES)
    columns += _boxes("G03Q06", "De quoi avez-vous besoin ?", "besoin", BESOINS)
    columns += _notes("G04Q01")
    return Enquete(
        "DEMO-EPCI-2026",
        "Services numériques et mutualisation dans les EPCI (démonstration)",
        date(2026, 2, 2),
        date(2026, 4, 3),
        "decideurs",
        "epci",
        "Les EPCI bretons",
        tuple(columns),
        services(),
    )


def survey_of_communes() -> Enquete:
    """The elected people of the communes: satisfaction, brakes, needs, certificate."""
    columns = [*_IDENTITY, *_notes("G02Q01"), *_boxes("G03Q01", "Quels freins rencontrez-vous ?", "frein", FREINS)]
    columns += _boxes("G03Q02", "De quoi avez-vous besoin ?", "besoin", BESOINS)
    columns += [("G04Q01", "Votre mairie a-t-elle un certificat électronique ?", "certificat", "", "")]
    return Enquete(
        "DEMO-ELUS-2026",
        "Les élus et l'administration numérique (démonstration)",
        date(2026, 5, 18),
        date(2026, 6, 26),
        "elus",
        "commune",
        "Les communes bretonnes",
        tuple(columns),
    )


def _anonymous(
    code: str, libelle: str, debut: date, fin: date, public: str, dimension: str, population: str
) -> Enquete:
    strates = {
        "taille": (
            ("tpe", "Moins de 10 salariés", 31_000),
            ("pme", "De 10 à 249 salariés", 8_200),
            ("ge", "Plus", 800),
        ),
        "milieu": (("rural", "Commune rurale", 1_050_000), ("urbain", "Commune urbaine", 1_720_000)),
    }[dimension]
    groupe = public[0].upper()
    columns = [(f"{groupe}01", "Vous êtes", "strate", "", dimension), *_notes(f"{groupe}02")]
    columns += [(f"{groupe}03", "Un commentaire ?", "verbatim", "", "")]
    columns += [(f"{groupe}04", "Votre courriel", "personnelle", "", "")]
    described = tuple((dimension, *strate) for strate in strates)
    return Enquete(code, libelle, debut, fin, public, "", population, tuple(columns), (), described)


def survey_of_companies() -> Enquete:
    """The companies registered on the platform; nothing identifies them."""
    dates = (date(2026, 3, 9), date(2026, 4, 17))
    libelle = "Les entreprises et la salle des marchés (démonstration)"
    return _anonymous("DEMO-ENTREPRISES-2026", libelle, *dates, "entreprises", "taille", "Les entreprises inscrites")


def survey_of_users() -> Enquete:
    """The inhabitants who use online procedures; nothing identifies them."""
    dates = (date(2026, 9, 7), date(2026, 10, 9))
    libelle = "Les usagers des démarches en ligne (démonstration)"
    return _anonymous("DEMO-USAGERS-2026", libelle, *dates, "usagers", "milieu", "Les adultes de Bretagne")


def campaign_rows(enquete: Enquete) -> list[tuple[object, ...]]:
    """The campaign file of a survey."""
    attributes = {
        "code": enquete.code,
        "libelle": enquete.libelle,
        "territoire": "bretagne",
        "date_debut": enquete.debut.isoformat(),
        "date_fin": f"{enquete.fin:%d/%m/%Y}",
        "public": enquete.public,
        "types_collectivite": enquete.types,
        "population": enquete.population,
        "document": "Questionnaire de démonstration",
    }
    rows: list[tuple[object, ...]] = [CAMPAGNE_HEADER]
    rows += [("campagne", name, "", "", "", "", value) for name, value in attributes.items() if value]
    rows += [("strate", code, label, dimension, "", "", n) for dimension, code, label, n in enquete.strates]
    rows += [("service", code, nom, "", "", theme, "") for code, nom, theme in enquete.services]
    rows += [
        ("question", code, label, role, service, modalite, "")
        for code, label, role, service, modalite in enquete.questions
    ]
    rows += [("reponse", code, label, "statut_service", "", code, "") for code, label in STATUTS.items()]
    return rows
