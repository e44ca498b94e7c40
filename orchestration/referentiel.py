"""Rewrite the committed référentiel seeds from the national list of communes and EPCI.

Origin: npm package `@etalab/decoupage-administratif` (MIT; data of INSEE and DGCL, Licence Ouverte 2.0), one version
per vintage of the Code officiel géographique. `make referentiel` runs it by hand once a year; the night reads only the
seeds. Shape: `communes.json` and `epci.json`, two JSON lists (`code`, `nom`, `type`, `siren`, `population`, `membres`).
"""

import base64
import csv
import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from orchestration.ingest.readers import is_luhn

PACKAGE = "@etalab/decoupage-administratif"
VERSION = "6.0.0"
# The package's published checksum: two runs, on two machines, start from the same bytes.
INTEGRITY = "sha512-XavYsFlbcM/prKr8hNHPKER94IHw/dsxNM4nxjWMYk6PLFACpEedvn/7wK8Baozm0dCYhWWcf+7bcWpA5pmCaQ=="
REGION = "53"
SEEDS = Path(__file__).parents[1] / "seeds" / "referentiel"

COMMUNES = ("siren", "code_insee", "nom", "code_departement", "siren_epci", "population")
EPCI = ("siren", "nom", "type_epci", "code_departement", "population", "nb_communes", "nb_communes_bretonnes")
DEPARTEMENTS = ("code_departement", "nom_departement")

Row = dict[str, Any]


class UnusableReferentiel(Exception):
    """The package is not what the seeds can be made from; nothing was written."""


def download(folder: Path) -> Path:
    """Fetch the pinned package into `folder` with the npm client and return the archive, its checksum verified."""
    command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise UnusableReferentiel("npm est introuvable : il sert à télécharger le découpage administratif") from error
    except subprocess.CalledProcessError as error:
        raise UnusableReferentiel(f"npm a échoué : {error.stderr.strip()}") from error
    archive = folder / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise UnusableReferentiel(f"l'empreinte de {archive.name} n'est pas celle attendue")
    return archive


def read_data(archive: Path, name: str) -> list[Row]:
    """One of the JSON lists of the package's `data` folder."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(f"package/data/{name}.json")
        if member is None:
            raise UnusableReferentiel(f"{name}.json manque dans {archive.name}")
        return json.load(member)


def current_communes(communes: list[Row]) -> dict[str, Row]:
    """Every commune of today by INSEE code: a commune déléguée shares the code of its chef-lieu and is no body."""
    return {commune["code"]: commune for commune in communes if commune["type"] == "commune-actuelle"}


def commune_rows(communes: list[Row], epci: list[Row]) -> list[Row]:
    """The communes of Bretagne; `siren_epci` stays empty for the islands that belong to none."""
    siren_epci = {membre["code"]: groupement["code"] for groupement in epci for membre in groupement["membres"]}
    return [
        {
            "siren": commune["siren"],
            "code_insee": code,
            "nom": commune["nom"],
            "code_departement": commune["departement"],
            "siren_epci": siren_epci.get(code, ""),
            "population": commune["population"],
        }
        for code, commune in sorted(current_communes(communes).items())
        if commune["region"] == REGION
    ]


def epci_rows(communes: list[Row], epci: list[Row]) -> list[Row]:
    """Every EPCI with at least one commune of Bretagne, by SIREN.

    Its population is the sum of its members': the figure that `epci.json` gives is one census older than the communes'.
    """
    current = current_communes(communes)
    rows = []
    for groupement in sorted(epci, key=lambda groupement: groupement["code"]):
        membres = [current[membre["code"]] for membre in groupement["membres"]]
        nb_communes_bretonnes = sum(membre["region"] == REGION for membre in membres)
        if nb_communes_bretonnes:
            rows.append(
                {
                    "siren": groupement["code"],
                    "nom": groupement["nom"],
                    "type_epci": groupement["type"],
                    "code_departement": seat_departement(membres),
                    "population": sum(membre["population"] for membre in membres),
                    "nb_communes": len(membres),
                    "nb_communes_bretonnes": nb_communes_bretonnes,
                }
            )
    return rows


def seat_departement(membres: Iterable[Row]) -> str:
    """The département of the most populous member: the package does not name the seat, and this is where it is."""
    return max(membres, key=lambda membre: (membre["population"], membre["code"]))["departement"]


def departement_rows(departements: list[Row], codes: Iterable[str]) -> list[Row]:
    """The names of the départements that the other seeds mention."""
    nom = {departement["code"]: departement["nom"] for departement in departements}
    return [{"code_departement": code, "nom_departement": nom[code]} for code in sorted(set(codes))]


def check_sirens(rows: Iterable[Row]) -> None:
    """Raise `UnusableReferentiel` on a missing, broken or repeated SIREN: every figure hangs on it."""
    seen: set[str] = set()
    for row in rows:
        siren = row["siren"]
        if len(siren) != 9 or not siren.isdigit() or not is_luhn(siren):
            raise UnusableReferentiel(f"SIREN invalide pour {row['nom']} : {siren!r}")
        if siren in seen:
            raise UnusableReferentiel(f"SIREN {siren} présent deux fois")
        seen.add(siren)


def write_csv(path: Path, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    """Write a seed: UTF-8, LF, columns in the given order."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def seeds_from(archive: Path) -> Iterator[tuple[str, tuple[str, ...], list[Row]]]:
    """(seed, columns, rows) of each generated seed, all SIREN checked before the first one is given."""
    sources = {name: read_data(archive, name) for name in ("communes", "epci", "departements")}
    communes = commune_rows(sources["communes"], sources["epci"])
    groupements = epci_rows(sources["communes"], sources["epci"])
    check_sirens(communes + groupements)
    codes = (row["code_departement"] for row in communes + groupements)
    yield "ref_communes", COMMUNES, communes
    yield "ref_epci", EPCI, groupements
    yield "ref_departements", DEPARTEMENTS, departement_rows(sources["departements"], codes)


def main() -> None:
    """Download the package into a temporary folder and rewrite the seeds."""
    with tempfile.TemporaryDirectory() as folder:
        for seed, columns, rows in seeds_from(download(Path(folder))):
            write_csv(SEEDS / f"{seed}.csv", columns, rows)
            print(f"{seed}.csv : {len(rows)} lignes")


if __name__ == "__main__":
    try:
        main()
    except UnusableReferentiel as error:
        raise SystemExit(str(error)) from error
