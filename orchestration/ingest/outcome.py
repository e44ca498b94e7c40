"""What can become of a dropped file: records, anomalies, or a rejection.

Every parser yields records (frozen dataclasses of text) and `Anomaly` values, and raises `RejectedFile` when the
bytes are not the format at all. Any other exception is a bug of ours and must stop the run.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

Gravite = Literal["rejet", "avertissement"]

# What a message shows in the place of a text that is not kept: it could name a person.
HIDDEN = "texte masqué"


class RejectedFile(Exception):
    """The whole file is refused: `code` is a key of the source's codes, `valeur` and `champ` complete its message."""

    def __init__(self, code: str, valeur: str = "", champ: str = "") -> None:
        super().__init__(code, valeur, champ)
        self.code = code
        self.valeur = valeur
        self.champ = champ


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One oddity of one record.

    `rejet`: the record is no record and does not land. `avertissement`: it lands, with its raw text.
    `ligne` is the rank that the source's records use (line of a CSV, line of an XML element, rank in a JSON list);
    0 speaks of the whole file. `valeur` is only ever an identifier, a date, an amount or a code: never free text,
    never personal data. `siren`, when known, is the collectivité that should mend it.
    """

    gravite: Gravite
    code: str
    ligne: int
    champ: str = ""
    valeur: str | None = None
    siren: str | None = None


@dataclass(frozen=True, slots=True)
class Emitter:
    """Who the file comes from, when the file says so once for all its records (SIREN, 9 digits, checked)."""

    siren: str


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a source accepts, recognised by the file's first bytes, never by its name.

    `recognise` gets the first 64 KiB; `parse` gets the file opened in binary, at its start, seekable.
    """

    name: str
    recognise: Callable[[bytes], bool]
    parse: Callable[[BinaryIO], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """A deposit folder: what it accepts, the tables it lands, its anomaly codes with their French messages.

    `version` is raised when a mended parser must look again at the files it had rejected. `tables` maps each landing
    table's name to its record dataclass. `formats_knowing`, when some files say how to read others, gives the formats
    that know them: it gets the bytes of every file of the first format that was integrated or has just come.
    """

    name: str
    version: int
    formats: tuple[Format, ...]
    tables: dict[str, type]
    codes: dict[str, str]
    formats_knowing: Callable[[Sequence[bytes]], Iterable[Format]] | None = None
