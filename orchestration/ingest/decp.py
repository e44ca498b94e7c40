"""What a contract of the "données essentielles de la commande publique" holds, vintage by vintage.

Two vintages are in force in what buyers send: v1 (arrêté of 2017, schema of 2019) and v2 (arrêté of 2022, schemas
2.0.2 and 2.0.3), each for marchés and for concessions. A `Champ` says how one field is to be read and judged; fields
that no dashboard reads (`objet`, names of companies…) are listed so that their absence can be told, never landed.
"""

from dataclasses import dataclass
from typing import Literal

Genre = Literal["texte", "code", "date", "montant", "duree", "entier", "part", "booleen", "cpv", "liste", "objet"]
TypeContrat = Literal["marche", "concession"]
Version = Literal["v1", "v2"]


@dataclass(frozen=True, slots=True)
class Champ:
    """One field of a contract. `singulier` names the items of a list; `codes` is the controlled vocabulary, if any."""

    nom: str
    genre: Genre
    est_obligatoire: bool = True
    codes: tuple[str, ...] = ()
    singulier: str = ""
    # Lists of objects are written [{"titulaire": {…}}] in v2; lists of codes {"technique": ["…"]}.
    contient_objets: bool = False
    peut_etre_vide: bool = False


NATURES_MARCHE = {
    "v1": ("Marché", "Marché de partenariat", "Accord-cadre", "Marché subséquent"),
    "v2": ("Marché", "Marché de partenariat", "Marché de défense ou de sécurité"),
}
NATURES_CONCESSION = (
    "Concession de travaux",
    "Concession de service",
    "Concession de service public",
    "Délégation de service public",
)
PROCEDURES_MARCHE = (
    "Procédure adaptée",
    "Appel d'offres ouvert",
    "Appel d'offres restreint",
    "Procédure avec négociation",
    "Marché passé sans publicité ni mise en concurrence préalable",
    "Dialogue compétitif",
)
PROCEDURES_CONCESSION = (
    "Procédure négociée ouverte",
    "Procédure non négociée ouverte",
    "Procédure négociée restreinte",
    "Procédure non négociée restreinte",
)
TECHNIQUES = (
    "Accord-cadre",
    "Concours",
    "Système de qualification",
    "Système d'acquisition dynamique",
    "Catalogue électronique",
    "Enchère électronique",
    "Sans objet",
)
MODALITES_EXECUTION = ("Tranches", "Bons de commande", "Marchés subséquents", "Sans objet")
CCAG = (
    "Travaux",
    "Maitrise d'œuvre",
    "Fournitures courantes et services",
    "Marchés industriels",
    "Prestations intellectuelles",
    "Techniques de l'information et de la communication",
    "Pas de CCAG",
)
GROUPEMENTS = ("Conjoint", "Solidaire", "Pas de groupement")
TYPES_PRIX = ("Définitif ferme", "Définitif actualisable", "Définitif révisable", "Provisoire")
FORMES_PRIX = {"v1": ("Ferme", "Ferme et actualisable", "Révisable"), "v2": ("Unitaire", "Forfaitaire", "Mixte")}
TYPES_LIEU = (
    "Code postal",
    "Code commune",
    "Code arrondissement",
    "Code canton",
    "Code département",
    "Code région",
    "Code pays",
)
TYPES_IDENTIFIANT = {
    "v1": ("SIRET", "TVA", "TAHITI", "RIDET", "FRWF", "IREP", "UE", "HORS-UE"),
    "v2": ("SIRET", "TVA", "TAHITI", "RIDET", "FRWF", "IREP", "HORS-UE"),
}
CONSIDERATIONS_SOCIALES = {
    "marche": ("Clause sociale", "Critère social", "Marché réservé", "Pas de considération sociale"),
    "concession": ("Clause sociale", "Critère social", "Concession réservée", "Pas de considération sociale"),
}
CONSIDERATIONS_ENVIRONNEMENTALES = (
    "Clause environnementale",
    "Critère environnemental",
    "Pas de considération environnementale",
)

_TITULAIRES = Champ("titulaires", "liste", singulier="titulaire", contient_objets=True)
_CONCESSIONNAIRES = Champ("concessionnaires", "liste", singulier="concessionnaire", contient_objets=True)
_MODIFICATIONS_V1 = Champ("modifications", "liste", singulier="modification", contient_objets=True, peut_etre_vide=True)
_MODIFICATIONS_V2 = Champ("modifications", "liste", False, singulier="modification", contient_objets=True)
_DONNEES_EXECUTION = Champ(
    "donneesExecution", "liste", False, singulier="donneesAnnuelles", contient_objets=True, peut_etre_vide=True
)


def _considerations(type_contrat: TypeContrat) -> tuple[Champ, Champ]:
    sociales = CONSIDERATIONS_SOCIALES[type_contrat]
    return (
        Champ("considerationsSociales", "liste", codes=sociales, singulier="considerationSociale"),
        Champ(
            "considerationsEnvironnementales",
            "liste",
            codes=CONSIDERATIONS_ENVIRONNEMENTALES,
            singulier="considerationEnvironnementale",
        ),
    )


_MARCHE_COMMUN = (
    Champ("objet", "texte"),
    Champ("codeCPV", "cpv"),
    Champ("procedure", "code", codes=PROCEDURES_MARCHE),
    Champ("lieuExecution", "objet"),
    Champ("dureeMois", "duree"),
    Champ("dateNotification", "date"),
    Champ("datePublicationDonnees", "date"),
    Champ("montant", "montant"),
)
_CONCESSION_COMMUN = (
    Champ("nature", "code", codes=NATURES_CONCESSION),
    Champ("objet", "texte"),
    Champ("procedure", "code", codes=PROCEDURES_CONCESSION),
    Champ("dureeMois", "duree"),
    Champ("dateSignature", "date"),
    Champ("datePublicationDonnees", "date"),
    Champ("dateDebutExecution", "date"),
    Champ("valeurGlobale", "montant"),
    Champ("montantSubventionPublique", "montant"),
    _CONCESSIONNAIRES,
)

SCHEMAS: dict[tuple[TypeContrat, Version], tuple[Champ, ...]] = {
    ("marche", "v1"): (
        Champ("nature", "code", codes=NATURES_MARCHE["v1"]),
        *_MARCHE_COMMUN,
        Champ("formePrix", "code", codes=FORMES_PRIX["v1"]),
        _TITULAIRES,
        _MODIFICATIONS_V1,
    ),
    ("marche", "v2"): (
        Champ("nature", "code", codes=NATURES_MARCHE["v2"]),
        *_MARCHE_COMMUN,
        Champ("techniques", "liste", codes=TECHNIQUES, singulier="technique"),
        Champ("modalitesExecution", "liste", codes=MODALITES_EXECUTION, singulier="modaliteExecution"),
        Champ("idAccordCadre", "texte", False),
        Champ("marcheInnovant", "booleen"),
        Champ("ccag", "code", codes=CCAG),
        Champ("offresRecues", "entier"),
        Champ("attributionAvance", "booleen"),
        Champ("tauxAvance", "part", False),
        Champ("typeGroupementOperateurs", "code", codes=GROUPEMENTS),
        Champ("typesPrix", "liste", codes=TYPES_PRIX, singulier="typePrix"),
        Champ("formePrix", "code", codes=FORMES_PRIX["v2"]),
        Champ("sousTraitanceDeclaree", "booleen"),
        Champ("origineUE", "part", False),
        Champ("origineFrance", "part", False),
        _TITULAIRES,
        *_considerations("marche"),
        Champ("actesSousTraitance", "liste", False, singulier="acteSousTraitance", contient_objets=True),
        Champ(
            "modificationsActesSousTraitance",
            "liste",
            False,
            singulier="modificationActeSousTraitance",
            contient_objets=True,
        ),
        _MODIFICATIONS_V2,
    ),
    ("concession", "v1"): (
        *_CONCESSION_COMMUN,
        Champ("lieuExecution", "objet"),
        _DONNEES_EXECUTION,
        _MODIFICATIONS_V1,
    ),
    ("concession", "v2"): (
        *_CONCESSION_COMMUN,
        *_considerations("concession"),
        _DONNEES_EXECUTION,
        _MODIFICATIONS_V2,
    ),
}

# Read apart (they make the key), or added by the platforms that consolidate v1 files.
AUTRES_CHAMPS = frozenset(
    {"id", "acheteur", "autoriteConcedante", "_type", "uid", "uuid", "source", "created_at", "updated_at"}
)
# A contract that carries one of these is of v2: XML files of both vintages have the same root.
CHAMPS_PROPRES_V2 = frozenset(
    {"techniques", "modalitesExecution", "ccag", "offresRecues", "considerationsSociales", "typesPrix"}
    | {"considerationsEnvironnementales", "marcheInnovant", "sousTraitanceDeclaree", "typeGroupementOperateurs"}
)
