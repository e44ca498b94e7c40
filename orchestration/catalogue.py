"""The catalogue of indicators as a page, written from their registry: `make docs` puts it beside the models' pages.

`seeds/nomenclatures/ref_indicateurs.csv` is what `dim_indicateurs` publishes, row for row, so the page needs no
warehouse. One section per family, one block per indicator, one table per version of its definition: a definition that
changed shows both, with the day of the break.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from html import escape
from itertools import groupby
from pathlib import Path

from orchestration.ingest.readers import NOMENCLATURES
from orchestration.settings import PROJECT

PAGE = PROJECT / "target" / "catalogue.html"

FAMILLES = {
    "DEM": "Dématérialisation : jusqu’où va chaque processus",
    "APP": "Appropriation : qui utilise les services",
    "REG": "Conformité réglementaire : les obligations et leurs dates",
    "ENQ": "Enquêtes : ce que disent ceux qui répondent",
    "MUT": "Mutualisation : ce qui se partage",
    "PNT": "Projets numériques de territoire",
    "QUA": "Qualité des données",
    "ECO": "Économies",
}
UNITES = {
    "ratio": "part (affichée en %)",
    "jours": "jours",
    "nombre": "nombre",
    "mois": "mois",
    "score": "score",
    "eur": "euros",
    "etp": "équivalents temps plein",
}
SENS = {"hausse": "plus haut est mieux", "baisse": "plus bas est mieux", "neutre": "ni haut ni bas n’est mieux"}
AGREGATIONS = {
    "ratio": "somme des numérateurs sur somme des dénominateurs",
    "somme": "somme",
    "non_additif": "recalculé à chaque niveau, jamais moyenné",
}
ORIGINES = {"observe": "observée par les plateformes", "declare": "un terme au moins est déclaré par les collectivités"}
PAS = {"mois": "mois", "trimestre": "trimestre", "annee": "année", "campagne": "campagne d’enquête ou échéance"}

STYLE = """
body { font: 15px/1.5 Inter, "DejaVu Sans", Arial, sans-serif; color: #1B2733; background: #F5F6F8; margin: 0 auto;
  max-width: 980px; padding: 24px; }
article { background: #fff; border: 1px solid #E1E5EA; border-radius: 6px; padding: 8px 20px 16px; margin: 14px 0; }
h2 { margin-top: 40px; } h3 { margin-bottom: 4px; } h3 code { color: #4A5866; font-weight: 400; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; } caption { text-align: left; font-weight: 600; }
th { width: 30%; text-align: left; font-weight: 500; color: #4A5866; vertical-align: top; }
th, td { border-top: 1px solid #E6EAEE; padding: 4px 6px; }
.rupture { background: #FFF1CC; padding: 4px 10px; border-left: 3px solid #B26B00; }
""".strip()


def read_registry(nomenclatures: Path = NOMENCLATURES) -> list[dict[str, str]]:
    """The rows of the registry, in its order of families, then by code and version."""
    with (nomenclatures / "ref_indicateurs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    familles = list(FAMILLES)
    rank = {name: n for n, name in enumerate([*familles, *sorted({r["famille"] for r in rows} - set(familles))])}
    return sorted(rows, key=lambda r: (rank[r["famille"]], r["code_indicateur"], int(r["version_definition"])))


def source_names(nomenclatures: Path = NOMENCLATURES) -> dict[str, str]:
    """The name that people read for each source."""
    with (nomenclatures / "ref_sources.csv").open(encoding="utf-8", newline="") as file:
        return {row["source"]: row["libelle_source"] for row in csv.DictReader(file)}


def page(rows: list[dict[str, str]], sources: dict[str, str]) -> str:
    """The whole page."""
    nombre = len({row["code_indicateur"] for row in rows})
    versions = len(rows) - nombre
    sections = "\n".join(_section(famille, list(group), sources) for famille, group in _by(rows, "famille"))
    sommaire = "".join(
        f'<li><a href="#{escape(f)}">{escape(FAMILLES.get(f, f))}</a></li>' for f, _ in _by(rows, "famille")
    )
    return (
        f'<!doctype html>\n<html lang="fr"><head><meta charset="utf-8"><title>Catalogue des indicateurs</title>\n'
        f"<style>\n{STYLE}\n</style></head><body>\n<h1>Catalogue des indicateurs</h1>\n"
        f"<p>{nombre} indicateurs, {versions} changement{'s' if versions > 1 else ''} de définition. Ce catalogue "
        "s’écrit d’après la table <code>dim_indicateurs</code> : il dit ce qui est publié, et rien d’autre. Une valeur "
        "inconnue y est absente, jamais nulle ; un agrégat ne compte que les collectivités dont les deux termes sont "
        f"connus.</p>\n<ul>{sommaire}</ul>\n{sections}\n</body></html>\n"
    )


def _by(rows: Iterable[dict[str, str]], column: str) -> Iterator[tuple[str, Iterator[dict[str, str]]]]:
    return groupby(rows, key=lambda row: row[column])


def _section(famille: str, rows: list[dict[str, str]], sources: dict[str, str]) -> str:
    blocks = "\n".join(_indicator(list(versions), sources) for _, versions in _by(rows, "code_indicateur"))
    return f'<section id="{escape(famille)}"><h2>{escape(FAMILLES.get(famille, famille))}</h2>\n{blocks}\n</section>'


def _indicator(versions: list[dict[str, str]], sources: dict[str, str]) -> str:
    last = versions[-1]
    code = escape(last["code_indicateur"])
    coeur = " · indicateur de cœur" if last["coeur"] == "true" else ""
    breaks = "".join(
        f'<p class="rupture">Rupture de série le {_day(row["valide_du"])} : les valeurs d’avant et d’après ne se '
        "comparent pas.</p>\n"
        for row in versions[1:]
    )
    tables = "\n".join(_version(row, len(versions) > 1, sources) for row in versions)
    title = f"<h3>{escape(last['libelle'])} <code>{code}</code></h3>"
    return f'<article id="{code}">{title}\n<p>{escape(last["libelle_court"])}{coeur}</p>\n{breaks}{tables}\n</article>'


def _version(row: dict[str, str], several: bool, sources: dict[str, str]) -> str:
    caption = f"<caption>Version {row['version_definition']}</caption>" if several else ""
    lines = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(value) or '—'}</td></tr>\n"
        for name, value in _definition(row, sources)
    )
    return f"<table>{caption}\n{lines}</table>"


def _definition(row: dict[str, str], sources: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What a version says, in the order people ask."""
    fin = f"jusqu’au {_day(row['valide_au'])}" if row["valide_au"] else "sans fin prévue"
    yield "Formule", row["formule"]
    yield "Numérateur", row["numerateur_libelle"]
    yield "Dénominateur", row["denominateur_libelle"]
    yield "Population", row["population_libelle"]
    yield "Unité", UNITES.get(row["unite"], row["unite"])
    yield "Sens", SENS.get(row["sens"], row["sens"])
    yield "Cible", _target(row)
    yield "Agrégation", AGREGATIONS.get(row["agregation"], row["agregation"])
    yield "Pas le plus fin", PAS.get(row["periode_minimale"], row["periode_minimale"])
    yield "Source", sources.get(row["source_numerateur"], row["source_numerateur"])
    yield "Valeur", ORIGINES.get(row["origine"], row["origine"])
    yield "Version et validité", f"version {row['version_definition']}, du {_day(row['valide_du'])} {fin}"
    yield "Contresens à éviter", row["piege"]


def _target(row: dict[str, str]) -> str:
    if not row["cible"]:
        return "pas de cible"
    if row["unite"] == "ratio":
        return f"{100 * float(row['cible']):g} %".replace(".", ",")
    return f"{row['cible'].replace('.', ',')} {UNITES.get(row['unite'], '')}".strip()


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}"


def write_catalogue(path: Path = PAGE) -> int:
    """Write the page; returns how many indicators it tells."""
    rows = read_registry()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(rows, source_names()), encoding="utf-8")
    return len({row["code_indicateur"] for row in rows})


if __name__ == "__main__":
    nombre = write_catalogue()
    print(f"Catalogue des {nombre} indicateurs : {PAGE.relative_to(PROJECT)}")
    sys.exit(0)
