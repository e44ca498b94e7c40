"""What the collectivités declare in their returns: their whole activity, month by month, whatever it passed by.

Every collectivité that answers declares what it did of each process, 0 included: acts, tenders, bordereaux, closed
files. Those equipped for it count their invoices and signatures, and the panel answers every question. A few small
communes skip the questions of one process.

Totals are never below what the platforms saw. What comes on top (paper, other platforms) is such that the rates of the
territory follow `adoption.TAUX_VISES`, and falls on those who lag behind.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from orchestration.demo.actes import EtatActes
from orchestration.demo.adoption import adoption, lag, rate_aimed_at
from orchestration.demo.archivage import Transfert
from orchestration.demo.consultations import Consultation, last_counts
from orchestration.demo.helios import Flux
from orchestration.demo.marches import Marche, is_due
from orchestration.demo.territory import Territoire, generator

GRANDE_COMMUNE = 10_000
COMMUNE_EQUIPEE = 1_400
"""Inhabitants from which a commune counts its invoices and its signatures: one in two."""
PART_PROCESSUS_OMIS = 0.03
MOIS_EXHAUSTIFS = (1, 2, 3)
"""Months of which everything is asked, zeros included; the rest of the year small ones only write what they have."""
EXPOSANT_PAPIER = 0.75
"""Below one: small collectivités keep more on paper than their size."""

FACTURES_PAR_AN = 2_500_000
DOCUMENTS_A_SIGNER_PAR_AN = 500_000
MANDATS_PAR_BORDEREAU, TITRES_PAR_BORDEREAU = 5.0, 1.7

# Around when the small ones met each obligation; the large five years sooner.
ANNEES_OBLIGATIONS = {
    "ANNEE_SAISINE_ELECTRONIQUE": 2022,
    "ANNEE_DPO": 2020,
    "ANNEE_ACCESSIBILITE": 2026,
    "ANNEE_DONNEES_OUVERTES": 2025,
    "ANNEE_COMEDEC": 2020,
    "ANNEE_BUDGETS_ELECTRONIQUES": 2022,
}
OPEN_DATA_HABITANTS = 3_500

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
class Enquete:
    """Who is asked: ranks of those who answer and, among them, of the panel."""

    territoire: Territoire
    repondants: Sequence[int]
    panel: frozenset[int]
    echelle: float
    graine: int

    @property
    def shape(self) -> tuple[int, int]:
        """Collectivités and months."""
        return len(self.territoire.collectivites), len(self.territoire.mois)

    def month(self, jour: date) -> int | None:
        """Rank of the month of a day; None before the demonstration."""
        first = self.territoire.mois[0]
        rang = (jour.year - first.year) * 12 + jour.month - first.month
        return rang if 0 <= rang < len(self.territoire.mois) else None

    def asks_all(self, mois: int) -> bool:
        """Whether the form of this month (a rank) asks for every value, zeros included."""
        return self.territoire.mois[mois].month in MOIS_EXHAUSTIFS

    def is_large(self, rang: int) -> bool:
        """Whether the collectivité has the staff to answer every question."""
        collectivite = self.territoire.collectivites[rang]
        return collectivite.type_collectivite != "commune" or collectivite.population >= GRANDE_COMMUNE

    def parts(self, processus: str) -> np.ndarray:
        """Shares of a process done digitally."""
        return adoption(self.territoire, processus, self.graine)


def declare(enquete: Enquete, activite: Activite) -> defaultdict[int, Reponses]:
    """Everything that those who answer have to declare, by rank."""
    declared: defaultdict[int, Reponses] = defaultdict(lambda: defaultdict(dict))
    rng = generator(enquete.graine, "declarations")
    _declare_actes(rng, declared, enquete, activite.actes)
    _declare_tenders(rng, declared, enquete, activite.consultations)
    _declare_contracts(rng, declared, enquete, activite.marches)
    _declare_helios(rng, declared, enquete, activite.flux)
    _declare_archives(rng, declared, enquete, activite.transferts)
    _declare_documents(rng, declared, enquete)
    _declare_obligations(declared, enquete)
    for rang in sorted(enquete.panel):
        _declare_costs(rng, declared[rang], enquete.territoire, rang)
    return declared


# --- what stays outside the platforms ---------------------------------------------------------------------------------


def _respondents(rng: np.random.Generator, enquete: Enquete) -> list[int]:
    """Those who answer the questions of one process: all but a few small communes."""
    draws = rng.random(len(enquete.territoire.collectivites))
    return [i for i in enquete.repondants if draws[i] >= PART_PROCESSUS_OMIS or enquete.is_large(i)]


def _weights(enquete: Enquete, processus: str, rangs: Sequence[int]) -> np.ndarray:
    """Share of each collectivité in what stays outside the platform, by month; 0 but for `rangs`."""
    weights = np.zeros(enquete.shape)
    lags = lag(enquete.territoire, processus, enquete.graine)
    weights[rangs] = (enquete.territoire.poids**EXPOSANT_PAPIER * lags)[rangs, None]
    return weights


def _outside(
    rng: np.random.Generator, elec: np.ndarray, seen: np.ndarray, rates: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """What is declared beyond `seen`, shared by `weights`, so that `elec` makes the rates aimed at (all by month)."""
    totals = np.maximum(elec / rates - seen, 0)
    outside = np.zeros(weights.shape, dtype=int)
    for mois, total in enumerate((totals + rng.random(len(totals))).astype(int).tolist()):
        if weights[:, mois].any():
            outside[:, mois] = rng.multinomial(total, weights[:, mois] / weights[:, mois].sum())
    return outside


def _cells(enquete: Enquete, rangs: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Every collectivité and month, in order."""
    return ((rang, mois) for rang in rangs for mois in range(len(enquete.territoire.mois)))


# --- the processes ----------------------------------------------------------------------------------------------------


def _declare_actes(
    rng: np.random.Generator, declared: defaultdict[int, Reponses], enquete: Enquete, etat: EtatActes
) -> None:
    """Resolutions are asked of all every month; the other natures when there are some, or when all is asked."""
    part_budget = enquete.parts("budget")
    for rang, mois in _cells(enquete, enquete.repondants):
        answers, is_complete = declared[rang][mois], rang in enquete.panel or enquete.asks_all(mois)
        nombres = etat.transmissibles[rang, mois].tolist()
        for nature, nombre in enumerate(nombres, start=1):
            if nombre or nature == 1 or is_complete:
                answers[f"ACTES_TRANSMISSIBLES_{nature}"] = nombre
        if rang in enquete.panel or (nombres[4] and enquete.is_large(rang)):
            answers["DOCUMENTS_BUDGETAIRES"] = nombres[4]
            answers["DOCUMENTS_BUDGETAIRES_ACTES"] = int(rng.binomial(nombres[4], part_budget[rang, mois]))


def _declare_tenders(
    rng: np.random.Generator,
    declared: defaultdict[int, Reponses],
    enquete: Enquete,
    consultations: list[Consultation],
) -> None:
    """Tenders launched and offers received, here and elsewhere; what is on paper when there is something to say."""
    rangs, rates = _respondents(rng, enquete), rate_aimed_at(enquete.territoire, "marches")
    seen = np.zeros((*enquete.shape, 5), dtype=int)
    for consultation in consultations:
        if (mois := enquete.month(consultation.mise_en_ligne)) is not None:
            seen[consultation.rang, mois] += (1, *last_counts(consultation))
    nombre, retraits_elec, retraits_papier, plis_elec, plis_papier = seen[rangs].sum(axis=0).T
    lancees = _outside(rng, nombre, nombre, rates, _weights(enquete, "marches", rangs))
    retraits = _outside(rng, retraits_elec, retraits_elec + retraits_papier, rates, lancees)
    plis = _outside(rng, plis_elec, plis_elec + plis_papier, rates, lancees)
    for rang, mois in _cells(enquete, rangs):
        found = seen[rang, mois].tolist()
        answers = declared[rang][mois]
        answers["CONSULTATIONS_LANCEES"] = found[0] + int(lancees[rang, mois])
        answers["PLIS_TOTAL"] = found[3] + found[4] + int(plis[rang, mois])
        if answers["CONSULTATIONS_LANCEES"] or rang in enquete.panel:
            answers["RETRAITS_DCE_TOTAL"] = found[1] + found[2] + int(retraits[rang, mois])
        if enquete.is_large(rang) and "RETRAITS_DCE_TOTAL" in answers:
            answers["PLIS_PAPIER"] = found[4] + int(plis[rang, mois]) // 2
            answers["RETRAITS_DCE_PAPIER"] = found[2] + int(retraits[rang, mois]) // 4


def _declare_contracts(
    rng: np.random.Generator, declared: defaultdict[int, Reponses], enquete: Enquete, marches: list[Marche]
) -> None:
    """Contracts notified, those below the publication threshold included, and how many were signed online."""
    signature, notification = enquete.parts("signature"), enquete.parts("notification")
    notifies: defaultdict[tuple[int, int], int] = defaultdict(int)
    publiables: defaultdict[tuple[int, int], int] = defaultdict(int)
    answering = set(enquete.repondants)
    for marche in marches:
        mois = enquete.month(marche.notification)
        if mois is not None and marche.rang in answering and not marche.concession:
            notifies[marche.rang, mois] += 1
        if mois is not None and is_due(marche):
            publiables[marche.rang, mois] += 1
    ailleurs = generator(enquete.graine, "marches publiables")
    buyers = sorted({rang for rang, _ in notifies})
    for rang, mois in _cells(enquete, buyers):
        found_here = notifies.get((rang, mois), 0)
        nombre = found_here + int(rng.poisson(0.15 * found_here))
        signes = int(rng.binomial(nombre, signature[rang, mois]))
        notifies_elec = int(rng.binomial(nombre, notification[rang, mois]))
        declared[rang][mois] |= {
            "MARCHES_NOTIFIES": nombre,
            "MARCHES_SIGNES_ELEC": signes,
            "MARCHES_NOTIFIES_ELEC": notifies_elec,
            "MARCHES_BOUT_EN_BOUT": int(rng.binomial(min(signes, notifies_elec), 0.75)),
            "MARCHES_PUBLIABLES": publiables[rang, mois] + int(ailleurs.binomial(nombre - found_here, 0.6)),
        }


def _declare_helios(
    rng: np.random.Generator, declared: defaultdict[int, Reponses], enquete: Enquete, flux: list[Flux]
) -> None:
    """Bordereaux of all; vouchers, receipts and documents of those who send flows, or who sent some on paper."""
    rangs, rates = _respondents(rng, enquete), rate_aimed_at(enquete.territoire, "helios")
    seen, signed = _flows_by_month(enquete, flux)
    on_paper = np.maximum(enquete.parts("helios"), 0.3)[:, :, None]
    own = np.rint(seen / on_paper).astype(int)
    senders = {one.rang for one in flux}
    others = [rang for rang in rangs if rang not in senders]
    weights = _weights(enquete, "helios", others)
    papier = _outside(rng, signed[rangs].sum(axis=0), own[rangs, :, 2].sum(axis=0), rates, weights)
    asap = enquete.parts("asap")
    for rang, mois in _cells(enquete, rangs):
        answers, bordereaux = declared[rang][mois], int(papier[rang, mois])
        volumes = own[rang, mois].tolist() if rang in senders else _paper_volumes(rng, bordereaux)
        if rang in senders or bordereaux or enquete.asks_all(mois):
            answers |= dict(zip(("MANDATS", "TITRES", "BORDEREAUX", "PJ"), volumes, strict=True))
        if rang in senders:
            emis = round(volumes[1] * 0.6)
            answers |= {"ASAP_EMIS": emis, "ASAP_DEMAT": round(emis * float(asap[rang, mois]))}
        answers["BORDEREAUX"] = volumes[2]


def _flows_by_month(enquete: Enquete, flux: list[Flux]) -> tuple[np.ndarray, np.ndarray]:
    """Vouchers, receipts, bordereaux and documents that were not refused; and bordereaux signed among them."""
    seen, signed = np.zeros((*enquete.shape, 4)), np.zeros(enquete.shape)
    for one in flux:
        if one.statut != "rejete" and (mois := enquete.month(one.jour)) is not None:
            seen[one.rang, mois] += (one.pieces(depense=True), one.pieces(depense=False), len(one.bordereaux), one.pj)
            signed[one.rang, mois] += sum(b.signe for b in one.bordereaux)
    return seen, signed


def _paper_volumes(rng: np.random.Generator, bordereaux: int) -> tuple[int, int, int, int]:
    """Vouchers, receipts, bordereaux and documents of a month on paper."""
    mandats = int(rng.poisson(MANDATS_PAR_BORDEREAU * bordereaux))
    titres = int(rng.poisson(TITRES_PAR_BORDEREAU * bordereaux))
    return mandats, titres, bordereaux, mandats + titres


def _declare_archives(
    rng: np.random.Generator, declared: defaultdict[int, Reponses], enquete: Enquete, transferts: list[Transfert]
) -> None:
    """Files closed: one for each transfer that was not refused, and those that await theirs.

    Small communes that archive nothing count them once a quarter, which is the step of the indicator.
    """
    rangs, rates = _respondents(rng, enquete), rate_aimed_at(enquete.territoire, "archivage")
    accepted, seen = np.zeros(enquete.shape, dtype=int), np.zeros(enquete.shape, dtype=int)
    for transfert in transferts:
        if (mois := enquete.month(transfert.jour)) is not None:
            accepted[transfert.rang, mois] += transfert.est_accepte
            seen[transfert.rang, mois] += transfert.est_accepte or transfert.code is None
    by_quarter = [_quarter_means(enquete, one[rangs].sum(axis=0)) for one in (accepted, seen)]
    en_attente = _outside(rng, *by_quarter, rates, _weights(enquete, "archivage", rangs))
    clos = seen + en_attente
    by_month = {rang for rang in rangs if enquete.is_large(rang) or seen[rang].any()}
    first = 0
    for mois in range(len(enquete.territoire.mois)):
        closes_quarter = _closes_quarter(enquete, mois)
        asked = closes_quarter or enquete.asks_all(mois)
        for rang in rangs if asked else sorted(by_month):
            since = mois if rang in by_month or enquete.asks_all(mois) else first
            declared[rang][mois]["DOSSIERS_CLOS"] = int(clos[rang, since : mois + 1].sum())
        first = mois + 1 if closes_quarter else first


def _closes_quarter(enquete: Enquete, mois: int) -> bool:
    """Whether the month is the last of its calendar quarter, or of the demonstration."""
    return enquete.territoire.mois[mois].month % 3 == 0 or mois == len(enquete.territoire.mois) - 1


def _quarter_means(enquete: Enquete, by_month: np.ndarray) -> np.ndarray:
    """Each month's mean over its calendar quarter: too few transfers come in a month to make a rate."""
    quarters = np.array([mois.year * 4 + (mois.month - 1) // 3 for mois in enquete.territoire.mois])
    return np.array([by_month[quarters == quarter].mean() for quarter in quarters])


def _declare_documents(rng: np.random.Generator, declared: defaultdict[int, Reponses], enquete: Enquete) -> None:
    """Invoices and signatures, which the smallest communes count when all is asked; reprints of the panel."""
    parapheur, factures_elec = enquete.parts("parapheur"), enquete.parts("factures")
    saison = enquete.territoire.saison
    collectivites = enquete.territoire.collectivites
    equipped = {i for i in enquete.repondants if enquete.is_large(i) or collectivites[i].population >= COMMUNE_EQUIPEE}
    for rang, mois in _cells(enquete, enquete.repondants):
        if rang not in equipped and not enquete.asks_all(mois):
            continue
        share = collectivites[rang].poids * enquete.echelle * saison[mois] / 12
        factures, documents = rng.poisson((FACTURES_PAR_AN * share, DOCUMENTS_A_SIGNER_PAR_AN * share)).tolist()
        signes = int(rng.binomial(documents, parapheur[rang, mois]))
        answers = declared[rang][mois]
        answers["FACTURES_RECUES"] = factures
        answers["FACTURES_RECUES_ELEC"] = int(rng.binomial(factures, factures_elec[rang, mois]))
        answers["DOCUMENTS_SIGNABLES"] = documents
        answers["DOCUMENTS_SIGNES_PARAPHEUR"] = signes
        if rang in enquete.panel:
            answers["DOCUMENTS_DEMATERIALISES"] = signes
            answers["DOCUMENTS_REIMPRIMES"] = int(rng.binomial(signes, 0.12))


def _declare_obligations(declared: defaultdict[int, Reponses], enquete: Enquete) -> None:
    """Each January, since when each obligation is met, if it is; the large count their electronic requests."""
    rng, months = generator(enquete.graine, "obligations"), enquete.territoire.mois
    for rang in enquete.repondants:
        collectivite, is_large = enquete.territoire.collectivites[rang], enquete.is_large(rang)
        depuis = {c: max(rng.normal(annee - 5 * is_large, 5), 2004) for c, annee in ANNEES_OBLIGATIONS.items()}
        demandes = rng.poisson(60 * is_large, len(months)).tolist()
        a_l_heure = rng.binomial(demandes, 0.9).tolist()
        asked = dict.fromkeys(("ANNEE_COMEDEC", "ANNEE_BUDGETS_ELECTRONIQUES"), is_large)
        asked |= {"ANNEE_DONNEES_OUVERTES": collectivite.population >= OPEN_DATA_HABITANTS}
        for mois, jour in enumerate(months):
            answers, annee = declared[rang][mois], jour.year + jour.month / 12
            if jour.month == 1:
                answers |= {c: int(since) * (annee >= since) for c, since in depuis.items() if asked.get(c, True)}
            if demandes[mois] and annee >= depuis["ANNEE_SAISINE_ELECTRONIQUE"]:
                answers |= {"DEMANDES_SVE": demandes[mois], "AR_SVE_1J": a_l_heure[mois]}


def _declare_costs(rng: np.random.Generator, reponses: Reponses, territoire: Territoire, rang: int) -> None:
    """Costs and times of the panel: around a mean of its own, since no one measures every month anew."""
    habitudes = rng.lognormal(0, 0.25, len(COUTS_PAR_HABITANT) + len(TEMPS_MOYENS)).tolist()
    population = min(territoire.collectivites[rang].population, 250_000)
    for mois in range(len(territoire.mois)):
        bruit = rng.lognormal(0, 0.1, len(habitudes)).tolist()
        facteurs = [habitude * b for habitude, b in zip(habitudes, bruit, strict=True)]
        for (code, mean), facteur in zip(COUTS_PAR_HABITANT.items(), facteurs, strict=False):
            reponses[mois][code] = Decimal(f"{mean * population * facteur:.2f}")
        for (code, minutes), facteur in zip(TEMPS_MOYENS.items(), facteurs[len(COUTS_PAR_HABITANT) :], strict=True):
            reponses[mois][code] = max(1, round(minutes * facteur))
