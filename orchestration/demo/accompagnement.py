"""Support: events that prepared each obligation, who came, and the help desk's tickets. A handful of CSV files.

Each obligation was prepared by a few events in the year before its date, and by a last one after it: who came only to
that one came too late. Larger collectivités come more often. Tickets follow activity, and fade as habits form.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from orchestration.demo.deposit import Deposit, csv_bytes
from orchestration.demo.territory import Territoire, generator
from orchestration.demo.truth import Truth

EVENEMENTS_HEADER = (
    "id_evenement",
    "type",
    "theme",
    "titre",
    "date",
    "duree_heures",
    "obligation",
    "lieu",
    "departement",
)
PARTICIPATIONS_HEADER = ("id_evenement", "siren", "nb_participants")
TICKETS_HEADER = ("mois", "siren", "service", "nb_tickets", "delai_median_heures")

# Obligation, its date, the theme of its events, the share of collectivités that one event of it brings.
OBLIGATIONS = (
    ("E12", date(2012, 5, 16), "accessibilite", 0.06),
    ("E09", date(2015, 1, 1), "comptabilite", 0.16),
    ("E01", date(2016, 11, 7), "saisine", 0.08),
    ("E02", date(2017, 1, 1), "facturation", 0.14),
    ("E03", date(2018, 5, 25), "donnees_personnelles", 0.15),
    ("E04", date(2018, 10, 1), "marches", 0.18),
    ("E10", date(2018, 10, 1), "donnees_ouvertes", 0.07),
    ("E11", date(2018, 10, 7), "donnees_ouvertes", 0.05),
    ("E05", date(2018, 11, 1), "etat_civil", 0.1),
    ("E06", date(2019, 1, 1), "comptabilite", 0.13),
    ("E07", date(2020, 1, 1), "actes", 0.09),
    ("E08", date(2020, 8, 7), "actes", 0.12),
)
EVENEMENTS_PAR_OBLIGATION = 4
DERNIER_RENDEZ_VOUS_JOURS = 30
ATTRAIT_PAR_DECADE = 1.6
"""How much more likely a collectivité ten times more populated is to come."""
EVENEMENTS_PAR_AN = 4
THEMES_COURANTS = ("parapheur", "archivage", "facturation", "relation_usagers", "projet_numerique", "autre")
TYPES = ("webinaire", "atelier", "reunion", "formation")
DEPARTEMENTS = ("22", "29", "35", "56")

TICKETS_PAR_AN = 9_000
"""Tickets of the territory in a year: a figure of the demonstration, that nothing measures."""
RECUL_PAR_AN = 0.12
PARTS_PAR_SERVICE = {
    "marches": 0.27,
    "actes": 0.22,
    "helios": 0.17,
    "parapheur": 0.13,
    "archivage": 0.04,
    "factures": 0.06,
    "echanges": 0.03,
    "publication": 0.03,
    "autre": 0.05,
}


@dataclass(frozen=True, slots=True)
class Evenement:
    """One event, and the share of collectivités that it brings."""

    id_evenement: str
    type_evenement: str
    theme: str
    jour: date
    obligation: str
    departement: str
    attrait: float


def write_accompagnement(deposit: Deposit, truth: Truth, territoire: Territoire, echelle: float, graine: int) -> int:
    """Write events, attendance and tickets with their truth; returns how many times a collectivité came."""
    rng = generator(graine, "accompagnement")
    evenements = [*_events_of_obligations(rng), *_other_events(rng, territoire)]
    lines = [event_row(evenement) for evenement in evenements]
    contenu = csv_bytes([EVENEMENTS_HEADER, *lines], ";", "cp1252", "\r\n")
    deposit.write("accompagnement", "evenements.csv", contenu)
    presences = [line for evenement in evenements for line in _attendance(rng, truth, territoire, evenement)]
    contenu = csv_bytes([PARTICIPATIONS_HEADER, *presences], ";", "utf-8-sig", "\r\n")
    deposit.write("accompagnement", "participations.csv", contenu)
    _write_tickets(rng, deposit, truth, territoire, echelle)
    return len(presences)


def event_row(evenement: Evenement) -> tuple[object, ...]:
    """One line of the file of events."""
    duree = {"webinaire": "1,5", "atelier": "3", "reunion": "2", "formation": "7"}[evenement.type_evenement]
    titre = f"Démonstration : {evenement.theme.replace('_', ' ')}"
    lieu = "" if evenement.departement else "En ligne"
    return (
        evenement.id_evenement,
        evenement.type_evenement,
        evenement.theme,
        titre,
        f"{evenement.jour:%d/%m/%Y}",
        duree,
        evenement.obligation,
        lieu,
        evenement.departement,
    )


def tell_attendance(truth: Truth, evenement: Evenement, siren: str, nombre: int) -> None:
    """Add one presence to the truth; its modality holds the obligation and the day, which deadlines are compared to."""
    truth.add(siren, evenement.jour, "evenements_suivis", 1, f"{evenement.obligation or 'aucune'} {evenement.jour}")
    truth.add(siren, evenement.jour, "participants", nombre)


def ticket_row(mois: date, siren: str, service: str, nombre: int, delai: float | None) -> tuple[object, ...]:
    """One line of the file of tickets."""
    heures = "" if delai is None else f"{delai:.1f}".replace(".", ",")
    return (f"{mois:%m/%Y}", siren, service, nombre, heures)


def _events_of_obligations(rng: np.random.Generator) -> Iterator[Evenement]:
    for code, echeance, theme, attrait in OBLIGATIONS:
        avances = sorted((int(n) for n in rng.integers(5, 330, EVENEMENTS_PAR_OBLIGATION)), reverse=True)
        for rang, avance in enumerate((*avances, -DERNIER_RENDEZ_VOUS_JOURS), start=1):
            type_evenement = TYPES[int(rng.integers(3))]
            yield Evenement(
                id_evenement=f"{echeance.year}-{code}-{rang:02d}",
                type_evenement=type_evenement,
                theme=theme,
                jour=echeance - timedelta(days=avance),
                obligation=code,
                departement="" if type_evenement == "webinaire" else DEPARTEMENTS[rang % 4],
                attrait=attrait,
            )


def _other_events(rng: np.random.Generator, territoire: Territoire) -> Iterator[Evenement]:
    """The current offer, which prepares no obligation: a few events a year over the observed months."""
    pas = 12 // EVENEMENTS_PAR_AN
    for rang, mois in enumerate(territoire.mois[::pas], start=1):
        theme = THEMES_COURANTS[rang % len(THEMES_COURANTS)]
        jour = mois.replace(day=int(rng.integers(2, 28)))
        departement = DEPARTEMENTS[rang % 4]
        yield Evenement(f"{jour.year}-OFFRE-{rang:02d}", "formation", theme, jour, "", departement, 0.04)


def _attendance(
    rng: np.random.Generator, truth: Truth, territoire: Territoire, evenement: Evenement
) -> Iterator[tuple[object, ...]]:
    """Who came: each collectivité by its size; the number of people is not always noted down."""
    populations = np.array([max(c.population, 100) for c in territoire.collectivites])
    chances = evenement.attrait * ATTRAIT_PAR_DECADE ** (np.log10(populations) - 3)
    for rang in np.flatnonzero(rng.random(len(chances)) < chances).tolist():
        siren, nombre = territoire.collectivites[rang].siren, 1 + int(rng.poisson(0.6))
        inconnu = rng.random() < 0.01
        tell_attendance(truth, evenement, siren, 0 if inconnu else nombre)
        yield evenement.id_evenement, siren, "" if inconnu else nombre


def _write_tickets(
    rng: np.random.Generator, deposit: Deposit, truth: Truth, territoire: Territoire, echelle: float
) -> None:
    """One file a year; each month has a line at least, since a month without any line would be a month not followed."""
    temoin = next(c for c in territoire.collectivites if not c.est_compte)
    chances = territoire.poids**0.8 * [c.est_compte for c in territoire.collectivites]
    chances /= chances.sum()
    by_year: dict[int, list[tuple[object, ...]]] = {}
    for rang_mois, mois in enumerate(territoire.mois):
        recul = (1 - RECUL_PAR_AN) ** (rang_mois / 12)
        attendus = TICKETS_PAR_AN * echelle / 12 * territoire.saison[rang_mois] * recul * chances
        lines = by_year.setdefault(mois.year, [])
        # The invented body never opens a ticket: its line says that the month was followed.
        lines.append(ticket_row(mois, temoin.siren, "autre", 0, None))
        lines.extend(_tickets_of_month(rng, truth, territoire, mois, attendus))
    for annee, lines in by_year.items():
        contenu = csv_bytes([TICKETS_HEADER, *lines], ";", "utf-8", "\r\n")
        deposit.write("accompagnement", f"tickets_{annee}.csv", contenu)


def _tickets_of_month(
    rng: np.random.Generator, truth: Truth, territoire: Territoire, mois: date, attendus: np.ndarray
) -> Iterator[tuple[object, ...]]:
    for service, part in PARTS_PAR_SERVICE.items():
        nombres = rng.poisson(attendus * part)
        for rang in np.flatnonzero(nombres).tolist():
            siren, nombre = territoire.collectivites[rang].siren, int(nombres[rang])
            truth.add(siren, mois, "tickets", nombre, service)
            yield ticket_row(mois, siren, service, nombre, float(rng.gamma(2.0, 4.0)))
