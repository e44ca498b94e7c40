"""Returns of the collectivités: the files that they send, month by month.

About one return in five is missing in any month: some communes never answer, others skip months or are late for the
last ones. Some files are corrected by a second version. What they say is in `declarations`.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np

from orchestration.demo.declarations import (
    COUTS_PAR_HABITANT,
    GRANDE_COMMUNE,
    Activite,
    Enquete,
    Reponses,
    Valeur,
    declare,
)
from orchestration.demo.deposit import Deposit, csv_bytes, xlsx_bytes
from orchestration.demo.territory import DATE_DU_DEPOT, Collectivite, Territoire, generator, mergers, month_end
from orchestration.demo.truth import Truth

NOMENCLATURE = Path(__file__).parents[2] / "seeds" / "nomenclatures" / "ref_codes_retour.csv"
HEADER = ("siren", "collectivite", "mois", "version", "date_envoi", "code", "libelle", "valeur", "commentaire")

PANEL = 24
DELAI, DELAI_PANEL = 25, 20
"""Days after the period by which a return is sent at the latest: the panel is never late for the deposit."""

ECHELLE_PLEINE = 0.05
"""Below this scale fewer communes answer, so that a tiny deposit stays tiny."""
PART_SANS_REPONSE = 0.14
PART_SANS_REPONSE_GRANDES = 0.03
PART_MOIS_OUBLIES = 0.03
PART_VIDE = 0.03
PART_CORRIGEE = 0.04
PART_TABLEUR = 0.02
ECRITURES = (("cp1252", "\r\n"), ("utf-8", "\n"), ("utf-8-sig", "\r\n"))
ECRITURES_PARTS = (0.5, 0.3, 0.2)
RYTHMES = ((12, 0.94), (6, 0.04), (3, 0.02))


@dataclass(frozen=True, slots=True)
class Envoi:
    """One file to write: a period, a version, and its lines (month rank, code, text of the value)."""

    debut: int
    fin: int
    version: int
    date_envoi: date
    lignes: list[tuple[int, str, str]]


def write_retours(
    deposit: Deposit, truth: Truth, territoire: Territoire, activite: Activite, echelle: float, graine: int
) -> set[int]:
    """Draw the returns of those who answer, write their files and their truth; returns the ranks of those."""
    rng = generator(graine, "retours")
    panel = _panel(territoire)
    answering = _answering(rng, territoire, panel, echelle)
    declared = declare(Enquete(territoire, answering, panel, echelle, graine), activite)
    for rang in answering:
        collectivite = territoire.collectivites[rang]
        delai_max = DELAI_PANEL if rang in panel else DELAI
        for envoi in _envois(rng, territoire, declared[rang], delai_max):
            _write(rng, deposit, territoire, collectivite, envoi)
            tell(truth, territoire, collectivite.siren, envoi)
    _write_former_communes(deposit, truth, territoire, {territoire.collectivites[rang].siren for rang in answering})
    return set(answering)


def tell(truth: Truth, territoire: Territoire, siren: str, envoi: Envoi) -> None:
    """What a file answers, where it does not, how many lines it has, how late it is after the period that it covers."""
    fin = month_end(territoire.mois[max(mois for mois, _, _ in envoi.lignes)])
    for rang, code, texte in envoi.lignes:
        mois = territoire.mois[rang]
        truth.add(siren, mois, "retour_lignes")
        if texte in ("", "NC"):
            truth.set(siren, mois, "retour_non_connu" if texte else "retour_vide", code, 1)
        else:
            truth.set(siren, mois, "retour", code, number_of(texte))
        if envoi.version == 1:
            truth.set(siren, mois, "retour_delai_jours", "premier_envoi", (envoi.date_envoi - fin).days)


# --- who answers, and when --------------------------------------------------------------------------------------------


def _panel(territoire: Territoire) -> frozenset[int]:
    """The largest collectivités, which answer every question."""
    counted = [i for i, c in enumerate(territoire.collectivites) if c.est_compte]
    return frozenset(sorted(counted, key=lambda i: (-territoire.collectivites[i].poids, i))[:PANEL])


def _answering(rng: np.random.Generator, territoire: Territoire, panel: frozenset[int], echelle: float) -> list[int]:
    """The panel always answers, the larger ones nearly so."""
    part_communes = (1 - PART_SANS_REPONSE) * min(1.0, echelle / ECHELLE_PLEINE)
    draws = rng.random(len(territoire.collectivites))
    answering = []
    for rang, collectivite in enumerate(territoire.collectivites):
        is_small = collectivite.type_collectivite == "commune" and collectivite.population < GRANDE_COMMUNE
        part = part_communes if is_small else 1 - PART_SANS_REPONSE_GRANDES
        if rang in panel or (collectivite.est_compte and draws[rang] < part):
            answering.append(rang)
    return answering


def _envois(rng: np.random.Generator, territoire: Territoire, reponses: Reponses, delai_max: int) -> Iterator[Envoi]:
    """The files of one collectivité, corrections after the files that they correct."""
    rythme = int(rng.choice([months for months, _ in RYTHMES], p=[part for _, part in RYTHMES]))
    for debut in range(0, len(territoire.mois), rythme):
        fin = debut + rythme - 1
        date_envoi = month_end(territoire.mois[fin]) + timedelta(days=int(rng.integers(3, delai_max + 1)))
        if date_envoi > DATE_DU_DEPOT:
            # Late for the last period: what was ready before the summer was sent, or nothing yet.
            fin, date_envoi = fin - 3, DATE_DU_DEPOT - timedelta(days=int(rng.integers(20, 90)))
            if rng.random() < 0.25 or fin < debut:
                continue
        months = [i for i in range(debut, fin + 1) if rng.random() >= PART_MOIS_OUBLIES]
        lignes = [(i, code, _text(rng, code, valeur)) for i in months for code, valeur in sorted(reponses[i].items())]
        if not lignes:
            continue
        yield from _versions(rng, debut, fin, date_envoi, lignes)


def _versions(
    rng: np.random.Generator, debut: int, fin: int, date_envoi: date, lignes: list[tuple[int, str, str]]
) -> Iterator[Envoi]:
    """The file, and sometimes its correction: the first version then overstated a few lines."""
    corrected_on = date_envoi + timedelta(days=int(rng.integers(10, 60)))
    wrong = {i for i in rng.integers(0, len(lignes), 3).tolist() if lignes[i][2].isdigit()}
    if rng.random() >= PART_CORRIGEE or not wrong or corrected_on > DATE_DU_DEPOT:
        yield Envoi(debut, fin, 1, date_envoi, lignes)
        return
    first = [(mois, code, str(int(texte) + 3) if i in wrong else texte) for i, (mois, code, texte) in enumerate(lignes)]
    yield Envoi(debut, fin, 1, date_envoi, first)
    yield Envoi(debut, fin, 2, corrected_on, [lignes[i] for i in sorted(wrong)])


def _text(rng: np.random.Generator, code: str, valeur: Valeur) -> str:
    """A value as typed: French decimals; costs are sometimes left empty, or not known."""
    if code in COUTS_PAR_HABITANT and (draw := rng.random()) < 2 * PART_VIDE:
        return "" if draw < PART_VIDE else "NC"
    return str(valeur).replace(".", ",")


def number_of(texte: str) -> Valeur:
    """The number that a typed value says."""
    return Decimal(texte.replace(",", ".")) if "," in texte else int(texte)


# --- communes merged since --------------------------------------------------------------------------------------------


def _write_former_communes(deposit: Deposit, truth: Truth, territoire: Territoire, answering: set[str]) -> None:
    """What the communes of one merger sent in its last two months, each under the SIREN that it had then.

    Their counts add up to those of the commune of today, but for the invoices of the last month, which one did not
    count. It is a merger whose commune of today does not answer for them.
    """
    for siren, (jour, anciennes) in sorted(mergers().items()):
        mois = [rang for rang, debut in enumerate(territoire.mois) if debut < jour][-2:]
        if siren not in answering and len(mois) == 2 and len(anciennes) > 1:
            break
    else:
        return
    derniere = max(anciennes)
    totaux: defaultdict[tuple[int, str], int] = defaultdict(int)
    for nombre, (ancien, nom) in enumerate(sorted(anciennes.items()), start=1):
        documents = [("DOCUMENTS_SIGNABLES", 9 * nombre), ("DOCUMENTS_SIGNES_PARAPHEUR", 5 * nombre)]
        factures = [("FACTURES_RECUES", 20 * nombre), ("FACTURES_RECUES_ELEC", 13 * nombre)]
        lignes = [(mois[0], *reponse) for reponse in documents + factures]
        lignes += [(mois[1], *reponse) for reponse in documents + (factures if ancien != derniere else [])]
        debut, fin = territoire.mois[mois[0]], territoire.mois[mois[1]]
        envoye = month_end(fin) + timedelta(days=DELAI_PANEL)
        rows = [
            (ancien, nom, f"{territoire.mois[rang]:%m/%Y}", "1", f"{envoye:%d/%m/%Y}", code, labels()[code], str(n), "")
            for rang, code, n in lignes
        ]
        deposit.write("retours", f"{file_name(ancien, debut, fin, 1)}.csv", csv_bytes([HEADER, *rows], ";", "cp1252"))
        for rang, code, n in lignes:
            totaux[rang, code] += n
            truth.add(siren, territoire.mois[rang], "retour_lignes")
            delai = (envoye - month_end(fin)).days
            truth.set(siren, territoire.mois[rang], "retour_delai_jours", "premier_envoi", delai)
    for (rang, code), total in totaux.items():
        is_partial = rang == mois[1] and code.startswith("FACTURES")
        truth.set(siren, territoire.mois[rang], "retour_partiel" if is_partial else "retour", code, total)


# --- files ------------------------------------------------------------------------------------------------------------


def _write(
    rng: np.random.Generator, deposit: Deposit, territoire: Territoire, collectivite: Collectivite, envoi: Envoi
) -> None:
    is_workbook = rng.random() < PART_TABLEUR
    rows = _rows(territoire, collectivite, envoi)
    nom = file_name(collectivite.siren, territoire.mois[envoi.debut], territoire.mois[envoi.fin], envoi.version)
    encoding, newline = ECRITURES[int(rng.choice(len(ECRITURES), p=ECRITURES_PARTS))]
    if is_workbook:
        deposit.write("retours", f"{nom}.xlsx", xlsx_bytes([HEADER, *map(_workbook_row, rows)]))
    else:
        deposit.write("retours", f"{nom}.csv", csv_bytes([HEADER, *rows], ";", encoding, newline))


def file_name(siren: str, debut: date, fin: date, version: int) -> str:
    """Name of a return, without its extension."""
    return f"retour_{siren}_{debut:%Y-%m}_{fin:%Y-%m}_v{version}"


def _rows(territoire: Territoire, collectivite: Collectivite, envoi: Envoi) -> list[tuple[str, ...]]:
    prefix = (collectivite.siren, collectivite.nom)
    envoye = f"{envoi.date_envoi:%d/%m/%Y}"
    mois = {i: f"{territoire.mois[i]:%m/%Y}" for i in range(envoi.debut, envoi.fin + 1)}
    comment = "rectifié" if envoi.version > 1 else ""
    version, titles = str(envoi.version), labels()
    return [(*prefix, mois[i], version, envoye, code, titles[code], texte, comment) for i, code, texte in envoi.lignes]


def _workbook_row(row: tuple[str, ...]) -> tuple[str | int | float, ...]:
    """Versions and values are numbers in a workbook, the rest is text."""
    siren, nom, mois, version, envoye, code, libelle, texte, comment = row
    valeur = texte if texte in ("", "NC") else float(number_of(texte)) if "," in texte else int(texte)
    return siren, nom, mois, int(version), envoye, code, libelle, valeur, comment


@cache
def labels() -> dict[str, str]:
    """Labels of the codes, from the nomenclature that the collectivités are given."""
    with NOMENCLATURE.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["libelle"] for row in csv.DictReader(file)}
