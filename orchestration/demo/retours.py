"""Returns of the collectivités: what the platforms cannot know, declared month by month.

Totals are never below what the platforms saw, so that rates stay plausible. About one return in five is missing in any
month: some communes never answer, others skip months or are late for the last ones. Some files are corrected by a
second version. The panel answers every question, the others those that concern them, and only the months with
something to say, except for resolutions, asked of all every month.
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

from orchestration.demo.actes import EtatActes
from orchestration.demo.adoption import adoption
from orchestration.demo.archivage import Transfert
from orchestration.demo.consultations import Consultation
from orchestration.demo.deposit import Deposit, csv_bytes, xlsx_bytes
from orchestration.demo.helios import Flux
from orchestration.demo.marches import Marche
from orchestration.demo.territory import Collectivite, Territoire, generator, month_end
from orchestration.demo.truth import Truth

NOMENCLATURE = Path(__file__).parents[2] / "seeds" / "nomenclatures" / "ref_codes_retour.csv"
HEADER = ("siren", "collectivite", "mois", "version", "date_envoi", "code", "libelle", "valeur", "commentaire")

DATE_DU_DEPOT = date(2026, 11, 20)
PANEL = 24
GRANDE_COMMUNE = 10_000

ECHELLE_PLEINE = 0.05
"""Below this scale fewer communes answer, so that a tiny deposit stays tiny."""
PART_SANS_REPONSE = 0.17
PART_SANS_REPONSE_GRANDES = 0.03
PART_MOIS_OUBLIES = 0.03
PART_VIDE = 0.03
PART_CORRIGEE = 0.04
PART_TABLEUR = 0.02
ECRITURES = (("cp1252", "\r\n"), ("utf-8", "\n"), ("utf-8-sig", "\r\n"))
ECRITURES_PARTS = (0.5, 0.3, 0.2)
RYTHMES = ((12, 0.94), (6, 0.04), (3, 0.02))

FACTURES_PAR_AN = 2_500_000
DOCUMENTS_A_SIGNER_PAR_AN = 500_000

COUTS_PAR_HABITANT = {
    "COUT_AFFRANCHISSEMENT_EUR": 0.09,
    "COUT_IMPRESSION_EUR": 0.11,
    "COUT_TRANSPORT_EUR": 0.012,
    "COUT_STOCKAGE_EUR": 0.02,
    "COUT_CERTIFICATS_EUR": 0.004,
    "COUT_FORMATION_EUR": 0.01,
}
TEMPS_MOYENS = {
    "TEMPS_ACTE_PAPIER_MIN": 24,
    "TEMPS_ACTE_DEMAT_MIN": 9,
    "TEMPS_CONSULTATION_PAPIER_MIN": 540,
    "TEMPS_CONSULTATION_DEMAT_MIN": 260,
}

Valeur = int | Decimal
# Values of one collectivité: rank of the month → code → value.
Reponses = defaultdict[int, dict[str, Valeur]]


@dataclass(frozen=True, slots=True)
class Activite:
    """What the other sources know, from which the returns derive."""

    actes: EtatActes
    consultations: list[Consultation]
    marches: list[Marche]
    flux: list[Flux]
    transferts: list[Transfert]


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
    declared = _declared(rng, territoire, activite, echelle, graine)
    answering = _answering(rng, territoire, echelle)
    for rang in answering:
        collectivite = territoire.collectivites[rang]
        for envoi in _envois(rng, territoire, declared[rang]):
            _write(rng, deposit, territoire, collectivite, envoi)
            for mois, code, texte in envoi.lignes:
                if texte and texte != "NC":
                    truth.set(collectivite.siren, territoire.mois[mois], "retour", code, number_of(texte))
    return set(answering)


# --- who answers, and when --------------------------------------------------------------------------------------------


def _answering(rng: np.random.Generator, territoire: Territoire, echelle: float) -> list[int]:
    part_communes = (1 - PART_SANS_REPONSE) * min(1.0, echelle / ECHELLE_PLEINE)
    draws = rng.random(len(territoire.collectivites))
    answering = []
    for rang, collectivite in enumerate(territoire.collectivites):
        is_commune = collectivite.type_collectivite == "commune"
        part = part_communes if is_commune else 1 - PART_SANS_REPONSE_GRANDES
        if collectivite.est_compte and draws[rang] < part:
            answering.append(rang)
    return answering


def _envois(rng: np.random.Generator, territoire: Territoire, reponses: Reponses) -> Iterator[Envoi]:
    """The files of one collectivité, corrections after the files that they correct."""
    rythme = int(rng.choice([months for months, _ in RYTHMES], p=[part for _, part in RYTHMES]))
    for debut in range(0, len(territoire.mois), rythme):
        fin = debut + rythme - 1
        date_envoi = month_end(territoire.mois[fin]) + timedelta(days=int(rng.integers(3, 26)))
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
    draw = rng.random()
    if code in COUTS_PAR_HABITANT and draw < 2 * PART_VIDE:
        return "" if draw < PART_VIDE else "NC"
    return str(valeur).replace(".", ",")


def number_of(texte: str) -> Valeur:
    """The number that a typed value says."""
    return Decimal(texte.replace(",", ".")) if "," in texte else int(texte)


# --- what is declared -------------------------------------------------------------------------------------------------


def _declared(
    rng: np.random.Generator, territoire: Territoire, activite: Activite, echelle: float, graine: int
) -> defaultdict[int, Reponses]:
    declared: defaultdict[int, Reponses] = defaultdict(lambda: defaultdict(dict))
    rangs_des_mois = {mois: i for i, mois in enumerate(territoire.mois)}
    parts = {
        name: adoption(territoire, name, graine)
        for name in ("signature", "notification", "helios", "factures", "asap", "parapheur", "budget")
    }
    panel = _panel(territoire)
    _declare_actes(rng, declared, activite.actes, panel, parts["budget"])
    _declare_tenders(rng, declared, activite.consultations, rangs_des_mois)
    _declare_contracts(rng, declared, activite.marches, rangs_des_mois, parts)
    _declare_helios(declared, activite.flux, rangs_des_mois, parts)
    for transfert in activite.transferts:
        answers = declared[transfert.rang][rangs_des_mois[transfert.jour.replace(day=1)]]
        answers["DOSSIERS_CLOS"] = answers.get("DOSSIERS_CLOS", 1) + len(transfert.tailles)
    _declare_documents(rng, declared, territoire, echelle, panel, parts)
    for rang in panel:
        _declare_costs(rng, declared[rang], territoire, territoire.collectivites[rang])
    return declared


def _panel(territoire: Territoire) -> list[int]:
    """The largest collectivités, which answer every question."""
    counted = [i for i, c in enumerate(territoire.collectivites) if c.est_compte]
    return sorted(sorted(counted, key=lambda i: (-territoire.collectivites[i].poids, i))[:PANEL])


def _declare_actes(
    rng: np.random.Generator,
    declared: defaultdict[int, Reponses],
    etat: EtatActes,
    panel: list[int],
    part_budget: np.ndarray,
) -> None:
    complete = set(panel)
    for rang, by_month in enumerate(etat.transmissibles.tolist()):
        for mois, nombres in enumerate(by_month):
            answers = declared[rang][mois]
            for nature, nombre in enumerate(nombres, start=1):
                if nombre or nature == 1 or rang in complete:
                    answers[f"ACTES_TRANSMISSIBLES_{nature}"] = nombre
            if nombres[4] or rang in complete:
                answers["DOCUMENTS_BUDGETAIRES"] = nombres[4]
                answers["DOCUMENTS_BUDGETAIRES_ACTES"] = int(rng.binomial(nombres[4], part_budget[rang, mois]))


def _declare_tenders(
    rng: np.random.Generator,
    declared: defaultdict[int, Reponses],
    consultations: list[Consultation],
    rangs_des_mois: dict[date, int],
) -> None:
    """Tenders launched, here and on other platforms, with their withdrawals and offers."""
    lancees: defaultdict[tuple[int, int], list[Consultation]] = defaultdict(list)
    for consultation in consultations:
        if (mois := rangs_des_mois.get(consultation.mise_en_ligne.replace(day=1))) is not None:
            lancees[consultation.rang, mois].append(consultation)
    for (rang, mois), found in sorted(lancees.items()):
        ailleurs = rng.poisson((0.06 * len(found), 0.3 * len(found), 0.1 * len(found))).tolist()
        retraits_papier = sum(c.retraits_papier for c in found)
        plis_papier = sum(c.plis_papier for c in found)
        declared[rang][mois] |= {
            "CONSULTATIONS_LANCEES": len(found) + ailleurs[0],
            "RETRAITS_DCE_PAPIER": retraits_papier,
            "RETRAITS_DCE_TOTAL": retraits_papier + sum(c.retraits_elec for c in found) + ailleurs[1],
            "PLIS_PAPIER": plis_papier,
            "PLIS_TOTAL": plis_papier + sum(c.plis_elec for c in found) + ailleurs[2],
        }


def _declare_contracts(
    rng: np.random.Generator,
    declared: defaultdict[int, Reponses],
    marches: list[Marche],
    rangs_des_mois: dict[date, int],
    parts: dict[str, np.ndarray],
) -> None:
    """Contracts notified, those below the publication threshold included, and how many were signed online."""
    notifies: defaultdict[tuple[int, int], int] = defaultdict(int)
    for marche in marches:
        if not marche.concession:
            notifies[marche.rang, rangs_des_mois[marche.notification.replace(day=1)]] += 1
    for (rang, mois), found_here in sorted(notifies.items()):
        nombre = found_here + int(rng.poisson(0.15 * found_here))
        signes = int(rng.binomial(nombre, parts["signature"][rang, mois]))
        notifies_elec = int(rng.binomial(nombre, parts["notification"][rang, mois]))
        declared[rang][mois] |= {
            "MARCHES_NOTIFIES": nombre,
            "MARCHES_SIGNES_ELEC": signes,
            "MARCHES_NOTIFIES_ELEC": notifies_elec,
            "MARCHES_BOUT_EN_BOUT": int(rng.binomial(min(signes, notifies_elec), 0.75)),
        }


def _declare_helios(
    declared: defaultdict[int, Reponses],
    flux: list[Flux],
    rangs_des_mois: dict[date, int],
    parts: dict[str, np.ndarray],
) -> None:
    """Volumes of those who send accounting flows: what was not refused, and the rest on paper."""
    sums: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in flux:
        if one.statut != "rejete":
            volumes = (one.pieces(depense=True), one.pieces(depense=False), len(one.bordereaux), one.pj)
            key = one.rang, rangs_des_mois[one.jour.replace(day=1)]
            sums[key] = [total + volume for total, volume in zip(sums[key], volumes, strict=True)]
    for (rang, mois), totals in sorted(sums.items()):
        papier = 1 / max(float(parts["helios"][rang, mois]), 0.3)
        mandats, titres, bordereaux, pieces = (round(total * papier) for total in totals)
        declared[rang][mois] |= {"MANDATS": mandats, "TITRES": titres, "BORDEREAUX": bordereaux, "PJ": pieces}
        asap = round(titres * 0.6)
        declared[rang][mois] |= {"ASAP_EMIS": asap, "ASAP_DEMAT": round(asap * float(parts["asap"][rang, mois]))}


def _declare_documents(
    rng: np.random.Generator,
    declared: defaultdict[int, Reponses],
    territoire: Territoire,
    echelle: float,
    panel: list[int],
    parts: dict[str, np.ndarray],
) -> None:
    """Invoices and signatures of the panel, of the EPCI and of the larger communes; reprints of the panel."""
    complete = set(panel)
    for rang, collectivite in enumerate(territoire.collectivites):
        is_large = collectivite.population >= GRANDE_COMMUNE and collectivite.type_collectivite == "commune"
        if rang not in complete and not is_large and collectivite.type_collectivite != "epci":
            continue
        for mois, saison in enumerate(territoire.saison.tolist()):
            share = collectivite.poids * echelle * saison / 12
            factures, documents = rng.poisson((FACTURES_PAR_AN * share, DOCUMENTS_A_SIGNER_PAR_AN * share)).tolist()
            signes = int(rng.binomial(documents, parts["parapheur"][rang, mois]))
            declared[rang][mois] |= {
                "FACTURES_RECUES": factures,
                "FACTURES_RECUES_ELEC": int(rng.binomial(factures, parts["factures"][rang, mois])),
                "DOCUMENTS_SIGNABLES": documents,
                "DOCUMENTS_SIGNES_PARAPHEUR": signes,
            }
            if rang in complete:
                reimprimes = int(rng.binomial(signes, 0.12))
                declared[rang][mois] |= {"DOCUMENTS_DEMATERIALISES": signes, "DOCUMENTS_REIMPRIMES": reimprimes}


def _declare_costs(
    rng: np.random.Generator, reponses: Reponses, territoire: Territoire, collectivite: Collectivite
) -> None:
    """Costs and times of the panel: around a mean of its own, since no one measures every month anew."""
    habitudes = rng.lognormal(0, 0.25, len(COUTS_PAR_HABITANT) + len(TEMPS_MOYENS)).tolist()
    population = min(collectivite.population, 250_000)
    for mois in range(len(territoire.mois)):
        bruit = rng.lognormal(0, 0.1, len(habitudes)).tolist()
        facteurs = [habitude * b for habitude, b in zip(habitudes, bruit, strict=True)]
        for (code, mean), facteur in zip(COUTS_PAR_HABITANT.items(), facteurs, strict=False):
            reponses[mois][code] = Decimal(f"{mean * population * facteur:.2f}")
        for (code, minutes), facteur in zip(TEMPS_MOYENS.items(), facteurs[len(COUTS_PAR_HABITANT) :], strict=True):
            reponses[mois][code] = max(1, round(minutes * facteur))


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
