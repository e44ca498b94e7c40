"""Rewrite the committed référentiel seeds from the national lists of communes and EPCI.

Origin: npm package `@etalab/decoupage-administratif` (MIT; data of INSEE and DGCL, Licence Ouverte 2.0), one version
per vintage of the Code officiel géographique. `make referentiel` runs it by hand once a year; the night reads only the
seeds. Shape: `communes.json` and `epci.json`, two JSON lists (`code`, `nom`, `type`, `siren`, `population`, `membres`).

The last vintage makes the list of today. Each vintage from 2021 on tells who belonged to which EPCI on its 1st of
January, and two vintages in a row which SIREN disappeared between them, and into which one.
"""

import base64
import csv
import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from orchestration.ingest.readers import is_luhn

PACKAGE = "@etalab/decoupage-administratif"
# Vintage → version of the package and its published checksum: two runs, on two machines, start from the same bytes.
VERSIONS = {
    2021: (
        "1.1.1",
        "sha512-2yD0tkK+As9OlImYdFXn9O1ABtMpExpCq0A7/d/HpruMgg7NYymUeNnHN0r8ICWgcKE//3uvMXeQ00xdOwUiZg==",
    ),
    2022: (
        "2.3.1",
        "sha512-52zR447e9Csr/HkzmLJIrOTCAuwJNd4O9fay8BRgOQUSbqaKOP6vFpsrj5lKlrH9vA+ii07h1TnChdMFZNgcwg==",
    ),
    2023: (
        "3.1.1",
        "sha512-/1yqSlo6Xerdz1MN+rh57hDWcAam18gwSK5u4wFjT1glRUiN/o1A4IQe6pvB9JqGvHv6WbF5X7WyE+yxeMqLig==",
    ),
    2024: (
        "4.1.0",
        "sha512-r0lO1qhb/R7golWwfPbkstpN3WeGuROIHoJhExY7251bkc7tjL48wsnh4/cWAQYux1y/EMSTuOEwiMkh0/mK8g==",
    ),
    2025: (
        "5.3.0",
        "sha512-I7PP8jiNOKwvBbdhoYPiwMaJ27x6aHwwGj5V0DMTOPu2YG6qyhGty1b0SIkCxpSHlUkASEfybISY4ldkTcYbbw==",
    ),
    2026: (
        "6.0.0",
        "sha512-XavYsFlbcM/prKr8hNHPKER94IHw/dsxNM4nxjWMYk6PLFACpEedvn/7wK8Baozm0dCYhWWcf+7bcWpA5pmCaQ==",
    ),
}
REGION = "53"
SEEDS = Path(__file__).parents[1] / "seeds" / "referentiel"

COMMUNES = ("siren", "code_insee", "nom", "code_departement", "siren_epci", "population")
EPCI = ("siren", "nom", "type_epci", "code_departement", "population", "nb_communes", "nb_communes_bretonnes")
DEPARTEMENTS = ("code_departement", "nom_departement")
RATTACHEMENTS = ("siren", "code_insee", "siren_epci", "valide_du", "valide_au")
FUSIONS = ("siren_ancien", "nom_ancien", "siren", "date_fusion")

Row = dict[str, Any]


class UnusableReferentiel(Exception):
    """The package is not what the seeds can be made from; nothing was written."""


def download(folder: Path, version: str, integrity: str) -> Path:
    """Fetch a pinned package into `folder` with the npm client and return the archive, its checksum verified."""
    command = ["npm", "pack", f"{PACKAGE}@{version}", "--silent", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise UnusableReferentiel("npm est introuvable : il sert à télécharger le découpage administratif") from error
    except subprocess.CalledProcessError as error:
        raise UnusableReferentiel(f"npm a échoué : {error.stderr.strip()}") from error
    archive = folder / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != integrity:
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


@dataclass(frozen=True, slots=True)
class Vintage:
    """Bretagne on a 1st of January: INSEE code → (SIREN, name, SIREN of the EPCI), and code of a former → its chief."""

    annee: int
    communes: dict[str, tuple[str, str, str]]
    chefs_lieux: dict[str, str]


def vintage_of(annee: int, communes: list[Row], epci: list[Row], later: Vintage | None = None) -> Vintage:
    """What a vintage says; its first version names no SIREN, which the EPCI's members, or a later vintage, give."""
    membres = {
        membre["code"]: (membre["siren"], groupement["code"]) for groupement in epci for membre in groupement["membres"]
    }
    found = {}
    for code, commune in sorted(current_communes(communes).items()):
        if commune.get("region") == REGION:
            siren, siren_epci = membres.get(code, ("", ""))
            siren = commune.get("siren") or siren or (later.communes[code][0] if later else "")
            found[code] = (siren, commune["nom"], siren_epci)
    chefs_lieux = {commune["code"]: commune["chefLieu"] for commune in communes if commune.get("chefLieu")}
    return Vintage(annee, found, chefs_lieux)


def rattachement_rows(vintages: list[Vintage]) -> list[Row]:
    """Who belonged to which EPCI, and when: one row by run of vintages, open when it reaches the last."""
    seen: dict[tuple[str, str, str], list[int]] = {}
    for vintage in vintages:
        for code, (siren, _, siren_epci) in vintage.communes.items():
            seen.setdefault((siren, code, siren_epci), []).append(vintage.annee)
    rows = []
    for (siren, code, siren_epci), annees in sorted(seen.items()):
        runs = [annee for annee in annees if annee - 1 not in annees]
        for debut in runs:
            fin = next(annee for annee in annees if annee >= debut and annee + 1 not in annees)
            rows.append(
                {
                    "siren": siren,
                    "code_insee": code,
                    "siren_epci": siren_epci,
                    "valide_du": f"{debut}-01-01",
                    "valide_au": "" if fin == vintages[-1].annee else f"{fin}-12-31",
                }
            )
    return rows


def fusion_rows(vintages: list[Vintage]) -> list[Row]:
    """Every SIREN that disappeared, and the commune of today that took its place; raise when nobody did."""
    rows: list[Row] = []
    for before, after in pairwise(vintages):
        sirens = {siren for siren, _, _ in after.communes.values()}
        for code, (siren, nom, _) in before.communes.items():
            if siren not in sirens:
                chef = after.communes.get(code) or after.communes.get(after.chefs_lieux.get(code, ""))
                if chef is None:
                    raise UnusableReferentiel(f"{nom} ({code}) a disparu en {after.annee} sans commune qui la reprenne")
                rows.append(_fusion(siren, nom, chef[0], after.annee))
    successor = {row["siren_ancien"]: row["siren"] for row in rows}
    for row in rows:
        while row["siren"] in successor:
            row["siren"] = successor[row["siren"]]
    return sorted(rows, key=lambda row: row["siren_ancien"])


def _fusion(siren_ancien: str, nom: str, siren: str, annee: int) -> Row:
    return {"siren_ancien": siren_ancien, "nom_ancien": nom, "siren": siren, "date_fusion": f"{annee}-01-01"}


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


def history_from(archives: dict[int, Path]) -> Iterator[tuple[str, tuple[str, ...], list[Row]]]:
    """(seed, columns, rows) of the two dated seeds, from one archive by vintage."""
    vintages: list[Vintage] = []
    for annee, archive in sorted(archives.items(), reverse=True):
        later = vintages[0] if vintages else None
        vintages.insert(0, vintage_of(annee, read_data(archive, "communes"), read_data(archive, "epci"), later))
    yield "ref_rattachements", RATTACHEMENTS, rattachement_rows(vintages)
    fusions = fusion_rows(vintages)
    check_sirens({"siren": row["siren_ancien"], "nom": row["nom_ancien"]} for row in fusions)
    yield "ref_communes_fusionnees", FUSIONS, fusions


def main() -> None:
    """Download the packages into a temporary folder and rewrite the seeds."""
    with tempfile.TemporaryDirectory() as folder:
        archives = {annee: download(Path(folder), *package) for annee, package in VERSIONS.items()}
        for seed, columns, rows in chain(seeds_from(archives[max(archives)]), history_from(archives)):
            write_csv(SEEDS / f"{seed}.csv", columns, rows)
            print(f"{seed}.csv : {len(rows)} lignes")


if __name__ == "__main__":
    try:
        main()
    except UnusableReferentiel as error:
        raise SystemExit(str(error)) from error
