"""Pastell: what passes through the platform's services, as its CSV exports tell it.

Three exports (Libriciel Pastell 2 to 4, PHP `fputcsv`: `,`, quotes, line feeds; the announced latin-1 is UTF-8 in
recent versions):

- documents, one line each: ENTITE, ID_D, TYPE, TITRE, DERNIERE ACTION, DATE DERNIERE ACTION, then the fields that the
  flux indexes, whose labels vary. No SIREN: the entity's name is all there is, unless ID_E or SIREN was asked for;
- entities: ID_E, SIREN, DENOMINATION, TYPE, DATE INSCRIPTION, ACTIVE, CENTRE DE GESTION. Departments of a collectivité
  have no SIREN of their own;
- journal, one line per event: 16 columns from the web page, 18 from the API, 17 since version 4 (a proof of 4 kB is
  added), with or without a header; the cell of a message may span lines.

Titles, messages, proofs, logins and names are not kept; a user's number is hashed, and only serves to count users.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import BinaryIO

from orchestration.ingest.outcome import HIDDEN, Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.readers import (
    Table,
    date_of,
    date_problem,
    decode,
    nomenclature,
    read_csv,
    siren_of,
)

# Beyond it a year is a typing error, whatever the day the file is read.
LATEST_YEAR = 2099
MAX_UNKNOWN_COLUMNS = 100
ENOUGH_COLUMNS_TO_RECOGNISE = 4

# What each column may be called, once folded → the name of the record's field.
DOCUMENTS = {
    "entite": "entite",
    "id_e": "id_entite",
    "siren": "siren",
    "id_d": "id_document",
    "type": "flux",
    "derniere_action": "derniere_action",
    "date_derniere_action": "date_derniere_action",
    "numero_de_lacte": "numero_acte",
    "numero_de_l_acte": "numero_acte",
}
ENTITES = {
    "id_e": "id_entite",
    "siren": "siren",
    "denomination": "denomination",
    "type": "type_entite",
    "date_inscription": "date_inscription",
    "active": "est_active",
}
JOURNAL = {
    "id_j": "id_journal",
    "id_journal": "id_journal",
    "type": "type_evenement",
    "id_e": "id_entite",
    "id_entite": "id_entite",
    "id_u": "id_utilisateur",
    "id_utilisateur": "id_utilisateur",
    "id_d": "id_document",
    "id_document": "id_document",
    "action": "action",
    "date": "date",
    "document_type": "flux",
    "type_document": "flux",
    "siren": "siren",
    "collectivite_siren": "siren",
}
# Known, read over and never kept: texts, names, proofs.
DROPPED = frozenset(
    {
        "titre",
        "message",
        "horodatage",
        "date_horodatage",
        "message_horodate",
        "preuve_tsr_base64",
        "numero_acte",
        "collectivite_libelle",
        "denomination",
        "entite",
        "utilisateur_nom",
        "utilisateur_prenom",
        "nom",
        "prenom",
        "document_type_libelle",
        "action_libelle",
        "centre_de_gestion",
    }
)
MANDATORY = {
    "documents": ("id_document", "flux", "derniere_action", "date_derniere_action"),
    "entites": ("id_entite", "siren", "denomination"),
    "journal": ("id_journal", "type_evenement", "id_entite", "id_utilisateur", "id_document", "action", "date", "flux"),
}
_JOURNAL_START = ("id_j", "type", "id_e", "id_u", "id_d", "action", "message", "date")
_JOURNAL_END = ("date_horodatage", "message_horodate", "document_type", "titre", "denomination", "nom", "prenom")
# A journal without header is told by its number of columns: web page, version 4, API.
JOURNAL_BY_POSITION = {
    16: [*_JOURNAL_START, *_JOURNAL_END, "siren"],
    17: [*_JOURNAL_START, "preuve_tsr_base64", *_JOURNAL_END, "siren"],
    18: [*_JOURNAL_START, *_JOURNAL_END, "siren", "document_type_libelle", "action_libelle"],
}
EVENT_TYPES = frozenset(str(n) for n in range(1, 12))
AUTOMATON = "0"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of an export; text as received. `numero_acte` only where the flux indexes it."""

    ligne: int
    entite: str | None
    id_entite: str | None
    siren: str | None
    id_document: str
    flux: str | None
    derniere_action: str | None
    date_derniere_action: str | None
    numero_acte: str | None


@dataclass(frozen=True, slots=True)
class Entite:
    """One entity: the only place where a name meets a SIREN."""

    ligne: int
    id_entite: str
    siren: str | None
    denomination: str | None
    type_entite: str | None
    date_inscription: str | None
    est_active: str | None


@dataclass(frozen=True, slots=True)
class Evenement:
    """One line of the journal; `utilisateur_hache` is None when a machine acted."""

    ligne: int
    id_journal: str
    type_evenement: str
    id_entite: str | None
    siren: str | None
    utilisateur_hache: str | None
    id_document: str | None
    flux: str | None
    action: str | None
    date: str | None


Record = Document | Entite | Evenement
Reader = Callable[[int, dict[str, str | None]], Record | Anomaly]


def parse_documents(stream: BinaryIO) -> Iterator[Record | Anomaly | Emitter]:
    """Yield the documents of an export."""
    yield from _parse(stream, "documents", DOCUMENTS)


def parse_entites(stream: BinaryIO) -> Iterator[Record | Anomaly | Emitter]:
    """Yield the entities of an export."""
    yield from _parse(stream, "entites", ENTITES)


def parse_journal(stream: BinaryIO) -> Iterator[Record | Anomaly | Emitter]:
    """Yield the events of a journal, in any of its four shapes."""
    yield from _parse(stream, "journal", JOURNAL)


def _parse(stream: BinaryIO, kind: str, columns: dict[str, str]) -> Iterator[Record | Anomaly | Emitter]:
    try:
        yield from _outcomes(stream, kind, columns)
    except csv.Error as error:
        # A quote never closed swallows the lines that follow, until a cell passes the reader's bound.
        raise RejectedFile("services_illisible") from error


def _outcomes(stream: BinaryIO, kind: str, columns: dict[str, str]) -> Iterator[Record | Anomaly | Emitter]:
    table, names = _table(stream, kind)
    fields = [columns.get(name, "") for name in names]
    if missing := [field for field in MANDATORY[kind] if field not in fields]:
        raise RejectedFile("services_colonne_obligatoire_absente", champ=", ".join(missing))
    if twice := next((field for field in fields if field and fields.count(field) > 1), None):
        raise RejectedFile("services_colonne_en_double", champ=twice)
    yield from _oddities_of_header(table, kind, names, columns)
    read = READERS[kind]
    sirens: set[str] = set()
    for ligne, cells in table.rows:
        for outcome in _line(ligne, fields, cells, read):
            if not isinstance(outcome, Anomaly) and outcome.siren:
                sirens.add(outcome.siren)
            yield outcome
    if len(sirens) == 1:
        yield Emitter(sirens.pop())


def _table(stream: BinaryIO, kind: str) -> tuple[Table, list[str]]:
    """The rows of a file and the folded names of its columns, which a journal may not write."""
    if kind == "journal":
        first = _first_row(stream.read(1 << 16))
        stream.seek(0)
        if _is_event(first):
            return read_csv(stream, "services_illisible", header=False), JOURNAL_BY_POSITION[len(first)]
    table = read_csv(stream, "services_illisible")
    return table, [_fold(name) for name in table.header]


def _fold(name: str) -> str:
    """A column name without case, accents, apostrophes or signs: `preuve tsr (base64)` is `preuve_tsr_base64`."""
    plain = unicodedata.normalize("NFD", name.strip().strip("\ufeff").lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def _oddities_of_header(table: Table, kind: str, names: list[str], columns: dict[str, str]) -> Iterator[Anomaly]:
    if table.encoding == "latin-1":
        yield Anomaly("avertissement", "services_encodage_douteux", 0)
    if kind == "documents":
        # What follows the last action is the flux's own fields: expected there, whatever their names.
        names = names[: names.index("date_derniere_action")]
    unknown = [name for name in names if name and name not in columns and name not in DROPPED]
    for name in unknown[:MAX_UNKNOWN_COLUMNS]:
        champ = name if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name) else HIDDEN
        yield Anomaly("avertissement", "services_colonne_inconnue", 0, champ)


def _line(ligne: int, fields: list[str], cells: list[str], read: Reader) -> Iterator[Record | Anomaly]:
    """The record of a line and its oddities, or why it is none."""
    if len(cells) < len(fields) or any(cell.strip() for cell in cells[len(fields) :]):
        yield Anomaly("rejet", "services_nombre_de_cellules", ligne, "", str(len(cells)))
        return
    values = {field: cell.strip() or None for field, cell in zip(fields, cells, strict=False) if field}
    raw_siren = values.get("siren")
    values["siren"] = siren_of(raw_siren)
    record = read(ligne, values)
    yield record
    if isinstance(record, Anomaly):
        return
    if raw_siren and record.siren is None:
        yield _odd(record, "services_siren_invalide", "siren", _identifier(raw_siren))
    if any("\ufffd" in value for value in values.values() if value):
        yield _odd(record, "services_caracteres_perdus")
    yield from _oddities(record, values)


def _document(ligne: int, values: dict[str, str | None]) -> Document | Anomaly:
    id_document = _document_id(values.get("id_document"))
    if id_document is None:
        return Anomaly("rejet", "services_sans_document", ligne, "ID_D", None, values["siren"])
    return Document(
        ligne=ligne,
        entite=values.get("entite"),
        id_entite=_number(values.get("id_entite")),
        siren=values["siren"],
        id_document=id_document,
        flux=_code(values.get("flux")),
        derniere_action=_code(values.get("derniere_action")),
        date_derniere_action=_date(values.get("date_derniere_action")),
        numero_acte=_code(values.get("numero_acte")),
    )


def _entite(ligne: int, values: dict[str, str | None]) -> Entite | Anomaly:
    id_entite = _number(values.get("id_entite"))
    if id_entite is None:
        return Anomaly("rejet", "services_sans_entite", ligne, "ID_E", None, values["siren"])
    return Entite(
        ligne=ligne,
        id_entite=id_entite,
        siren=values["siren"],
        denomination=values.get("denomination"),
        type_entite=_code(values.get("type_entite")),
        date_inscription=_date(values.get("date_inscription")),
        est_active=_code(values.get("est_active")),
    )


def _evenement(ligne: int, values: dict[str, str | None]) -> Evenement | Anomaly:
    id_journal, type_evenement = _number(values.get("id_journal")), values.get("type_evenement")
    if id_journal is None:
        return Anomaly("rejet", "services_sans_numero", ligne, "id_j", None, values["siren"])
    if type_evenement not in EVENT_TYPES:
        valeur = _identifier(type_evenement or "")
        return Anomaly("rejet", "services_evenement_inconnu", ligne, "type", valeur, values["siren"])
    return Evenement(
        ligne=ligne,
        id_journal=id_journal,
        type_evenement=type_evenement,
        id_entite=_number(values.get("id_entite")),
        siren=values["siren"],
        utilisateur_hache=_hashed(_number(values.get("id_utilisateur"))),
        id_document=_document_id(values.get("id_document")),
        flux=_code(values.get("flux")),
        action=_code(values.get("action")),
        date=_date(values.get("date")),
    )


READERS: dict[str, Reader] = {"documents": _document, "entites": _entite, "journal": _evenement}


@lru_cache(maxsize=1 << 14)
def _hashed(id_utilisateur: str | None) -> str | None:
    """A stand-in for a user's number; None when nobody or a machine acted."""
    if id_utilisateur in (None, AUTOMATON):
        return None
    return sha256(f"pastell {id_utilisateur}".encode()).hexdigest()[:16]


def _document_id(text: str | None) -> str | None:
    """Seven characters until version 3, a UUID since; None for what can't be one (`0` is no document)."""
    return text if text and text != "0" and re.fullmatch(r"[0-9A-Za-z\-]{5,36}", text) else None


def _number(text: str | None) -> str | None:
    return text if text and re.fullmatch(r"[0-9]{1,18}", text) else None


@lru_cache(maxsize=1 << 12)
def _code(text: str | None) -> str | None:
    """A word of the platform's vocabulary; a sentence is not one and is not kept."""
    return text if text and re.fullmatch(r"[\w.\-]{1,60}( ?/ ?[\w.\-]{1,20})?", text) else None


def _date(text: str | None) -> str | None:
    """A date and its time: nothing else is kept of the cell."""
    return text if text and re.fullmatch(r"[0-9TZ :/+.\-]{1,40}", text) else None


def _identifier(text: str) -> str | None:
    """An identifier that an anomaly may carry: nothing that reads like a sentence or a name."""
    return text if re.fullmatch(r"(?=.*[0-9])[0-9A-Za-z_./ \-]{1,30}", text) else HIDDEN if text else None


def _odd(record: Record, code: str, champ: str = "", valeur: str | None = None) -> Anomaly:
    return Anomaly("avertissement", code, record.ligne, champ, valeur, record.siren)


def _oddities(record: Record, values: dict[str, str | None]) -> Iterator[Anomaly]:
    """What is odd in a record that lands."""
    if isinstance(record, Entite):
        yield from _oddities_of_date(record, "DATE INSCRIPTION", values.get("date_inscription"))
        return
    is_document = isinstance(record, Document)
    name = "date_derniere_action" if is_document else "date"
    if not values.get(name):
        yield _odd(record, "services_sans_date", name)
    yield from _oddities_of_date(record, name, values.get(name))
    if record.flux is None and is_document:
        yield _odd(record, "services_sans_flux", "TYPE")
    elif record.flux and record.flux not in nomenclature("ref_flux_pastell", "flux"):
        yield _odd(record, "services_flux_inconnu", "TYPE" if is_document else "type_document", record.flux)
    if is_document and not (record.entite or record.id_entite or record.siren):
        yield _odd(record, "services_document_sans_entite", "ENTITE")
    if not is_document and values.get("id_utilisateur") and _number(values["id_utilisateur"]) is None:
        yield _odd(record, "services_utilisateur_illisible", "id_u")
    word = values.get("derniere_action" if is_document else "action")
    if word and _code(word) is None:
        yield _odd(record, "services_action_illisible", "action")


def _oddities_of_date(record: Record, champ: str, text: str | None) -> Iterator[Anomaly]:
    problem = date_problem(text)
    day = date_of(text)
    if problem is None and day and day.year > LATEST_YEAR:
        problem = "hors_bornes"
    if problem:
        yield _odd(record, f"services_date_{problem}", champ, _date(text) or HIDDEN)


# --- recognition ------------------------------------------------------------------------------------------------------


def _first_row(head: bytes) -> list[str]:
    """The first row of a file's first bytes, separator `,` or `;`; empty when it is no row."""
    text = decode(head)[0].lstrip("\r\n")
    first_line = text.split("\n", 1)[0]
    separator = max(",;", key=first_line.count)
    csv.field_size_limit(1 << 20)
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        return []


def _is_event(cells: list[str]) -> bool:
    """Whether a row can only be a line of the journal: numbers and a date where they should be."""
    if len(cells) not in JOURNAL_BY_POSITION:
        return False
    are_numbers = all(_number(cells[i].strip()) for i in (0, 2))
    return are_numbers and cells[1].strip() in EVENT_TYPES and date_of(cells[7]) is not None


def _holds(head: bytes, *own: str) -> bool:
    names = {_fold(cell) for cell in _first_row(head)}
    return len(names & set(own)) >= ENOUGH_COLUMNS_TO_RECOGNISE


def _recognise_documents(head: bytes) -> bool:
    return _holds(head, "entite", "id_d", "titre", "derniere_action", "date_derniere_action")


def _recognise_entites(head: bytes) -> bool:
    return _holds(head, "id_e", "denomination", "date_inscription", "active", "centre_de_gestion")


def _recognise_journal(head: bytes) -> bool:
    if _is_event(_first_row(head)):
        return True
    api = ("id_j", "id_u", "id_d", "message_horodate", "document_type", "date_horodatage")
    web = ("id_journal", "id_utilisateur", "id_document", "message_horodate", "type_document", "collectivite_siren")
    return _holds(head, *api) or _holds(head, *web)


SOURCE = Source(
    name="services",
    version=1,
    formats=(
        Format("Export de documents Pastell", _recognise_documents, parse_documents),
        Format("Export d'entités Pastell", _recognise_entites, parse_entites),
        Format("Journal Pastell", _recognise_journal, parse_journal),
    ),
    tables={"documents": Document, "entites": Entite, "journal": Evenement},
    codes={
        "services_illisible": "Le fichier ne se lit pas comme un tableau CSV : exportez-le de nouveau, sans l'ouvrir "
        "dans un autre logiciel.",
        "services_colonne_obligatoire_absente": "Il manque dans l'en-tête : {champ}. Sans cela, les lignes ne peuvent "
        "être comptées.",
        "services_colonne_en_double": "La colonne « {champ} » figure deux fois dans l'en-tête : on ne sait laquelle "
        "lire.",
        "services_nombre_de_cellules": "La ligne a {valeur} cellules, ce qui ne correspond pas aux colonnes : un "
        "guillemet ou une virgule se trouve sans doute dans un texte.",
        "services_sans_document": "L'identifiant du document (ID_D) manque ou n'en est pas un : la ligne est ignorée.",
        "services_sans_entite": "Le numéro de l'entité (ID_E) manque ou n'en est pas un : la ligne est ignorée.",
        "services_sans_numero": "Le numéro de l'événement manque ou n'en est pas un : la ligne du journal est ignorée.",
        "services_evenement_inconnu": "Le type d'événement « {valeur} » n'est pas un de ceux du journal (1 à 11) : la "
        "ligne est ignorée.",
        "services_siren_invalide": "Le SIREN « {valeur} » n'est pas un numéro valide : la ligne ne sera rattachée que "
        "si l'entité est connue par ailleurs.",
        "services_document_sans_entite": "Le document ne dit pas à quelle entité il appartient : il ne sera rattaché "
        "que si le journal le connaît.",
        "services_sans_flux": "Le type du document manque : il n'est compté dans aucun service.",
        "services_flux_inconnu": "Le flux « {valeur} » n'est relié à aucun service (nomenclature ref_flux_pastell).",
        "services_sans_date": "La date manque : la ligne n'est rattachée à aucun mois.",
        "services_date_illisible": "La date « {valeur} » de la colonne « {champ} » n'est pas lisible.",
        "services_date_hors_bornes": "La date « {valeur} » de la colonne « {champ} » est invraisemblable.",
        "services_action_illisible": "L'action n'est pas un mot de la plate-forme : elle n'est pas reprise.",
        "services_utilisateur_illisible": "Le numéro d'utilisateur n'en est pas un : il n'est ni repris ni compté.",
        "services_colonne_inconnue": "La colonne « {champ} » n'est pas attendue : son contenu n'est pas repris.",
        "services_encodage_douteux": "L'encodage du fichier n'est pas reconnu : des accents peuvent être faux.",
        "services_caracteres_perdus": "Des caractères ont été perdus avant l'envoi (� à la place des accents).",
    },
)
