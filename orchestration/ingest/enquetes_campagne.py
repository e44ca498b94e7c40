"""The campaign file of a survey: who was asked, when, and what each column of the survey's export means.

A LimeSurvey export says neither its campaign nor its questions' roles, and half of its columns are free text or
personal data. The campaign file, a CSV of ours (`modeles/enquetes/`), is what lets an export be read: no campaign, no
reading. One line per thing said, seven columns: `rubrique;code;libelle;role;service;modalite;valeur`.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import BinaryIO

from orchestration.ingest.outcome import HIDDEN, Anomaly, RejectedFile
from orchestration.ingest.readers import NOMENCLATURES, date_of, decode, read_csv

COLUMNS = ("rubrique", "code", "libelle", "role", "service", "modalite", "valeur")
ATTRIBUTES = (
    "code",
    "libelle",
    "territoire",
    "date_debut",
    "date_fin",
    "public",
    "types_collectivite",
    "population",
    "dimension_poids",
    "document",
)
MANDATORY = ("code", "libelle", "territoire", "date_debut", "date_fin", "public")
# Roles whose answer is chosen in a list; the list is that of the seed `ref_modalites_enquete`.
LISTS = ("statut_service", "type_mutualisation", "satisfaction")
# Roles asked by one box to tick per modality of the list.
BOXES = ("partenaire", "frein", "aide", "besoin")
YES_NO = ("mutualisation", "certificat")
CODED = "code_verbatim"
KEPT_ROLES = (*LISTS, *BOXES, *YES_NO, "siret", "strate", CODED)
# Roles whose content is never read.
DROPPED_ROLES = ("verbatim", "personnelle", "ignoree")
# Publics made of persons or companies: their answers are never tied to an identity.
ANONYMOUS_PUBLICS = frozenset({"entreprises", "usagers"})
TYPES = frozenset({"commune", "epci", "departement", "region", "syndicat", "autre"})
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,59}")


@dataclass(frozen=True, slots=True)
class Campagne:
    """One campaign as described; text as received, but its two days, in ISO."""

    ligne: int
    campagne: str
    libelle: str
    territoire: str
    date_debut: str
    date_fin: str
    public: str
    types_collectivite: str | None
    population: str | None
    dimension_poids: str | None
    document: str | None


@dataclass(frozen=True, slots=True)
class Strate:
    """A part of the population asked: how many it counts in all."""

    ligne: int
    campagne: str
    dimension: str
    modalite: str
    libelle: str
    nb_population: str


@dataclass(frozen=True, slots=True)
class ServiceEnquete:
    """A service that the questionnaire asks about."""

    ligne: int
    campagne: str
    service: str
    libelle: str
    thematique: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """What one column of the export means. `texte` is its full heading, folded."""

    code: str
    texte: str
    role: str
    service: str
    modalite: str


@dataclass(slots=True)
class Description:
    """All that a campaign file says, for the reading of the answers."""

    campagne: Campagne
    strates: list[Strate] = field(default_factory=list)
    services: list[ServiceEnquete] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    # (role or dimension, answer's code or folded text) → code kept.
    reponses: dict[tuple[str, str], str] = field(default_factory=dict)


_Line = tuple[int, dict[str, str]]


@cache
def vocabulary(dimension: str) -> dict[str, str]:
    """Code → label of one list of the seed `ref_modalites_enquete`, which the models read too."""
    with (NOMENCLATURES / "ref_modalites_enquete.csv").open(encoding="utf-8", newline="") as file:
        return {r["modalite"]: r["libelle_modalite"] for r in csv.DictReader(file) if r["dimension"] == dimension}


def fold(text: str) -> str:
    """A heading or an answer without case, accents, double spaces or typographic apostrophes."""
    plain = unicodedata.normalize("NFD", text.replace("’", "'").lower())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def is_campaign(head: bytes) -> bool:
    """Whether a file's first line is the header of a campaign file."""
    text = decode(head[: head.find(b"\n") if b"\n" in head else len(head)])[0]
    return set(COLUMNS) <= {fold(cell.strip().strip('"')) for cell in re.split(r"[;,\t|]", text)}


def describe(raws: Iterable[bytes]) -> dict[str, Description]:
    """The campaigns that files describe, by code; the last file of a campaign wins, a broken one describes none."""
    known: dict[str, Description] = {}
    for raw in raws:
        try:
            description, _ = read_description(BytesIO(raw))
        except RejectedFile:
            continue
        known[description.campagne.campagne] = description
    return known


def parse_campaign(stream: BinaryIO) -> Iterator[Campagne | Strate | ServiceEnquete | Anomaly]:
    """Yield what a campaign file says, then its anomalies."""
    description, anomalies = read_description(stream)
    yield description.campagne
    yield from description.strates
    yield from description.services
    yield from anomalies


def read_description(stream: BinaryIO) -> tuple[Description, list[Anomaly]]:
    """A campaign file and its anomalies; raises `RejectedFile` when the campaign itself can't be told."""
    try:
        table = read_csv(stream, "enquetes_illisible")
        names = [fold(name) for name in table.header]
        lines = [(n, dict(zip(names, (c.strip() for c in cells), strict=False))) for n, cells in table.rows]
    except csv.Error as error:
        raise RejectedFile("enquetes_illisible") from error
    lines = [(n, dict.fromkeys(COLUMNS, "") | line) for n, line in lines]
    description = Description(_campaign(lines))
    anomalies: list[Anomaly] = []
    for ligne, line in lines:
        add = _READERS.get(fold(line["rubrique"]))
        anomaly = add(description, ligne, line) if add else ("enquetes_campagne_rubrique_inconnue", "rubrique")
        if anomaly:
            anomalies.append(Anomaly("rejet", anomaly[0], ligne, anomaly[1], _code(line[anomaly[1]])))
    if not description.questions and not description.strates:
        raise RejectedFile("enquetes_campagne_sans_question")
    return description, anomalies


def _code(text: str) -> str | None:
    return text if CODE.fullmatch(text) else HIDDEN if text else None


def _campaign(lines: list[_Line]) -> Campagne:
    """The campaign of a file, from its lines `campagne`."""
    said = [(n, fold(line["code"]), line["valeur"]) for n, line in lines if fold(line["rubrique"]) == "campagne"]
    attributes = {name: value for _, name, value in said}
    if missing := [name for name in MANDATORY if not attributes.get(name)]:
        raise RejectedFile("enquetes_campagne_incomplete", champ=", ".join(missing))
    if not CODE.fullmatch(attributes["code"]):
        raise RejectedFile("enquetes_campagne_incomplete", champ="code")
    if attributes["public"] not in vocabulary("public"):
        raise RejectedFile("enquetes_campagne_public_inconnu", champ="public", valeur=_code(attributes["public"]) or "")
    start, end = date_of(attributes["date_debut"]), date_of(attributes["date_fin"])
    if start is None or end is None or end < start:
        raise RejectedFile("enquetes_campagne_dates_fausses", champ="date_debut")
    types = re.split(r"[,; ]+", attributes.get("types_collectivite", "").lower())
    days = {"date_debut": start.isoformat(), "date_fin": end.isoformat()}
    optional = {name: attributes.get(name) or None for name in ("population", "dimension_poids", "document")}
    return Campagne(
        ligne=said[0][0],
        campagne=attributes["code"],
        types_collectivite=",".join(sorted(set(types) & TYPES)) or None,
        **({name: attributes[name] for name in MANDATORY[1:]} | days | optional),
    )


_Problem = tuple[str, str] | None


def _add_attribute(description: Description, ligne: int, line: dict[str, str]) -> _Problem:
    known = fold(line["code"]) in ATTRIBUTES
    return None if known else ("enquetes_campagne_rubrique_inconnue", "code")


def _add_stratum(description: Description, ligne: int, line: dict[str, str]) -> _Problem:
    if not CODE.fullmatch(line["code"]) or not CODE.fullmatch(line["role"]):
        return ("enquetes_campagne_code_illisible", "code")
    effectif = re.sub(r"[ \u00a0\u202f]", "", line["valeur"])
    if not re.fullmatch(r"[0-9]{1,9}", effectif):
        return ("enquetes_campagne_effectif_illisible", "valeur")
    code = description.campagne.campagne
    description.strates.append(Strate(ligne, code, line["role"], line["code"], line["libelle"], effectif))
    for text in (line["code"], line["libelle"]):
        description.reponses[line["role"], fold(text)] = line["code"]
    return None


def _add_service(description: Description, ligne: int, line: dict[str, str]) -> _Problem:
    if not CODE.fullmatch(line["code"]):
        return ("enquetes_campagne_code_illisible", "code")
    if line["code"] in {service.service for service in description.services}:
        return ("enquetes_campagne_code_en_double", "code")
    service = ServiceEnquete(
        ligne, description.campagne.campagne, line["code"], line["libelle"], line["modalite"] or None
    )
    description.services.append(service)
    return None


def _add_question(description: Description, ligne: int, line: dict[str, str]) -> _Problem:
    role = fold(line["role"])
    if role not in KEPT_ROLES + DROPPED_ROLES:
        return ("enquetes_campagne_role_inconnu", "role")
    if not line["code"] or line["code"] in {question.code for question in description.questions}:
        return ("enquetes_campagne_code_en_double", "code")
    if role == "siret" and description.campagne.public in ANONYMOUS_PUBLICS:
        return ("enquetes_identite_interdite", "code")
    if role in BOXES and line["modalite"] not in vocabulary(role):
        return ("enquetes_campagne_modalite_inconnue", "modalite")
    question = Question(line["code"], fold(line["libelle"]), role, line["service"], line["modalite"])
    description.questions.append(question)
    return None


def _add_answer(description: Description, ligne: int, line: dict[str, str]) -> _Problem:
    role = fold(line["role"])
    allowed = {"oui": "", "non": ""} if role in YES_NO + BOXES else vocabulary(role)
    if line["modalite"] not in allowed:
        return ("enquetes_campagne_modalite_inconnue", "modalite")
    for text in filter(None, (line["code"], line["libelle"])):
        description.reponses[role, fold(text)] = line["modalite"]
    return None


_READERS = {
    "campagne": _add_attribute,
    "strate": _add_stratum,
    "service": _add_service,
    "question": _add_question,
    "reponse": _add_answer,
}
