"""Tenders of the buyer profile: a monthly CSV export for everyone, where a tender comes back until it is settled.

An export holds the tenders put online in its month and in the two months before, with their counts of that day: the
last line read is the right one. One more, of the day of the deposit, follows up the last tenders. Since October 2018
tenders are answered electronically, a paper one is an exception.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from orchestration.demo.adoption import adoption
from orchestration.demo.deposit import Deposit, csv_bytes
from orchestration.demo.territory import DATE_DU_DEPOT, Territoire, generator, month_end, shift_month
from orchestration.demo.truth import Truth

CONSULTATIONS_PAR_AN = 8_000
"""Tenders of Bretagne in a year; 13.8 withdrawals and 4.4 offers for each (volumes.md § F)."""
RETRAITS_PAR_CONSULTATION = 13.8
PLIS_PAR_CONSULTATION = 4.4

MOIS_AVANT = 4
"""Tenders are drawn from four months earlier on: their contracts fall in the demonstration's first months."""
MOIS_DE_SUIVI = 3

HEADER = [
    "organisme",
    "siren",
    "reference",
    "reference_utilisateur",
    "intitule",
    "type_procedure",
    "categorie",
    "date_mise_en_ligne",
    "date_cloture",
    "reponse_electronique_autorisee",
    "reponse_electronique_obligatoire",
    "alloti",
    "nb_lots",
    "montant_estime",
    "nb_retraits_dce_elec",
    "nb_retraits_dce_papier",
    "nb_plis_elec",
    "nb_plis_papier",
    "nb_plis_annules",
    "nb_plis_hors_delai",
    "statut",
]

PROCEDURES = ("Procédure adaptée", "Appel d'offres ouvert", "Procédure avec négociation", "Dialogue compétitif")
SEUIL_FORMALISE_EUR = 221_000
CATEGORIES = ("Travaux", "Fournitures", "Services")
OBJETS = {
    "Travaux": ("Réfection de la voirie", "Rénovation énergétique de l’école", "Extension du réseau d’eaux usées"),
    "Fournitures": ("Denrées pour la restauration scolaire", "Matériel informatique", "Mobilier urbain"),
    "Services": ("Entretien des espaces verts", "Assurances", "Maîtrise d’œuvre de la médiathèque"),
}


@dataclass(slots=True)
class Consultation:
    """One tender, with its final counts."""

    rang: int
    siren: str
    organisme: str
    reference: int
    intitule: str
    procedure: str
    categorie: str
    mise_en_ligne: date
    cloture: date
    nb_lots: int
    montant: int
    retraits_elec: int
    retraits_papier: int
    plis_elec: int
    plis_papier: int
    plis_annules: int
    plis_hors_delai: int


def write_consultations(
    deposit: Deposit, truth: Truth, territoire: Territoire, echelle: float, graine: int
) -> list[Consultation]:
    """Draw the tenders, write their exports and their truth; returns all of them, earlier ones included."""
    consultations = _draw(generator(graine, "consultations"), territoire, echelle, graine)
    by_month: defaultdict[date, list[Consultation]] = defaultdict(list)
    for consultation in consultations:
        by_month[consultation.mise_en_ligne.replace(day=1)].append(consultation)
    for mois in (*territoire.mois, shift_month(territoire.mois[-1], 1)):
        suivis = [shift_month(mois, -i) for i in reversed(range(MOIS_DE_SUIVI))]
        seen_on = min(month_end(mois), DATE_DU_DEPOT)
        rows = [row(c, seen_on) for m in suivis if m in territoire.mois for c in by_month[m]]
        encoding = "cp1252" if mois.month % 3 == 0 else "utf-8-sig" if mois.month % 3 == 1 else "utf-8"
        deposit.write("consultations", export_name(mois), csv_bytes([HEADER, *rows], ";", encoding, "\r\n"))
    for consultation in (c for mois in territoire.mois for c in by_month[mois]):
        tell(truth, consultation, last_counts(consultation))
    return consultations


def export_name(mois: date) -> str:
    """Name of the export of one month."""
    return f"sdm_consultations_{mois:%Y-%m}.csv"


def tell(truth: Truth, consultation: Consultation, nombres: tuple[int, int, int, int]) -> None:
    """Add a tender to the truth, in its month of publication online."""
    siren, jour = consultation.siren, consultation.mise_en_ligne
    truth.add(siren, jour, "consultations_mises_en_ligne")
    truth.first(siren, jour, "premiere_preuve", "E04")
    grandeurs = ("retraits_electroniques", "retraits_papier", "plis_electroniques", "plis_papier")
    for grandeur, nombre in zip(grandeurs, nombres, strict=True):
        truth.add(siren, jour, grandeur, nombre)


def last_counts(consultation: Consultation) -> tuple[int, int, int, int]:
    """What the last export that holds the tender says of it."""
    last_month = shift_month(consultation.mise_en_ligne.replace(day=1), MOIS_DE_SUIVI - 1)
    return counts(consultation, min(month_end(last_month), DATE_DU_DEPOT))


def counts(consultation: Consultation, seen_on: date) -> tuple[int, int, int, int]:
    """Withdrawals (electronic, paper) and offers (electronic, paper) at the end of a day."""
    if seen_on > consultation.cloture:
        avancement = 1.0
    else:
        ouverture = (consultation.cloture - consultation.mise_en_ligne).days
        avancement = ((seen_on - consultation.mise_en_ligne).days + 1) / (ouverture + 1)
    # Offers come in the last days: none is counted before the closing date.
    plis = (consultation.plis_elec, consultation.plis_papier) if avancement == 1.0 else (0, 0)
    retraits = (int(consultation.retraits_elec * avancement), int(consultation.retraits_papier * avancement))
    return (*retraits, *plis)


def row(consultation: Consultation, seen_on: date) -> tuple[object, ...]:
    """One line of the export made at the end of a day."""
    close = seen_on > consultation.cloture
    obligatoire = consultation.mise_en_ligne >= date(2018, 10, 1) and consultation.montant >= 40_000
    return (
        consultation.organisme,
        consultation.siren,
        consultation.reference,
        f"{consultation.mise_en_ligne.year}-{consultation.reference % 100_000:05d}",
        consultation.intitule,
        consultation.procedure,
        consultation.categorie,
        f"{consultation.mise_en_ligne.isoformat()} 09:00:00",
        f"{consultation.cloture.isoformat()} 12:00:00",
        "1",
        "1" if obligatoire else "0",
        "1" if consultation.nb_lots > 1 else "0",
        consultation.nb_lots if consultation.nb_lots > 1 else "",
        consultation.montant,
        *counts(consultation, seen_on),
        consultation.plis_annules if close else 0,
        consultation.plis_hors_delai if close else 0,
        "Décision" if close else "Consultation",
    )


def _draw(rng: np.random.Generator, territoire: Territoire, echelle: float, graine: int) -> list[Consultation]:
    mois = [shift_month(territoire.mois[0], -i) for i in range(MOIS_AVANT, 0, -1)] + list(territoire.mois)
    saison = np.array([territoire.saison[i % 12] for i in range(-MOIS_AVANT, len(territoire.mois))])
    parts = adoption(territoire, "marches", graine)
    parts = np.concatenate([np.repeat(parts[:, :1], MOIS_AVANT, axis=1), parts], axis=1)
    nombres = rng.poisson(CONSULTATIONS_PAR_AN * echelle / 12 * territoire.poids[:, None] * saison[None, :])
    consultations = []
    for rang, rang_mois in np.argwhere(nombres).tolist():
        for _ in range(int(nombres[rang, rang_mois])):
            reference = 100_001 + len(consultations)
            part = float(parts[rang, rang_mois])
            consultations.append(_one(rng, territoire, rang, mois[rang_mois], part, reference))
    return consultations


def _one(
    rng: np.random.Generator, territoire: Territoire, rang: int, mois: date, part: float, reference: int
) -> Consultation:
    """One tender: procedure after amount, offers among those who withdrew the documents."""
    collectivite = territoire.collectivites[rang]
    mise_en_ligne = mois.replace(day=int(rng.integers(1, month_end(mois).day + 1)))
    categorie = CATEGORIES[int(rng.choice(3, p=(0.45, 0.25, 0.3)))]
    montant = int(np.clip(rng.lognormal(11.4, 1.2), 8_000, 30_000_000))
    retraits, retraits_elec, plis, plis_elec = _draw_counts(rng, part)
    objets = OBJETS[categorie]
    return Consultation(
        rang=rang,
        siren=collectivite.siren,
        organisme=f"m{rang:04d}",
        reference=reference,
        intitule=f"{objets[reference % len(objets)]} ({collectivite.nom})",
        procedure=_procedure(rng, montant),
        categorie=categorie,
        mise_en_ligne=mise_en_ligne,
        cloture=mise_en_ligne + timedelta(days=int(rng.integers(21, 46))),
        nb_lots=int(rng.integers(2, 7)) if rng.random() < 0.16 else 1,
        montant=montant,
        retraits_elec=retraits_elec,
        retraits_papier=retraits - retraits_elec,
        plis_elec=plis_elec,
        plis_papier=plis - plis_elec,
        plis_annules=int(rng.random() < 0.02 and plis > 0),
        plis_hors_delai=int(rng.random() < 0.05 and plis > 1),
    )


def _draw_counts(rng: np.random.Generator, part: float) -> tuple[int, int, int, int]:
    """Withdrawals and electronic ones, offers and electronic ones: who offers has withdrawn the documents."""
    plis = int(rng.poisson(rng.gamma(2.0, PLIS_PAR_CONSULTATION / 2)))
    retraits = plis + int(rng.poisson(rng.gamma(2.0, (RETRAITS_PAR_CONSULTATION - PLIS_PAR_CONSULTATION) / 2)))
    return retraits, int(rng.binomial(retraits, 0.5 + part / 2)), plis, int(rng.binomial(plis, part))


def _procedure(rng: np.random.Generator, montant: int) -> str:
    """Above the European threshold the procedure is a formal one."""
    if montant <= SEUIL_FORMALISE_EUR:
        return PROCEDURES[0]
    return PROCEDURES[1 + int(rng.choice(3, p=(0.75, 0.2, 0.05)))]
