"""How a process becomes digital: one logistic curve per collectivité, lifted by what the law imposes.

A collectivité starts around `debut` (larger ones earlier), gets used to it in `rythme` years, and stops at its own
ceiling: some habits stay on paper. Legal dates raise the floor for those they bind. Departments do not go at the same
pace.

What the platforms do not see at all (`TAUX_VISES`) follows the rate that the whole territory should show: the volumes
that go elsewhere, or stay on paper, are those that make it so, and weigh more on those who lag behind.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration.demo.territory import Collectivite, Territoire, generator


@dataclass(frozen=True, slots=True)
class Palier:
    """From `mois` on, at least `plancher` for the types it binds, above a number of inhabitants."""

    mois: date
    plancher: float
    types: frozenset[str]
    population_min: int = 0

    def binds(self, collectivite: Collectivite) -> bool:
        """Whether the law speaks to this collectivité."""
        return collectivite.type_collectivite in self.types and collectivite.population >= self.population_min


@dataclass(frozen=True, slots=True)
class Courbe:
    """The diffusion of one process: years, and the range of the ceilings."""

    debut: float
    dispersion: float
    rythme: float
    plafond: tuple[float, float]
    paliers: tuple[Palier, ...] = ()


TOUS = frozenset({"commune", "epci", "departement", "region", "syndicat", "autre"})
GRANDES = frozenset({"epci", "departement", "region"})

COURBES = {
    # Loi NOTRe, article 128: remote transmission of acts becomes compulsory on 2020-08-07.
    "actes": Courbe(
        2025.0,
        2.0,
        1.4,
        (0.9, 0.99),
        (Palier(date(2020, 8, 1), 0.45, GRANDES), Palier(date(2020, 8, 1), 0.45, frozenset({"commune"}), 50_000)),
    ),
    # Electronic tenders are compulsory from 2018-10-01: what stays on paper is an exception.
    "marches": Courbe(2013.0, 4.0, 2.2, (0.55, 0.9), (Palier(date(2018, 10, 1), 0.975, TOUS),)),
    "signature": Courbe(2024.0, 2.5, 1.5, (0.7, 0.95)),
    "notification": Courbe(2018.0, 3.0, 2.0, (0.7, 0.97), (Palier(date(2018, 10, 1), 0.6, TOUS),)),
    # PES v2 is the only format of public accounts from 2015 on; supporting documents and signatures came later.
    "helios": Courbe(2014.0, 2.0, 1.0, (0.85, 0.99), (Palier(date(2015, 1, 1), 0.8, TOUS),)),
    # Chorus Pro: every supplier is bound from 2020-01-01.
    "factures": Courbe(2018.5, 3.0, 2.0, (0.75, 0.97), (Palier(date(2020, 1, 1), 0.75, TOUS),)),
    "asap": Courbe(2022.5, 3.0, 1.5, (0.55, 0.92)),
    "parapheur": Courbe(2024.0, 3.0, 1.5, (0.6, 0.95)),
    "budget": Courbe(2019.0, 4.0, 1.8, (0.6, 0.98), (Palier(date(2020, 8, 1), 0.93, GRANDES),)),
}

# Years gained on the others by a collectivité ten times more populated.
AVANCE_PAR_DECADE = 1.2
AVANCE_PAR_DEPARTEMENT = {"22": -0.35, "29": 0.05, "35": 0.35, "56": -0.1}

# The territory's rates that the demonstration tells, by year with decimals: straight lines between these points.
TAUX_VISES = {
    "marches": ((2013, 0.35), (2018.75, 0.5), (2019.5, 0.72), (2024.85, 0.845), (2026.8, 0.955)),
    "helios": ((2013, 0.15), (2020, 0.35), (2024.85, 0.55), (2026.8, 0.76)),
    "archivage": ((2013, 0.04), (2020, 0.08), (2024.85, 0.15), (2026.8, 0.36)),
}
# What the month of the year adds: those who know the tools are away in August, and the year's end is done in a hurry.
ECART_DU_MOIS = (0.0, 0.005, 0.01, 0.005, 0.0, 0.01, -0.01, -0.03, 0.0, 0.01, 0.005, -0.01)
RETARD_PAR_DECADE, BRUIT_RETARD = 0.5, 0.4


def adoption(territoire: Territoire, processus: str, graine: int) -> np.ndarray:
    """Share of the process done digitally, by collectivité (row) and month (column), between 0 and 1."""
    courbe = COURBES[processus]
    collectivites = territoire.collectivites
    rng = generator(graine, f"adoption {processus}")
    decades = _decades(territoire)
    avance = AVANCE_PAR_DECADE * decades + _avance_du_departement(territoire)
    debut = courbe.debut + rng.normal(0, courbe.dispersion, len(collectivites)) - avance
    plafond = rng.uniform(*courbe.plafond, len(collectivites))
    annees = _annees(territoire)
    parts = plafond[:, None] / (1 + np.exp(-(annees[None, :] - debut[:, None]) / courbe.rythme))
    for palier in courbe.paliers:
        bound = np.array([palier.binds(c) for c in collectivites])
        after = np.array([m >= palier.mois for m in territoire.mois])
        parts = np.where(bound[:, None] & after[None, :], np.maximum(parts, palier.plancher), parts)
    return parts


def rate_aimed_at(territoire: Territoire, processus: str) -> np.ndarray:
    """The rate that the whole territory should show, by month, between 0 and 1."""
    annees, taux = zip(*TAUX_VISES[processus], strict=True)
    ecarts = np.array([ECART_DU_MOIS[m.month - 1] for m in territoire.mois])
    return np.interp(_annees(territoire), annees, taux) + ecarts


def lag(territoire: Territoire, processus: str, graine: int) -> np.ndarray:
    """How much more than another of its size each collectivité does outside the platform (1 for 1 000 inhabitants)."""
    rng = generator(graine, f"retard {processus}")
    bruit = rng.normal(0, BRUIT_RETARD, len(territoire.collectivites))
    return np.exp(bruit - RETARD_PAR_DECADE * _decades(territoire) - _avance_du_departement(territoire))


def _decades(territoire: Territoire) -> np.ndarray:
    """Powers of ten above 1 000 inhabitants."""
    return np.log10([max(c.population, 100) for c in territoire.collectivites]) - 3


def _avance_du_departement(territoire: Territoire) -> np.ndarray:
    return np.array([AVANCE_PAR_DEPARTEMENT.get(c.code_departement, 0.0) for c in territoire.collectivites])


def _annees(territoire: Territoire) -> np.ndarray:
    return np.array([m.year + (m.month - 0.5) / 12 for m in territoire.mois])
