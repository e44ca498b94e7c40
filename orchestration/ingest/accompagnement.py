"""Support to the collectivités: events and trainings, who came to them, help-desk tickets. Three CSV kept by hand.

`evenements` one line per event; `participations` one line per event and collectivité; `tickets` one line per
collectivité, service and month (`;` or `,`, UTF-8 or cp1252, columns in any order, templates in modeles/). Each file
tells the whole of what it lists: the last line received for a key wins.

Nothing here names anyone: titles and places are free text and are not kept, the content of an unknown column neither.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, BinaryIO

from orchestration.ingest.outcome import HIDDEN, Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.readers import Table, date_of, date_problem, decode, nomenclature, read_csv, siren_of
from orchestration.ingest.retours import mois_of

TYPES = nomenclature("ref_types_evenement", "type_evenement")
THEMES = nomenclature("ref_themes_evenement", "theme")
SERVICES = nomenclature("ref_services", "code_service") | {"autre"}
"""The eight services of the platform; `autre` is a ticket about none of them (an account, a question of principle)."""
LATEST_YEAR = 2099
MAX_COUNT = 10_000
MAX_HOURS = 5_000
MAX_UNKNOWN_COLUMNS = 100
LOST = "\ufffd"


@dataclass(frozen=True, slots=True)
class Evenement:
    """One event; known codes only, dates and numbers as received."""

    ligne: int
    id_evenement: str
    type_evenement: str | None
    theme: str | None
    date_evenement: str | None
    duree_heures: str | None
    code_obligation: str | None
    code_departement: str | None


@dataclass(frozen=True, slots=True)
class Participation:
    """One collectivité at one event: how many people came, never who."""

    ligne: int
    id_evenement: str
    siren: str
    nb_participants: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """Help-desk tickets opened by one collectivité, about one service, in one month."""

    ligne: int
    mois: str
    siren: str
    code_service: str
    nb_tickets: str
    delai_median_heures: str | None


@dataclass(frozen=True, slots=True)
class Tableau:
    """One of the three files: its template, its columns (`non_conservees` are dropped), its record and its key."""

    nom: str
    modele: str
    colonnes: tuple[str, ...]
    obligatoires: tuple[str, ...]
    non_conservees: frozenset[str]
    cle: tuple[str, ...]
    record: Callable[[int, dict[str, str]], Any]


def parse(tableau: Tableau, stream: BinaryIO) -> Iterator[Any]:
    """Yield the records of one of the three files."""
    try:
        yield from _outcomes(tableau, read_csv(stream, "accompagnement_illisible"))
    except csv.Error as error:
        # A quote never closed swallows the lines that follow, until a cell passes the reader's bound.
        raise RejectedFile("accompagnement_illisible") from error


def _outcomes(tableau: Tableau, table: Table) -> Iterator[Any]:
    names = [_fold(cell) for cell in table.header]
    if missing := [name for name in tableau.obligatoires if name not in names]:
        raise RejectedFile("accompagnement_colonne_obligatoire_absente", champ=", ".join(missing))
    if twice := next((name for name in tableau.colonnes if names.count(name) > 1), None):
        raise RejectedFile("accompagnement_colonne_en_double", champ=twice)
    yield from _oddities_of_header(tableau, table, names)
    seen: dict[tuple[str, ...], tuple[str | None, ...]] = {}
    sirens: set[str] = set()
    for ligne, cells in table.rows:
        outcome = _record(tableau, ligne, names, cells)
        if isinstance(outcome, Anomaly):
            yield outcome
            continue
        sirens.add(getattr(outcome, "siren", ""))
        duplicate = _duplicate(tableau, outcome, seen)
        if duplicate:
            yield duplicate
        if not duplicate or duplicate.code != "accompagnement_ligne_repetee":
            yield outcome
            yield from _oddities(outcome, dict(zip(names, cells, strict=False)))
    if len(sirens) == 1 and "" not in sirens:
        yield Emitter(sirens.pop())


def _fold(text: str) -> str:
    """A column name or a code without case, accents or spaces around."""
    plain = unicodedata.normalize("NFD", text.strip().strip("\ufeff").lower())
    return "_".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _oddities_of_header(tableau: Tableau, table: Table, names: list[str]) -> Iterator[Anomaly]:
    if table.encoding == "latin-1":
        yield Anomaly("avertissement", "accompagnement_encodage_douteux", 0)
    for name in tableau.colonnes:
        if name not in names and name not in tableau.non_conservees:
            yield Anomaly("avertissement", "accompagnement_colonne_absente", 0, name)
    unknown = [name for name in names if name and name not in tableau.colonnes]
    for name in unknown[:MAX_UNKNOWN_COLUMNS]:
        champ = name if re.fullmatch(r"[a-z][a-z0-9_\-]{0,59}", name) else HIDDEN
        yield Anomaly("avertissement", "accompagnement_colonne_inconnue", 0, champ)


def _record(tableau: Tableau, ligne: int, names: list[str], cells: list[str]) -> Any:
    """The record of a line, or why it is none."""
    if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
        return Anomaly("rejet", "accompagnement_nombre_de_cellules", ligne, "", str(len(cells)))
    values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name in tableau.colonnes}
    return tableau.record(ligne, values)


# --- The three records ------------------------------------------------------------------------------------------------


def _evenement(ligne: int, values: dict[str, str]) -> Evenement | Anomaly:
    if not _is_identifier(values["id_evenement"]):
        return Anomaly("rejet", "accompagnement_sans_evenement", ligne, "id_evenement")
    obligation = values.get("obligation", "").upper()
    departement = values.get("departement", "").upper()
    return Evenement(
        ligne=ligne,
        id_evenement=values["id_evenement"],
        type_evenement=_code(values.get("type"), TYPES),
        theme=_code(values.get("theme"), THEMES),
        date_evenement=values["date"] if date_of(values["date"]) else None,
        duree_heures=_figure_or_none(values.get("duree_heures")),
        code_obligation=obligation if re.fullmatch("E[0-9]{2}", obligation) else None,
        code_departement=departement if _is_department(departement) else None,
    )


def _participation(ligne: int, values: dict[str, str]) -> Participation | Anomaly:
    if not _is_identifier(values["id_evenement"]):
        return Anomaly("rejet", "accompagnement_sans_evenement", ligne, "id_evenement")
    siren = siren_of(values["siren"])
    if siren is None:
        return Anomaly("rejet", "accompagnement_siren_invalide", ligne, "siren", _shown(values["siren"]))
    number = _figure_or_none(values.get("nb_participants"))
    return Participation(ligne, values["id_evenement"], siren, number)


def _ticket(ligne: int, values: dict[str, str]) -> Ticket | Anomaly:
    siren = siren_of(values["siren"])
    if siren is None:
        return Anomaly("rejet", "accompagnement_siren_invalide", ligne, "siren", _shown(values["siren"]))
    if mois_of(values["mois"]) is None:
        return Anomaly("rejet", "accompagnement_mois_illisible", ligne, "mois", _shown(values["mois"]), siren)
    service = _code(values["service"], SERVICES)
    if service is None:
        return Anomaly("rejet", "accompagnement_service_inconnu", ligne, "service", _shown(values["service"]), siren)
    if problem := _count_problem(values["nb_tickets"] or "?", MAX_COUNT):
        return Anomaly("rejet", problem, ligne, "nb_tickets", _shown(values["nb_tickets"]), siren)
    delay = _figure_or_none(values.get("delai_median_heures"))
    return Ticket(ligne, values["mois"], siren, service, values["nb_tickets"], delay)


def _is_identifier(text: str) -> bool:
    """An event's identifier is a code: a sentence, or a name, is none."""
    return bool(re.fullmatch(r"(?=.*[0-9])[0-9A-Za-z_./\-]{1,40}", text))


def _is_department(text: str) -> bool:
    return bool(re.fullmatch("[0-9]{2,3}|2[AB]", text))


def _code(text: str | None, codes: frozenset[str]) -> str | None:
    folded = _fold(text or "")
    return folded if folded in codes else None


def _figure_or_none(text: str | None) -> str | None:
    """A number as received, or None: free text does not land."""
    return text if text and re.fullmatch(r"-?[0-9][0-9 .,\u00a0\u202f]{0,19}", text) else None


def _shown(text: str) -> str | None:
    """What an anomaly may carry of a cell: nothing that reads like a sentence or a name."""
    return text if re.fullmatch(r"(?=.*[0-9])[0-9A-Za-z_./:,+ \-]{1,20}", text) else HIDDEN if text else None


# --- What is odd ------------------------------------------------------------------------------------------------------


def _duplicate(tableau: Tableau, record: Any, seen: dict[tuple[str, ...], tuple[str | None, ...]]) -> Anomaly | None:
    """Tell a key already read in this file: the same content is said and dropped, another content is kept."""
    key = tuple(getattr(record, name) for name in tableau.cle)
    content = tuple(getattr(record, field.name) for field in fields(record) if field.name != "ligne")
    before = seen.get(key)
    seen[key] = content
    if before is None:
        return None
    code = "accompagnement_ligne_repetee" if before == content else "accompagnement_cle_en_double"
    return _odd(record, code, tableau.cle[0], str(key[0]))


def _odd(record: Any, code: str, champ: str, valeur: str | None = None) -> Anomaly:
    return Anomaly("avertissement", code, record.ligne, champ, valeur, getattr(record, "siren", None))


def _oddities(record: Any, values: dict[str, str]) -> Iterator[Anomaly]:
    """Everything odd in a line that lands, column by column; `values` are the cells as received."""
    if any(LOST in cell for cell in values.values()):
        yield _odd(record, "accompagnement_caracteres_perdus", "")
    for champ, problem_of in CONTROLES[type(record)]:
        text = values.get(champ, "").strip()
        if code := problem_of(text):
            yield _odd(record, code, champ, _shown(text))


def _event_date_problem(text: str) -> str | None:
    if not text:
        return "accompagnement_sans_date"
    problem, day = date_problem(text), date_of(text)
    if problem is None and (day is None or day.year > LATEST_YEAR):
        problem = "hors_bornes"
    return f"accompagnement_date_{problem}" if problem else None


def _code_problem(codes: frozenset[str], code: str, text: str) -> str | None:
    return code if text and _code(text, codes) is None else None


def _obligation_problem(text: str) -> str | None:
    return None if re.fullmatch("(E[0-9]{2})?", text.upper()) else "accompagnement_obligation_inconnue"


def _department_problem(text: str) -> str | None:
    return None if not text or _is_department(text.upper()) else "accompagnement_departement_illisible"


def _count_problem(text: str, maximum: int) -> str | None:
    """Why a text is not a count between 0 and `maximum`; an empty one is unknown, and no problem."""
    digits = re.sub(r"[ \u00a0\u202f]", "", text)
    if not digits:
        return None
    if not re.fullmatch("-?[0-9]{1,18}", digits):
        return "accompagnement_nombre_illisible"
    if int(digits) < 0:
        return "accompagnement_nombre_negatif"
    return "accompagnement_nombre_invraisemblable" if int(digits) > maximum else None


def _hours_problem(text: str) -> str | None:
    digits = re.sub(r"[ \u00a0\u202f]", "", text).replace(",", ".")
    if not digits:
        return None
    if not re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,4})?", digits):
        return "accompagnement_nombre_illisible"
    return None if 0 <= float(digits) <= MAX_HOURS else "accompagnement_duree_invraisemblable"


def _participants_problem(text: str) -> str | None:
    return _count_problem(text, MAX_COUNT) if text else "accompagnement_sans_nombre"


CONTROLES: dict[type, tuple[tuple[str, Callable[[str], str | None]], ...]] = {
    Evenement: (
        ("date", _event_date_problem),
        ("type", partial(_code_problem, TYPES, "accompagnement_type_inconnu")),
        ("theme", partial(_code_problem, THEMES, "accompagnement_theme_inconnu")),
        ("obligation", _obligation_problem),
        ("duree_heures", _hours_problem),
        ("departement", _department_problem),
    ),
    Participation: (("nb_participants", _participants_problem),),
    Ticket: (("delai_median_heures", _hours_problem),),
}

EVENEMENTS = Tableau(
    nom="CSV des événements",
    modele="evenements",
    colonnes=(
        "id_evenement",
        "type",
        "theme",
        "titre",
        "date",
        "duree_heures",
        "obligation",
        "lieu",
        "departement",
    ),
    obligatoires=("id_evenement", "date"),
    non_conservees=frozenset({"titre", "lieu"}),
    cle=("id_evenement",),
    record=_evenement,
)
PARTICIPATIONS = Tableau(
    nom="CSV des participations",
    modele="participations",
    colonnes=("id_evenement", "siren", "nb_participants"),
    obligatoires=("id_evenement", "siren"),
    non_conservees=frozenset(),
    cle=("id_evenement", "siren"),
    record=_participation,
)
TICKETS = Tableau(
    nom="CSV des tickets d'assistance",
    modele="tickets",
    colonnes=("mois", "siren", "service", "nb_tickets", "delai_median_heures"),
    obligatoires=("mois", "siren", "service", "nb_tickets"),
    non_conservees=frozenset(),
    cle=("mois", "siren", "code_service"),
    record=_ticket,
)
TABLEAUX = (EVENEMENTS, PARTICIPATIONS, TICKETS)


def _names_of(head: bytes) -> set[str]:
    text = decode(head[: head.find(b"\n") if b"\n" in head else len(head)])[0]
    return {_fold(cell.strip().strip('"')) for cell in re.split(r"[;,\t|]", text)}


def _is_tickets(head: bytes) -> bool:
    names = _names_of(head)
    return len(names & {"mois", "siren", "service"}) >= 2 and bool(names & {"nb_tickets", "delai_median_heures"})


def _is_participations(head: bytes) -> bool:
    names = _names_of(head)
    return len(names & {"id_evenement", "siren", "nb_participants"}) >= 2 and "date" not in names


def _is_evenements(head: bytes) -> bool:
    return len(_names_of(head) & set(EVENEMENTS.colonnes)) >= 5 or {"id_evenement", "date"} <= _names_of(head)


SOURCE = Source(
    name="accompagnement",
    version=1,
    formats=(
        Format(TICKETS.nom, _is_tickets, partial(parse, TICKETS)),
        Format(PARTICIPATIONS.nom, _is_participations, partial(parse, PARTICIPATIONS)),
        Format(EVENEMENTS.nom, _is_evenements, partial(parse, EVENEMENTS)),
    ),
    tables={"evenements": Evenement, "participations": Participation, "tickets": Ticket},
    codes={
        "accompagnement_illisible": "Le fichier ne se lit pas comme un tableau CSV : un guillemet n'est sans doute pas "
        "refermé. Enregistrez-le de nouveau en CSV depuis votre tableur.",
        "accompagnement_colonne_obligatoire_absente": "Il manque dans la première ligne : {champ}. Repartez du modèle "
        "de fichier.",
        "accompagnement_colonne_en_double": "La colonne « {champ} » figure deux fois : gardez celle qui est remplie.",
        "accompagnement_nombre_de_cellules": "La ligne a {valeur} cellules, ce qui ne correspond pas à la première "
        "ligne : un séparateur s'est glissé dans un texte sans guillemets.",
        "accompagnement_sans_evenement": "L'identifiant de l'événement manque ou n'est pas un code (lettres, chiffres "
        "et tirets, comme 2018-RGPD-01) : la ligne est ignorée.",
        "accompagnement_siren_invalide": "Le SIREN « {valeur} » n'est pas un numéro valide : recopiez les 9 chiffres "
        "de celui de la collectivité.",
        "accompagnement_mois_illisible": "Le mois « {valeur} » ne se lit pas : écrivez-le MM/AAAA, comme 03/2024 pour "
        "mars 2024.",
        "accompagnement_service_inconnu": "Le service « {valeur} » n'est pas un de ceux de la plateforme : recopiez un "
        "code du dictionnaire, ou écrivez autre.",
        "accompagnement_encodage_douteux": "L'encodage du fichier n'est pas reconnu : des accents peuvent être faux.",
        "accompagnement_colonne_absente": "La colonne « {champ} » manque : ce qu'elle dit restera inconnu.",
        "accompagnement_colonne_inconnue": "La colonne « {champ} » n'est pas attendue : son contenu n'est pas repris. "
        "N'envoyez ni nom ni adresse.",
        "accompagnement_caracteres_perdus": "Des caractères ont été perdus avant l'envoi (� à la place des accents).",
        "accompagnement_sans_date": "La date de l'événement manque : il n'est rattaché à aucun mois ni comparé à "
        "aucune échéance.",
        "accompagnement_date_illisible": "La date « {valeur} » n'est pas lisible : écrivez-la JJ/MM/AAAA.",
        "accompagnement_date_hors_bornes": "La date « {valeur} » est invraisemblable : vérifiez l'année.",
        "accompagnement_type_inconnu": "Le type d'événement n'est pas dans la liste du dictionnaire : il reste "
        "inconnu.",
        "accompagnement_theme_inconnu": "Le thème n'est pas dans la liste du dictionnaire : il reste inconnu.",
        "accompagnement_obligation_inconnue": "Le code d'obligation « {valeur} » ne se lit pas : écrivez E et deux "
        "chiffres, comme E03, ou laissez vide.",
        "accompagnement_departement_illisible": "Le département « {valeur} » ne se lit pas : écrivez son numéro, comme "
        "35.",
        "accompagnement_duree_invraisemblable": "La durée « {valeur} » de la colonne « {champ} » est négative ou "
        "démesurée : écrivez des heures.",
        "accompagnement_nombre_illisible": "La colonne « {champ} » attend un nombre seul : « {valeur} » n'en est pas "
        "un.",
        "accompagnement_nombre_negatif": "La colonne « {champ} » contient un nombre négatif ({valeur}) : il n'est pas "
        "compté.",
        "accompagnement_nombre_invraisemblable": "La colonne « {champ} » contient un nombre invraisemblable "
        "({valeur}) : vérifiez-le.",
        "accompagnement_sans_nombre": "Le nombre de participants manque : la présence compte, leur nombre reste "
        "inconnu.",
        "accompagnement_ligne_repetee": "La ligne de « {valeur} » figure deux fois à l'identique : elle compte une "
        "fois.",
        "accompagnement_cle_en_double": "La ligne de « {valeur} » figure deux fois avec des contenus différents : la "
        "dernière est retenue.",
    },
)
