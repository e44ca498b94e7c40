"""Who sends the demonstration: the real collectivités of the referential, and a few invented public bodies.

Sizes follow population, with noise: the effective population of a department, of the region or of an EPCI is the share
of its inhabitants' business that it handles itself, so that the largest 1 % make about 40 % of the acts.
"""

import csv
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np

REFERENTIEL = Path(__file__).parents[2] / "seeds" / "referentiel"

# The deposit's calendar does not follow the clock: same parameters, same bytes, whatever the day.
DERNIER_MOIS = date(2026, 10, 1)
DERNIER_JOUR = date(2026, 10, 31)
DATE_DU_DEPOT = date(2026, 11, 20)
"""The last extractions and returns were made that day: October is nearly complete, as it is for a real deposit."""

EXPOSANT_TAILLE = 1.08
BRUIT_TAILLE = 0.35
POPULATION_EFFECTIVE = {"commune": 1.0, "epci": 0.5, "departement": 0.25, "region": 0.1, "syndicat": 1.0, "autre": 1.0}
POPULATION_PAR_DEFAUT = 3_000

# Eight digits, the ninth is the Luhn key: invented bodies, whose names say so.
ORGANISMES_INVENTES = (
    ("26900110", "Centre hospitalier de Kerimaginaire (démonstration)", "29", 24_000),
    ("26900111", "Hôpital local de Lanfictif (démonstration)", "22", 6_000),
    ("19900110", "Lycée polyvalent Anne-Fictive (démonstration)", "35", 5_000),
    ("19900111", "Lycée maritime du Port-Rêvé (démonstration)", "56", 2_500),
    ("27900110", "Office public de l'habitat Ti Huñvre (démonstration)", "56", 18_000),
    ("27900111", "Office public de l'habitat des Trois-Songes (démonstration)", "35", 9_000),
)

# Months of the year, January first: budgets and year ends, an empty August. They average 1.
SAISON = np.array([0.92, 0.95, 1.08, 1.02, 0.95, 1.42, 0.85, 0.48, 0.98, 1.02, 1.03, 1.30])


@dataclass(frozen=True, slots=True)
class Collectivite:
    """One sender. `poids` is its share of the territory's activity; `est_compte` is false for invented bodies."""

    siren: str
    nom: str
    type_collectivite: str
    code_departement: str
    population: int
    poids: float
    est_compte: bool


@dataclass(frozen=True, slots=True)
class Territoire:
    """Everyone who sends, and the months of the demonstration."""

    collectivites: tuple[Collectivite, ...]
    mois: tuple[date, ...]

    @property
    def poids(self) -> np.ndarray:
        """Shares of activity, which sum to 1."""
        return np.array([c.poids for c in self.collectivites])

    @property
    def saison(self) -> np.ndarray:
        """Seasonal factor of each month of the demonstration."""
        return np.array([SAISON[m.month - 1] for m in self.mois])


def generator(graine: int, domaine: str) -> np.random.Generator:
    """Random numbers of one domain: adding draws to a source leaves the other sources as they were."""
    return np.random.default_rng([graine, crc32(domaine.encode())])


def read_territory(annees: int, graine: int) -> Territoire:
    """The collectivités of seeds/referentiel, plus the invented bodies, over the last `annees` years."""
    rows = [*_communes(), *_epci(), *_others(), *_invented()]
    rng = generator(graine, "territoire")
    effective = np.array([max(row[4], 1) * POPULATION_EFFECTIVE[row[2]] for row in rows], dtype=float)
    poids = effective**EXPOSANT_TAILLE * rng.lognormal(0, BRUIT_TAILLE, len(rows))
    poids /= poids.sum()
    collectivites = tuple(
        Collectivite(siren, nom, type_, departement, population, float(part), est_compte)
        for (siren, nom, type_, departement, population, est_compte), part in zip(rows, poids, strict=True)
    )
    return Territoire(collectivites, tuple(_months(12 * annees)))


def luhn_key(digits: str) -> str:
    """The digit that, put after `digits`, satisfies the Luhn check of SIREN and SIRET."""
    doubled = (int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits)))
    return str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


def siret(siren: str, etablissement: int = 1) -> str:
    """A valid SIRET of `siren`: establishments are numbered from 1."""
    base = f"{siren}{etablissement:04d}"
    return base + luhn_key(base)


@cache
def former_sirens() -> dict[str, str]:
    """SIREN that disappeared since 2021 → SIREN of the commune of today that took its place."""
    return {row["siren_ancien"]: row["siren"] for row in _seed("ref_communes_fusionnees")}


@cache
def mergers() -> dict[str, tuple[date, dict[str, str]]]:
    """Commune of today → the day of its merger, and the communes that it took in (former SIREN → name)."""
    found: dict[str, tuple[date, dict[str, str]]] = {}
    for row in _seed("ref_communes_fusionnees"):
        _, anciennes = found.setdefault(row["siren"], (date.fromisoformat(row["date_fusion"]), {}))
        anciennes[row["siren_ancien"]] = row["nom_ancien"]
    return found


def month_end(mois: date) -> date:
    """Last day of a month."""
    return mois.replace(day=monthrange(mois.year, mois.month)[1])


def shift_month(mois: date, nombre: int) -> date:
    """First day of the month `nombre` months later (or earlier)."""
    rang = mois.year * 12 + mois.month - 1 + nombre
    return date(rang // 12, rang % 12 + 1, 1)


def _months(nombre: int) -> list[date]:
    return [shift_month(DERNIER_MOIS, i - nombre + 1) for i in range(nombre)]


_Row = tuple[str, str, str, str, int, bool]


def _seed(name: str) -> list[dict[str, str]]:
    with (REFERENTIEL / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _communes() -> list[_Row]:
    return [
        (row["siren"], row["nom"], "commune", row["code_departement"], int(row["population"]), True)
        for row in _seed("ref_communes")
    ]


def _epci() -> list[_Row]:
    return [
        (row["siren"], row["nom"], "epci", row["code_departement"], int(row["population"]), True)
        for row in _seed("ref_epci")
    ]


def _others() -> list[_Row]:
    return [
        (
            row["siren"],
            row["nom"],
            row["type_collectivite"],
            row["code_departement"],
            int(row["population"] or POPULATION_PAR_DEFAUT),
            True,
        )
        for row in _seed("ref_collectivites_hors_cog")
    ]


def _invented() -> list[_Row]:
    return [
        (base + luhn_key(base), nom, "autre", departement, population, False)
        for base, nom, departement, population in ORGANISMES_INVENTES
    ]
