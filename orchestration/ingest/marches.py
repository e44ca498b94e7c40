"""Marchés and concessions: DECP ("données essentielles de la commande publique") files of buyers and platforms.

Sent by buyers' platforms as JSON or XML, schema v1 (2019) or v2 (2.0.2 and 2.0.3). Shapes:
v1 JSON `{"marches": [{…}]}`, v2 JSON `{"marches": {"marche": [{…}], "contrat-concession": [{…}]}}`, XML `<marches>`
holding `<marche>` and `<contrat-concession>`, or one of them alone as the root.

Real files stray from the schema, so a contract lands as soon as it has a key, a date and a procedure; whatever strays
is an `avertissement` on its field. Holders (`titulaires`) are counted, never kept: one may be a natural person. The
object of the contract is not kept either: it is free text. `ligne` is the rank of the contract in the file, since a
file may well hold on one line.
"""

import codecs
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, BinaryIO

from lxml import etree

from orchestration.ingest.decp import (
    AUTRES_CHAMPS,
    CHAMPS_PROPRES_V2,
    SCHEMAS,
    TYPES_IDENTIFIANT,
    TYPES_LIEU,
    Champ,
    TypeContrat,
    Version,
)
from orchestration.ingest.outcome import HIDDEN, Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.readers import (
    date_of,
    date_problem,
    decode,
    is_amount,
    iter_xml,
    nomenclature,
    siren_of,
    xml_root_name,
)

MAX_JSON_BYTES = 256 << 20
MAX_AMOUNT_EUR = 1e11
MAX_MONTHS = 1200
MAX_ID_CHARS = 16
MAX_UNKNOWN_FIELDS = 100
MAX_NESTING = 4
# Beyond it a year is a typing error, whatever the day the file is read.
LATEST_YEAR = 2099
TAGS: dict[str, TypeContrat] = {"marche": "marche", "contrat-concession": "concession"}
WRITTEN_ABSENCES = frozenset(
    {"nc", "n.c.", "n/c", "na", "n/a", "nan", "null", "none", "néant", "inconnu", "inconnue", "non renseigné"}
    | {"non renseignée", "non communiqué", "non communiquée", "sans objet", "-", "?", "cdl"}
)


# Landing column → field of the contract, carried as it is.
TEXT_FIELDS = {
    "accord_cadre_id": "idAccordCadre",
    "nature": "nature",
    "code_cpv": "codeCPV",
    "ccag": "ccag",
    "formes_prix": "formePrix",
    "date_publication": "datePublicationDonnees",
    "date_debut_execution": "dateDebutExecution",
    "montant_subvention": "montantSubventionPublique",
    "duree_mois": "dureeMois",
    "offres_recues": "offresRecues",
    "marche_innovant": "marcheInnovant",
    "attribution_avance": "attributionAvance",
    "sous_traitance_declaree": "sousTraitanceDeclaree",
}
# Landing column → list of the contract and name of its items, carried with a bar between the items.
LIST_FIELDS = {
    "techniques": ("techniques", "technique"),
    "modalites_execution": ("modalitesExecution", "modaliteExecution"),
    "considerations_sociales": ("considerationsSociales", "considerationSociale"),
    "considerations_environnementales": ("considerationsEnvironnementales", "considerationEnvironnementale"),
}


@dataclass(frozen=True, slots=True)
class Marche:
    """One contract as delivered; text as received, except the two identifiers that make the key."""

    ligne: int
    type_contrat: str
    version_decp: str
    siret_acheteur: str
    marche_id: str
    marche_id_brut: str
    nom_acheteur: str | None
    accord_cadre_id: str | None
    nature: str | None
    procedure: str
    code_cpv: str | None
    techniques: str | None
    modalites_execution: str | None
    ccag: str | None
    formes_prix: str | None
    considerations_sociales: str | None
    considerations_environnementales: str | None
    code_lieu: str | None
    type_code_lieu: str | None
    date_notification: str | None
    date_publication: str | None
    date_debut_execution: str | None
    montant: str | None
    montant_subvention: str | None
    duree_mois: str | None
    offres_recues: str | None
    nb_titulaires: str
    nb_actes_sous_traitance: str
    marche_innovant: str | None
    attribution_avance: str | None
    sous_traitance_declaree: str | None


@dataclass(frozen=True, slots=True)
class Modification:
    """One modification of a contract; a field that it does not carry is None and changes nothing."""

    ligne: int
    rang: str
    siret_acheteur: str
    marche_id: str
    modification_id: str | None
    date_notification: str | None
    date_publication: str | None
    montant: str | None
    duree_mois: str | None
    nb_titulaires: str | None


@dataclass(frozen=True, slots=True)
class Contrat:
    """A contract before any judgement: its rank in the file, its kind, its vintage and its fields."""

    ligne: int
    type_contrat: TypeContrat
    version: Version
    brut: dict[str, Any]
    is_xml: bool


# Everything but the rank in the file. `dataclasses.astuple` copies deeply and costs as much as all the rest.
_content_of_marche = attrgetter(*(field.name for field in fields(Marche) if field.name != "ligne"))
_content_of_modification = attrgetter(*(field.name for field in fields(Modification) if field.name != "ligne"))


class Number(str):
    """A JSON number, kept as it was written: 12.50 stays 12.50, and stays told from the text "12.50"."""

    __slots__ = ()


def parse_json(stream: BinaryIO) -> Iterator[Marche | Modification | Anomaly | Emitter]:
    """Yield the contracts of a DECP JSON file, v1 or v2."""
    raw = stream.read(MAX_JSON_BYTES + 1)
    if len(raw) > MAX_JSON_BYTES:
        raise RejectedFile("marches_json_illisible", f"plus de {MAX_JSON_BYTES >> 20} Mio")
    try:
        document = json.loads(decode(raw)[0], parse_float=Number, parse_int=Number, parse_constant=Number)
    except json.JSONDecodeError as error:
        raise RejectedFile("marches_json_illisible", f"ligne {error.lineno}") from error
    except RecursionError as error:
        raise RejectedFile("marches_json_illisible", "trop de niveaux imbriqués") from error
    del raw
    marches = document.get("marches") if isinstance(document, dict) else None
    if isinstance(marches, list):
        return _judge(_contrats_v1(marches))
    if isinstance(marches, dict) and not TAGS.keys().isdisjoint(marches):
        return _judge(_contrats_v2(marches))
    raise RejectedFile("marches_racine_inattendue")


def parse_xml(stream: BinaryIO) -> Iterator[Marche | Modification | Anomaly | Emitter]:
    """Yield the contracts of a DECP XML file: under `<marches>`, or one contract as the root."""
    return _judge(_contrats_xml(stream))


def _contrats_v1(marches: list[Any]) -> Iterator[Contrat | Anomaly]:
    for ligne, brut in enumerate(marches, start=1):
        tag = next((t for t in TAGS if isinstance(brut, dict) and brut.keys() == {t}), None)
        contenu = brut[tag] if tag else brut
        if not isinstance(contenu, dict):
            yield Anomaly("rejet", "marches_contrat_illisible", ligne)
            continue
        is_concession = "autoriteConcedante" in contenu or "concession" in (_text(contenu.get("_type")) or "")
        yield Contrat(ligne, "concession" if is_concession else "marche", "v1", contenu, False)


def _contrats_v2(marches: dict[str, Any]) -> Iterator[Contrat | Anomaly]:
    ligne = 0
    # In the order of the file, which is the order that its ranks follow.
    for tag in (name for name in marches if name in TAGS):
        for contenu in _items(marches[tag], tag):
            ligne += 1
            if isinstance(contenu, dict):
                yield Contrat(ligne, TAGS[tag], "v2", contenu, False)
            else:
                yield Anomaly("rejet", "marches_contrat_illisible", ligne)


def _contrats_xml(stream: BinaryIO) -> Iterator[Contrat | Anomaly]:
    ligne = depth = level = 0
    for event, element in iter_xml(stream, "marches_xml_illisible"):
        name = etree.QName(element).localname
        if event == "start":
            # A contract alone is its own root.
            level = level or (1 if name in TAGS else 2)
            depth += 1
            continue
        depth -= 1
        if depth != level - 1:
            continue
        ligne += 1
        contenu = _value(element)
        element.clear()
        if name in TAGS and isinstance(contenu, dict):
            version: Version = "v1" if CHAMPS_PROPRES_V2.isdisjoint(contenu) else "v2"
            yield Contrat(ligne, TAGS[name], version, contenu, True)
        elif name in TAGS or contenu:
            yield Anomaly("rejet", "marches_contrat_illisible", ligne)
        while element.getprevious() is not None:
            del element.getparent()[0]


def _value(element: etree._Element) -> Any:
    """An element as JSON would write it: text, or its children by name, in a list where a name comes back."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return (element.text or "").strip() or None
    values: dict[str, Any] = {}
    for child in children:
        name, value = etree.QName(child).localname, _value(child)
        if name not in values:
            values[name] = value
        elif isinstance(values[name], list):
            values[name].append(value)
        else:
            values[name] = [values[name], value]
    return values


def _judge(contrats: Iterator[Contrat | Anomaly]) -> Iterator[Marche | Modification | Anomaly | Emitter]:
    """Turn contracts into records and anomalies, tell duplicates, and name the emitter when there is only one."""
    seen: dict[tuple[str, str], bytes] = {}
    unknown: set[str] = set()
    sirens: set[str] = set()
    for contrat in contrats:
        marche = contrat if isinstance(contrat, Anomaly) else _marche(contrat)
        if isinstance(contrat, Anomaly) or isinstance(marche, Anomaly):
            yield marche
            continue
        siren = marche.siret_acheteur[:9]
        sirens.add(siren)
        modifications = list(_modifications(contrat, marche))
        duplicate = _duplicate(marche, modifications, seen, siren)
        if duplicate:
            yield duplicate
        if not duplicate or duplicate.code != "marches_doublon_exact":
            yield marche
            yield from modifications
            yield from (_with_siren(a, siren) for a in _oddities(contrat, marche))
            yield from _unknown_fields(contrat, unknown, siren)
    if len(sirens) == 1:
        yield Emitter(sirens.pop())


def _with_siren(anomaly: Anomaly, siren: str) -> Anomaly:
    return Anomaly(anomaly.gravite, anomaly.code, anomaly.ligne, anomaly.champ, anomaly.valeur, siren)


def _duplicate(
    marche: Marche, modifications: list[Modification], seen: dict[tuple[str, str], bytes], siren: str
) -> Anomaly | None:
    """Tell a contract already read in this file: the same content is said and dropped, another content is kept."""
    key = (marche.siret_acheteur, marche.marche_id)
    content = repr((_content_of_marche(marche), [_content_of_modification(m) for m in modifications]))
    digest = blake2b(content.encode(errors="surrogatepass"), digest_size=16).digest()
    before = seen.get(key)
    seen[key] = digest
    if before is None:
        return None
    code = "marches_doublon_exact" if before == digest else "marches_cle_en_double"
    return Anomaly("avertissement", code, marche.ligne, "id", _identifier(marche.marche_id), siren)


def _marche(contrat: Contrat) -> Marche | Anomaly:
    """The record of a contract, or why it is none: it needs a known buyer, an identifier, a date, a procedure."""
    brut = contrat.brut
    acheteur_champ = "autoriteConcedante" if contrat.type_contrat == "concession" else "acheteur"
    siret = _siret_acheteur(brut)
    if siret is None:
        code = "marches_acheteur_inconnu" if _acheteur_id(brut) else "marches_sans_acheteur"
        return Anomaly("rejet", code, contrat.ligne, f"{acheteur_champ}.id", _identifier(_acheteur_id(brut)))
    identity = {"gravite": "rejet", "ligne": contrat.ligne, "siren": siret[:9]}
    marche_id = _meaningful(brut.get("id"))
    if marche_id is None:
        return Anomaly(code="marches_sans_identifiant", champ="id", **identity)
    procedure = _meaningful(brut.get("procedure"))
    if procedure is None:
        return Anomaly(code="marches_sans_procedure", champ="procedure", **identity)
    dates = (_text(brut.get(name)) for name in ("dateNotification", "dateSignature", "datePublicationDonnees"))
    if not any(date_of(text) for text in dates):
        champ = "dateSignature" if contrat.type_contrat == "concession" else "dateNotification"
        return Anomaly(code="marches_sans_date", champ=champ, **identity)
    return _record(contrat, siret, marche_id, procedure)


def _record(contrat: Contrat, siret: str, marche_id: str, procedure: str) -> Marche:
    brut = contrat.brut
    acheteur, lieu = _acheteur(brut), brut.get("lieuExecution")
    lieu = lieu if isinstance(lieu, dict) else {}
    return Marche(
        ligne=contrat.ligne,
        type_contrat=contrat.type_contrat,
        version_decp=contrat.version,
        siret_acheteur=siret,
        marche_id=re.sub(r"[ ,\\./]", "_", marche_id),
        marche_id_brut=marche_id,
        nom_acheteur=_text(acheteur.get("nom")) if isinstance(acheteur, dict) else None,
        procedure=procedure,
        code_lieu=_text(lieu.get("code")),
        type_code_lieu=_text(lieu.get("typeCode")),
        date_notification=_first_text(brut, "dateNotification", "dateSignature"),
        montant=_first_text(brut, "montant", "valeurGlobale"),
        nb_titulaires=str(len(_titulaires(brut))),
        nb_actes_sous_traitance=str(len(_items(brut.get("actesSousTraitance"), "acteSousTraitance"))),
        **{colonne: _text(brut.get(nom)) for colonne, nom in TEXT_FIELDS.items()},
        **{colonne: _joined(brut, *noms) for colonne, noms in LIST_FIELDS.items()},
    )


def _modifications(contrat: Contrat, marche: Marche) -> Iterator[Modification]:
    for rang, brut in enumerate(_items(contrat.brut.get("modifications"), "modification"), start=1):
        if not isinstance(brut, dict):
            continue
        yield Modification(
            ligne=contrat.ligne,
            rang=str(rang),
            siret_acheteur=marche.siret_acheteur,
            marche_id=marche.marche_id,
            modification_id=_meaningful(brut.get("id")),
            date_notification=_first_text(brut, "dateNotificationModification", "dateSignatureModification"),
            date_publication=_text(brut.get("datePublicationDonneesModification")),
            montant=_first_text(brut, "montant", "valeurGlobale"),
            duree_mois=_text(brut.get("dureeMois")),
            nb_titulaires=str(len(_titulaires(brut))) if _titulaires(brut) else None,
        )


def _acheteur(brut: dict[str, Any]) -> Any:
    return brut.get("acheteur") or brut.get("autoriteConcedante")


def _acheteur_id(brut: dict[str, Any]) -> str | None:
    acheteur = _acheteur(brut)
    return _meaningful(acheteur.get("id") if isinstance(acheteur, dict) else acheteur)


def _siret_acheteur(brut: dict[str, Any]) -> str | None:
    """The buyer's 14 digits when its SIREN is a real one; a wrong key in the last five digits is only odd."""
    digits = re.sub(r"[\s.\-\u00a0\u202f]", "", _acheteur_id(brut) or "")
    return digits if re.fullmatch(r"[0-9]{14}", digits) and siren_of(digits[:9]) else None


def _titulaires(brut: dict[str, Any]) -> list[Any]:
    return _items(brut.get("titulaires"), "titulaire") + _items(brut.get("concessionnaires"), "concessionnaire")


def _items(value: Any, singulier: str, nesting: int = 0) -> list[Any]:
    """The items of a list in any of its four nestings: `[x]`, `[{singulier: x}]`, `{singulier: [x]}`, `{singulier: x}`.

    Absent, null and empty are the same: no item.
    """
    if value in (None, "", {}, []) or nesting > MAX_NESTING:
        return []
    if isinstance(value, list):
        return [item for part in value for item in _items(part, singulier, nesting + 1)]
    if isinstance(value, dict) and singulier in value:
        return _items(value[singulier], singulier, nesting + 1)
    return [value]


def _text(value: Any) -> str | None:
    """A scalar as text; None when it is absent, empty, or no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON can escape half a character pair, which no file can then be written with.
        return str(value).encode(errors="replace").decode().strip() or None
    return None


def _meaningful(value: Any) -> str | None:
    """A scalar as text, None too when it spells out that there is none ("NC", "null"…)."""
    text = _text(value)
    return None if text and text.lower() in WRITTEN_ABSENCES else text


def _first_text(brut: dict[str, Any], *names: str) -> str | None:
    return next((text for name in names if (text := _text(brut.get(name)))), None)


def _joined(brut: dict[str, Any], name: str, singulier: str) -> str | None:
    texts = (_text(item) for item in _items(brut.get(name), singulier))
    return " | ".join(text for text in texts if text) or None


def _shown(text: str | None, pattern: str) -> str | None:
    """What an anomaly may carry of a value: nothing that reads like a sentence or a name."""
    return text if text is None or re.fullmatch(pattern, text) else HIDDEN


def _identifier(text: str | None) -> str | None:
    return _shown(text, r"(?=.*[0-9])[0-9A-Za-z_/\-]{1,40}|[0-9 ,.]{1,40}")


def _figure(text: str | None) -> str | None:
    return _shown(text, r"[0-9TZeE :/+.,\-]{1,40}")


def _oddities(contrat: Contrat, marche: Marche) -> Iterator[Anomaly]:
    """Everything in which a contract that lands strays from its schema, field by field."""
    yield from _oddities_of_key(contrat, marche)
    for champ in SCHEMAS[contrat.type_contrat, contrat.version]:
        if not champ.est_obligatoire and champ.nom not in contrat.brut:
            continue
        yield from _oddities_of_field(contrat, champ, contrat.brut.get(champ.nom), champ.nom)
    yield from _oddities_of_place(contrat)
    for rang, titulaire in enumerate(_titulaires(contrat.brut), start=1):
        yield from _oddities_of_holder(contrat, titulaire, rang)
    yield from _oddities_of_dates(contrat, marche)
    for rang, brut in enumerate(_items(contrat.brut.get("modifications"), "modification"), start=1):
        yield from _oddities_of_modification(contrat, marche, brut, f"modifications.{rang}")


def _odd(contrat: Contrat, code: str, champ: str, valeur: str | None = None) -> Anomaly:
    return Anomaly("avertissement", code, contrat.ligne, champ, valeur)


def _oddities_of_key(contrat: Contrat, marche: Marche) -> Iterator[Anomaly]:
    acheteur_champ = "autoriteConcedante" if contrat.type_contrat == "concession" else "acheteur"
    if siren_of(marche.siret_acheteur) is None:
        yield _odd(contrat, "marches_siret_douteux", f"{acheteur_champ}.id", marche.siret_acheteur)
    if len(marche.marche_id_brut) > MAX_ID_CHARS:
        yield _odd(contrat, "marches_identifiant_trop_long", "id", _identifier(marche.marche_id))
    acheteur = _acheteur(contrat.brut)
    is_wrong = not isinstance(acheteur, dict) or isinstance(acheteur.get("id"), Number)
    if not contrat.is_xml and (is_wrong or isinstance(contrat.brut.get("id"), Number)):
        yield _odd(contrat, "marches_type_inattendu", f"{acheteur_champ}.id" if is_wrong else "id")
    if contrat.version == "v1" and not marche.nom_acheteur:
        yield _odd(contrat, "marches_champ_absent", f"{acheteur_champ}.nom")


def _oddities_of_field(contrat: Contrat, champ: Champ, value: Any, nom: str) -> Iterator[Anomaly]:
    if champ.genre == "liste":
        yield from _oddities_of_list(contrat, champ, value, nom)
        return
    if value in (None, "", {}, []):
        yield _odd(contrat, "marches_champ_absent", nom)
        return
    if champ.genre == "objet":
        if not isinstance(value, dict):
            yield _odd(contrat, "marches_type_inattendu", nom)
        return
    text = _text(value)
    if text and champ.genre != "texte" and text.lower() in WRITTEN_ABSENCES and text not in champ.codes:
        yield _odd(contrat, "marches_absence_ecrite", nom)
        return
    if text is None or (not contrat.is_xml and not _is_of_type(champ, value)):
        yield _odd(contrat, "marches_type_inattendu", nom)
    if text:
        yield from _oddities_of_text(contrat, champ, text, nom)


def _is_of_type(champ: Champ, value: Any) -> bool:
    """Whether a JSON value has its field's type; a number written as text is read all the same, and told."""
    if champ.genre == "booleen":
        return isinstance(value, bool)
    is_number = isinstance(value, Number)
    return is_number if champ.genre in ("montant", "duree", "entier", "part") else isinstance(value, str) != is_number


def _oddities_of_text(contrat: Contrat, champ: Champ, text: str, nom: str) -> Iterator[Anomaly]:
    code = None
    if champ.codes:
        code = _vocabulary_problem(text, champ.codes)
    elif champ.genre == "date":
        code = _date_problem(text)
    elif champ.genre == "montant":
        code = _amount_problem(text)
    elif champ.genre == "duree":
        is_plausible = re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= MAX_MONTHS
        code = None if is_plausible else "marches_duree_invalide"
    elif champ.genre == "entier":
        code = None if re.fullmatch(r"[1-9][0-9]{0,4}", text) else "marches_nombre_invalide"
    elif champ.genre == "part":
        code = None if re.fullmatch(r"0|1|[01]?[.,][0-9]+|1[.,]0+", text) else "marches_nombre_invalide"
    elif champ.genre == "cpv":
        code = None if re.fullmatch(r"[0-9]{8}(-[0-9])?", text) else "marches_cpv_invalide"
    elif champ.genre == "booleen" and text.lower() not in ("oui", "non", "true", "false", "0", "1"):
        code = "marches_booleen_invalide"
    if code:
        is_vocabulary = code in ("marches_hors_nomenclature", "marches_variante_nomenclature")
        yield _odd(contrat, code, nom, None if is_vocabulary else _figure(text))


def _date_problem(text: str) -> str | None:
    problem = date_problem(text)
    day = date_of(text)
    if problem is None and day and day.year > LATEST_YEAR:
        problem = "hors_bornes"
    return f"marches_date_{problem}" if problem else None


def _amount_problem(text: str) -> str | None:
    if not is_amount(text):
        return "marches_montant_illisible"
    amount = float(re.sub(r"[ \u00a0\u202f]", "", text).replace(",", "."))
    if amount < 0:
        return "marches_montant_negatif"
    return "marches_montant_invraisemblable" if amount > MAX_AMOUNT_EUR else None


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    """Lower case, no accent, straight apostrophes: what two writings of the same official label have in common."""
    straight = text.replace("’", "'").replace("œ", "oe").lower().strip()
    return "".join(c for c in unicodedata.normalize("NFD", straight) if not unicodedata.combining(c))


def _vocabulary_problem(text: str, codes: tuple[str, ...]) -> str | None:
    if text in codes:
        return None
    known = nomenclature("ref_natures_marche", "libelle_recu") | nomenclature("ref_procedures_marche", "libelle_recu")
    is_variant = text.replace("’", "'").lower() in known or _fold(text[:100]) in {_fold(code) for code in codes}
    return "marches_variante_nomenclature" if is_variant else "marches_hors_nomenclature"


def _oddities_of_list(contrat: Contrat, champ: Champ, value: Any, nom: str) -> Iterator[Anomaly]:
    items = _items(value, champ.singulier)
    if champ.nom not in contrat.brut:
        yield _odd(contrat, "marches_champ_absent", nom)
    elif not items:
        if not champ.peut_etre_vide:
            yield _odd(contrat, "marches_liste_vide", nom)
    elif not contrat.is_xml and not _has_usual_nesting(contrat.version, champ, value):
        yield _odd(contrat, "marches_imbrication_inattendue", nom)
    for item in items:
        if champ.contient_objets != isinstance(item, dict):
            yield _odd(contrat, "marches_type_inattendu", nom)
        elif champ.codes and (code := _vocabulary_problem(_text(item) or "", champ.codes)):
            yield _odd(contrat, code, nom)


def _has_usual_nesting(version: Version, champ: Champ, value: Any) -> bool:
    if not champ.contient_objets:
        return isinstance(value, dict) and isinstance(value.get(champ.singulier), list)
    if not isinstance(value, list):
        return False
    is_wrapped = version == "v2"
    return all(isinstance(item, dict) and (champ.singulier in item) == is_wrapped for item in value)


def _oddities_of_place(contrat: Contrat) -> Iterator[Anomaly]:
    lieu = contrat.brut.get("lieuExecution")
    if not isinstance(lieu, dict) or not lieu:
        return
    names = ("code", "typeCode", "nom") if contrat.version == "v1" else ("code", "typeCode")
    for name in names:
        if not _meaningful(lieu.get(name)):
            yield _odd(contrat, "marches_champ_absent", f"lieuExecution.{name}")
    type_code = _meaningful(lieu.get("typeCode"))
    if type_code and (code := _vocabulary_problem(type_code, TYPES_LIEU)):
        yield _odd(contrat, code, "lieuExecution.typeCode")


def _oddities_of_holder(contrat: Contrat, titulaire: Any, rang: int) -> Iterator[Anomaly]:
    champ = f"titulaires.{rang}"
    if not isinstance(titulaire, dict):
        return
    if not _meaningful(titulaire.get("id")) or not _meaningful(titulaire.get("typeIdentifiant")):
        yield _odd(contrat, "marches_titulaire_incomplet", champ)
    elif code := _vocabulary_problem(_text(titulaire["typeIdentifiant"]) or "", TYPES_IDENTIFIANT[contrat.version]):
        yield _odd(contrat, code, f"{champ}.typeIdentifiant")


def _oddities_of_dates(contrat: Contrat, marche: Marche) -> Iterator[Anomaly]:
    notification, publication = date_of(marche.date_notification), date_of(marche.date_publication)
    if notification and publication and publication < notification:
        valeur = _figure(marche.date_publication)
        yield _odd(contrat, "marches_publication_avant_notification", "datePublicationDonnees", valeur)


_MODIFICATION_AMOUNT = Champ("montant", "montant")
_MODIFICATION_DURATION = Champ("dureeMois", "duree")
_MODIFICATION_DATE = Champ("date", "date")


def _oddities_of_modification(contrat: Contrat, marche: Marche, brut: Any, prefix: str) -> Iterator[Anomaly]:
    if not isinstance(brut, dict):
        return
    if contrat.version == "v2" and not _meaningful(brut.get("id")):
        yield _odd(contrat, "marches_champ_absent", f"{prefix}.id")
    nom_date = "dateSignatureModification" if contrat.type_contrat == "concession" else "dateNotificationModification"
    dated = _first_text(brut, "dateNotificationModification", "dateSignatureModification")
    if dated is None:
        yield _odd(contrat, "marches_modification_sans_date", f"{prefix}.{nom_date}")
    else:
        yield from _oddities_of_text(contrat, _MODIFICATION_DATE, dated, f"{prefix}.{nom_date}")
    day, notification = date_of(dated), date_of(marche.date_notification)
    if day and notification and day < notification:
        yield _odd(contrat, "marches_modification_avant_notification", f"{prefix}.{nom_date}", _figure(dated))
    publication = "datePublicationDonneesModification"
    yield from _oddities_of_field(contrat, _MODIFICATION_DATE, brut.get(publication), f"{prefix}.{publication}")
    for nom in ("montant", "valeurGlobale"):
        if nom in brut:
            yield from _oddities_of_field(contrat, _MODIFICATION_AMOUNT, brut[nom], f"{prefix}.{nom}")
    if "dureeMois" in brut:
        yield from _oddities_of_field(contrat, _MODIFICATION_DURATION, brut["dureeMois"], f"{prefix}.dureeMois")


def _unknown_fields(contrat: Contrat, unknown: set[str], siren: str) -> Iterator[Anomaly]:
    """Name each field that the schema does not know, once per file; its content is dropped."""
    known = {champ.nom for champ in SCHEMAS[contrat.type_contrat, contrat.version]} | AUTRES_CHAMPS
    for nom in contrat.brut.keys() - known - unknown:
        if len(unknown) < MAX_UNKNOWN_FIELDS:
            unknown.add(nom)
            champ = nom if re.fullmatch(r"[A-Za-z_][\w\-]{0,59}", nom) else HIDDEN
            yield Anomaly("avertissement", "marches_champ_inconnu", contrat.ligne, champ, None, siren)


def _recognise_json(head: bytes) -> bool:
    """A JSON object with a `marches` key, its first bytes seen only."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return start.startswith(b"{") and re.search(rb'"marches"\s*:', start) is not None


def _recognise_xml(head: bytes) -> bool:
    name = xml_root_name(head)
    return name is not None and name[1] in ("marches", *TAGS)


SOURCE = Source(
    name="marches",
    version=1,
    formats=(
        Format("DECP JSON", _recognise_json, parse_json),
        Format("DECP XML", _recognise_xml, parse_xml),
    ),
    tables={"marches": Marche, "modifications": Modification},
    codes={
        "marches_json_illisible": "Le fichier JSON est abîmé, incomplet ou trop gros ({valeur}) : "
        "exportez-le de nouveau.",
        "marches_xml_illisible": "Le fichier XML est abîmé ou incomplet ({valeur}) : exportez-le de nouveau.",
        "marches_racine_inattendue": "Le fichier ne contient pas la liste des marchés attendue sous « marches ».",
        "marches_contrat_illisible": "Ce contrat n'est pas décrit champ par champ : il est ignoré.",
        "marches_sans_acheteur": "Le SIRET de l'acheteur manque ({champ}) : le contrat ne peut être rattaché.",
        "marches_acheteur_inconnu": "Le SIRET de l'acheteur « {valeur} » n'est pas un numéro valide de 14 chiffres.",
        "marches_sans_identifiant": "Le contrat n'a pas de numéro (champ « id ») : il est ignoré.",
        "marches_sans_procedure": "La procédure de passation manque : le contrat est ignoré.",
        "marches_sans_date": "Le contrat n'a aucune date lisible, ni notification ni publication : il est ignoré.",
        "marches_siret_douteux": "Le SIREN de l'acheteur est valide, mais les cinq derniers chiffres du SIRET "
        "« {valeur} » sont faux.",
        "marches_identifiant_trop_long": "Le numéro du contrat « {valeur} » dépasse 16 caractères.",
        "marches_champ_absent": "Le champ obligatoire « {champ} » manque ou est vide.",
        "marches_liste_vide": "La liste « {champ} » est vide alors qu'une valeur au moins est attendue.",
        "marches_absence_ecrite": "Le champ « {champ} » contient une mention comme « NC » au lieu d'une valeur.",
        "marches_type_inattendu": "Le champ « {champ} » n'est pas écrit dans le type prévu (texte, nombre, oui/non…).",
        "marches_imbrication_inattendue": "La liste « {champ} » n'est pas construite comme le schéma le prévoit.",
        "marches_hors_nomenclature": "La valeur du champ « {champ} » n'est pas dans la liste officielle.",
        "marches_variante_nomenclature": "La valeur du champ « {champ} » est comprise, mais s'écrit autrement dans la "
        "liste officielle.",
        "marches_date_illisible": "La date « {valeur} » du champ « {champ} » n'est pas une date lisible.",
        "marches_date_hors_bornes": "La date « {valeur} » du champ « {champ} » est invraisemblable.",
        "marches_montant_illisible": "Le montant « {valeur} » du champ « {champ} » n'est pas un nombre.",
        "marches_montant_negatif": "Le montant « {valeur} » du champ « {champ} » est négatif.",
        "marches_montant_invraisemblable": "Le montant « {valeur} » du champ « {champ} » dépasse cent milliards "
        "d'euros : il n'est pas compté.",
        "marches_duree_invalide": "La durée « {valeur} » du champ « {champ} » n'est pas un nombre entier de mois "
        "vraisemblable.",
        "marches_nombre_invalide": "La valeur « {valeur} » du champ « {champ} » n'est pas un nombre permis.",
        "marches_booleen_invalide": "Le champ « {champ} » attend oui ou non.",
        "marches_cpv_invalide": "Le code CPV « {valeur} » n'a pas huit chiffres.",
        "marches_titulaire_incomplet": "Un titulaire est sans identifiant ou sans type d'identifiant ({champ}).",
        "marches_publication_avant_notification": "Les données sont datées d'avant la notification du contrat "
        "({valeur}).",
        "marches_modification_sans_date": "Une modification n'a pas de date ({champ}).",
        "marches_modification_avant_notification": "Une modification est datée ({valeur}) d'avant le contrat.",
        "marches_champ_inconnu": "Le champ « {champ} » n'existe pas dans le schéma : son contenu n'est pas repris.",
        "marches_doublon_exact": "Le contrat « {valeur} » figure deux fois à l'identique : il est compté une fois.",
        "marches_cle_en_double": "Le contrat « {valeur} » figure deux fois avec des contenus différents : le dernier "
        "est retenu.",
    },
)
