"""Small CSV tables that people or platforms export: a header in any order, then one record per line.

What the sources `adhesions` and `comptes` share: finding the columns, telling an odd header, cutting the lines. A
column that is expected and dropped (personal data) is listed in `Layout.dropped`: its content is never read.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from orchestration.ingest.outcome import HIDDEN, Anomaly, RejectedFile
from orchestration.ingest.readers import Table, date_of, date_problem, decode, read_csv

MAX_UNKNOWN_COLUMNS = 100
# Beyond it a year is a typing error, whatever the day the file is read.
LATEST_YEAR = 2099

HEADER_CODES = {
    "illisible": "Le fichier ne se lit pas comme un tableau CSV : enregistrez-le de nouveau au format « CSV, "
    "séparateur point-virgule ».",
    "colonne_obligatoire_absente": "Il manque dans l'en-tête : {champ}. Reprenez la première ligne du modèle.",
    "colonne_en_double": "La colonne « {champ} » figure deux fois dans l'en-tête : on ne sait laquelle lire.",
    "colonne_absente": "La colonne « {champ} » manque : ce qu'elle dit restera inconnu.",
    "colonne_inconnue": "La colonne « {champ} » n'est pas attendue : son contenu n'est pas repris.",
    "encodage_douteux": "L'encodage du fichier n'est pas reconnu : des accents peuvent être faux.",
    "nombre_de_cellules": "La ligne a {valeur} cellules, ce qui ne correspond pas à l'en-tête : un séparateur se "
    "trouve sans doute dans un texte sans guillemets.",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one format: `mandatory` make a record, `expected` complete it and are missed, `optional` are not.

    `dropped` are known and left unread; `is_dynamic` tells those whose names the platform makes up.
    """

    source: str
    mandatory: tuple[str, ...]
    expected: tuple[str, ...]
    optional: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    is_dynamic: Callable[[str], bool] = lambda name: False

    @property
    def read(self) -> tuple[str, ...]:
        """Every column whose content is read and whose name is known."""
        return self.mandatory + self.expected + self.optional


def codes_of(source: str, own: dict[str, str]) -> dict[str, str]:
    """The codes of a source: those of any header, then its own."""
    return {f"{source}_{motif}": message for motif, message in (HEADER_CODES | own).items()}


def lines_of(stream: BinaryIO, layout: Layout) -> Iterator[tuple[int, dict[str, str]] | Anomaly]:
    """Yield (line, values by column) of a CSV; raise `RejectedFile` when no record can come out of it."""
    try:
        yield from _lines(read_csv(stream, f"{layout.source}_illisible"), layout)
    except csv.Error as error:
        # A quote never closed swallows the lines that follow, until a cell passes the reader's bound.
        raise RejectedFile(f"{layout.source}_illisible") from error


def _lines(table: Table, layout: Layout) -> Iterator[tuple[int, dict[str, str]] | Anomaly]:
    names = [fold(cell) for cell in table.header]
    missing = [name for name in layout.mandatory if name not in names]
    if missing:
        raise RejectedFile(f"{layout.source}_colonne_obligatoire_absente", champ=", ".join(missing))
    kept = {name for name in names if name in layout.read or layout.is_dynamic(name)}
    if twice := next((name for name in sorted(kept) if names.count(name) > 1), None):
        raise RejectedFile(f"{layout.source}_colonne_en_double", champ=short(twice) or HIDDEN)
    yield from _oddities_of_header(table, names, kept, layout)
    for ligne, cells in table.rows:
        if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
            yield Anomaly("rejet", f"{layout.source}_nombre_de_cellules", ligne, "", str(len(cells)))
            continue
        yield ligne, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name in kept}


def _oddities_of_header(table: Table, names: list[str], kept: set[str], layout: Layout) -> Iterator[Anomaly]:
    if table.encoding == "latin-1":
        yield Anomaly("avertissement", f"{layout.source}_encodage_douteux", 0)
    for name in layout.expected:
        if name not in names:
            yield Anomaly("avertissement", f"{layout.source}_colonne_absente", 0, name)
    unknown = [name for name in names if name and name not in kept and name not in layout.dropped]
    for name in unknown[:MAX_UNKNOWN_COLUMNS]:
        champ = name if re.fullmatch(r"[a-z][a-z0-9_\-]{0,59}", name) else HIDDEN
        yield Anomaly("avertissement", f"{layout.source}_colonne_inconnue", 0, champ)


def fold(name: str) -> str:
    """A column name without case, accents or spaces around."""
    plain = unicodedata.normalize("NFD", name.strip().strip("\ufeff").lower())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace(" ", "_")


def header_of(head: bytes) -> set[str]:
    """The folded column names that a file's first line seems to hold, whatever its separator."""
    text = decode(head[: head.find(b"\n") if b"\n" in head else len(head)])[0]
    return {fold(cell.strip().strip('"')) for cell in re.split(r"[;,\t|]", text)}


def short(text: str) -> str | None:
    """A code or an identifier that an anomaly may carry: nothing that reads like a sentence."""
    return text if re.fullmatch(r"[0-9A-Za-z_./:+\-]{1,40}", text) else HIDDEN if text else None


def figure(text: str) -> str | None:
    """A date, a number or an identifier of figures that an anomaly may carry: no word passes."""
    return text if re.fullmatch(r"[0-9TZ :/+.,\-]{1,40}", text) else HIDDEN if text else None


def date_motif(text: str) -> str | None:
    """None for a readable, believable date or none at all; else the motive that it is not: unreadable, or absurd."""
    problem = date_problem(text)
    day: date | None = date_of(text)
    if problem is None and day and day.year > LATEST_YEAR:
        problem = "hors_bornes"
    return f"date_{problem}" if problem else None
