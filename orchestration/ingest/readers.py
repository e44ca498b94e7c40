"""What several parsers share: bytes to text, CSV rows, streamed XML, identifiers, dates and amounts.

Everything here judges or decodes; nothing repairs. A value that is not understood stays as it was received.
"""

import contextlib
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from lxml import etree

from orchestration.ingest.outcome import RejectedFile

MAX_XML_BYTES = 1 << 30
MAX_XML_DEPTH = 64
MAX_CSV_FIELD_CHARS = 1 << 20
NOMENCLATURES = Path(__file__).parents[2] / "seeds" / "nomenclatures"

# La Poste's own identifiers are the one documented exception to the Luhn rule.
LA_POSTE = "356000000"

# Written by the platforms for "no date"; they are an absence, not an error.
EMPTY_DATES = frozenset({"", "NC", "nan", "0000-00-00", "0000-00-00 00:00:00", "1970-01-01 00:00:00"})
OLDEST_DATE = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV read whole: its encoding, its separator, its header as received, its rows with their first line."""

    encoding: str
    separator: str
    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


def decode(raw: bytes) -> tuple[str, str]:
    """Text of a CSV and the encoding that read it: strict UTF-8 (with or without BOM), else cp1252.

    Five bytes have no meaning in cp1252: a file that holds one is decoded as latin-1, which reads everything, so that
    the oddity stays visible instead of losing the file.
    """
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1"), "latin-1"


def read_csv(stream: BinaryIO, empty_code: str, header: bool = True) -> Table:
    """A CSV file with its separator detected on its first line (`;`, `,`, tab or `|`).

    Each row comes with the number of the file's line where it starts (a quoted cell may span several). Without
    `header`, the first line is a row like the others. Raises `RejectedFile(empty_code)` when there is nothing to read.
    """
    text, encoding = decode(stream.read())
    if not text.strip():
        raise RejectedFile(empty_code)
    csv.field_size_limit(MAX_CSV_FIELD_CHARS)
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(";,\t|", key=first_line.count)
    rows = _numbered_rows(text, separator)
    names = [cell.strip() for cell in next(rows, (0, []))[1]] if header else []
    return Table(encoding, separator, names, rows)


def _numbered_rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    start = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield start, cells
        start = reader.line_num + 1


@lru_cache(maxsize=1)
def xml_root_name(head: bytes) -> tuple[str, str] | None:
    """(namespace, local name) of the root element seen in a file's first bytes; None when it is no XML.

    The last answer is kept, because each format of each source asks it of the same file.
    """
    names: list[str] = []
    # Not lxml: read again after a syntax error, its pull parser frees elements that it no longer knows.
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    with contextlib.suppress(expat.ExpatError, LookupError, ValueError):
        parser.Parse(head, False)
    if not names:
        return None
    namespace, _, name = names[0].rpartition(" ")
    return namespace, name


_SAFE_XML = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": True}


def iter_xml(stream: BinaryIO, broken_code: str) -> Iterator[tuple[str, etree._Element]]:
    """Stream the ("start" | "end", element) events of an XML file, entities and network off, size and depth bounded.

    The caller clears what it has read. Raises `RejectedFile(broken_code, …)` on malformed XML, on any document type
    declaration (an entity bomb needs one), beyond `MAX_XML_DEPTH` levels or `MAX_XML_BYTES` bytes.
    """
    depth = 0
    bounded = _BoundedStream(stream, broken_code)
    try:
        for event, element in etree.iterparse(bounded, events=("start", "end"), **_SAFE_XML):
            depth += 1 if event == "start" else -1
            if depth == 1 and event == "start" and element.getroottree().docinfo.doctype:
                raise RejectedFile(broken_code, "déclaration DOCTYPE, dangereuse, refusée")
            if depth > MAX_XML_DEPTH:
                raise RejectedFile(broken_code, f"plus de {MAX_XML_DEPTH} niveaux imbriqués")
            yield event, element
    except etree.XMLSyntaxError as error:
        raise RejectedFile(broken_code, f"ligne {error.lineno or 0}") from error


def parse_xml(stream: BinaryIO, broken_code: str) -> etree._Element:
    """The whole tree of a small XML file, under the same protections as `iter_xml`."""
    root = None
    for event, element in iter_xml(stream, broken_code):
        if root is None and event == "start":
            root = element
    if root is None:
        raise RejectedFile(broken_code, "fichier vide")
    return root


class _BoundedStream(io.RawIOBase):
    def __init__(self, stream: BinaryIO, code: str) -> None:
        self._stream = stream
        self._left = MAX_XML_BYTES
        self._code = code

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise RejectedFile(self._code, f"plus de {MAX_XML_BYTES >> 20} Mio")
        return chunk


def is_luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check that SIREN and SIRET carry; all zeros is no identifier."""
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0 and any(d != "0" for d in digits)


@lru_cache(maxsize=1 << 14)
def siren_of(text: str | None) -> str | None:
    """The SIREN (9 digits) that an identifier written by hand designates, or None when it designates none.

    Spaces, dots and dashes are typography and are ignored; letters, a missing digit or a failed Luhn check make the
    identifier unknown. A SIRET gives its first nine digits.
    """
    digits = re.sub(r"[\s.\-\u00a0\u202f]", "", text or "")
    if not re.fullmatch(r"[0-9]{9}|[0-9]{14}", digits):
        return None
    if digits.startswith(LA_POSTE):
        return LA_POSTE
    return digits[:9] if is_luhn(digits) and is_luhn(digits[:9]) else None


def siret_of(text: str | None) -> str | None:
    """The SIRET (14 digits) that `text` designates, or None: same rules as `siren_of`."""
    digits = re.sub(r"[\s.\-\u00a0\u202f]", "", text or "")
    return digits if len(digits) == 14 and siren_of(digits) else None


_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ].*|[+Z].*)?")
_FRENCH_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


@lru_cache(maxsize=1 << 14)
def date_of(text: str | None) -> date | None:
    """The civil date that a text writes (ISO, with or without time and zone, or dd/mm/yyyy), or None.

    The same white list as the SQL macro `date_depuis_texte`; a test holds the two together.
    """
    value = (text or "").strip()
    if match := _DATE.fullmatch(value):
        year, month, day = match.groups()
    elif match := _FRENCH_DATE.fullmatch(value):
        day, month, year = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@lru_cache(maxsize=1 << 14)
def date_problem(text: str | None, today: date | None = None) -> str | None:
    """None when a date is readable or plainly absent; else "illisible" or "hors_bornes".

    Bounds: from 2000-01-01 to the day after `today` (no upper bound without it: parsers have no clock).
    """
    value = (text or "").strip()
    if value in EMPTY_DATES:
        return None
    day = date_of(value)
    if day is None:
        return "illisible"
    if day < OLDEST_DATE or (today and day > today + timedelta(days=1)):
        return "hors_bornes"
    return None


_AMOUNT = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")


def is_amount(text: str) -> bool:
    """Whether a text is a number, French or English decimals, thousands spaces allowed."""
    return bool(_AMOUNT.fullmatch(re.sub(r"[ \u00a0\u202f]", "", text.strip())))


@cache
def nomenclature(name: str, column: str = "code") -> frozenset[str]:
    """The codes of `seeds/nomenclatures/<name>.csv`: the one place where the models read them too."""
    with (NOMENCLATURES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row[column] for row in csv.DictReader(file))
