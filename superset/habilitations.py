"""Which collectivités a person of the role Collectivité sees: `superset/habilitations.csv` under the home.

One line per person and SIREN (`utilisateur;siren`), kept in a spreadsheet; a person has as many lines as SIREN. It is
read again for each request, so a line added or removed takes effect at once. Nothing that is wrong in it opens
anything: a file that can't be read lets nobody see a row, a wrong line counts for nothing.

`python superset/habilitations.py` says what is wrong in it, in French.
"""

import csv
import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

HEADER = ("utilisateur", "siren")
TYPOGRAPHY = re.compile(r"[\s.\-\u00a0\u202f]")


@dataclass(frozen=True)
class Habilitations:
    """SIREN by login, and what is wrong in the file, in French."""

    sirens: dict[str, frozenset[str]]
    problems: tuple[str, ...]


def is_siren(digits: str) -> bool:
    """Whether nine digits carry the check digit of a SIREN: a typing error must not open another collectivité."""
    if not re.fullmatch(r"[0-9]{9}", digits):
        return False
    doubled = (int(digit) * (1 + rank % 2) for rank, digit in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _text(content: bytes) -> str:
    """Decode what spreadsheets write: UTF-8, with or without a mark, or the encoding of Windows."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each line that is not empty; the separator is the header's."""
    separator = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [cell.strip() for cell in cells]


@lru_cache(maxsize=4)
def parse(content: bytes) -> Habilitations:
    """Read the file's bytes; a wrong line is left out, a wrong file opens nothing."""
    try:
        lines = list(_lines(_text(content)))
    except (UnicodeDecodeError, csv.Error) as error:
        return Habilitations({}, (f"fichier illisible ({error}) : personne ne voit de ligne.",))
    if not lines or tuple(cell.lower() for cell in lines[0][1][:2]) != HEADER:
        return Habilitations({}, ("la première ligne doit être « utilisateur;siren » : personne ne voit de ligne.",))
    sirens: dict[str, set[str]] = {}
    problems = []
    for number, cells in lines[1:]:
        login, siren = (*cells, "", "")[:2]
        siren = TYPOGRAPHY.sub("", siren)
        if login and is_siren(siren):
            sirens.setdefault(login, set()).add(siren)
        else:
            wrong = f"« {siren} » n’est pas un SIREN" if login else "il manque l’utilisateur"
            problems.append(f"ligne {number} : {wrong} ; elle ne donne aucun droit.")
    return Habilitations({login: frozenset(known) for login, known in sirens.items()}, tuple(problems))


def read(path: Path) -> Habilitations:
    """Read the file as it is now; without a file, or one that can't be read, nobody sees a row."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        return Habilitations({}, (f"fichier illisible ({error.strerror}) : personne ne voit de ligne.",))


def write_if_missing(path: Path, lines: dict[str, tuple[str, ...]]) -> None:
    """Begin the file with some lines, for its owner only; what the operator keeps there is never written over."""
    if path.exists():
        return
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows((login, siren) for login, sirens in lines.items() for siren in sirens)


def main() -> int:
    """Say who is entitled to what and what is wrong; return 1 when something is."""
    root = Path(__file__).resolve().parent.parent
    path = Path(os.environ.get("OBSERVATOIRE_HOME") or root / "var") / "superset" / "habilitations.csv"
    found = read(path)
    for login, sirens in sorted(found.sirens.items()):
        print(f"{login} : {', '.join(sorted(sirens))}")
    for problem in found.problems:
        print(f"{path.name}, {problem}", file=sys.stderr)
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
