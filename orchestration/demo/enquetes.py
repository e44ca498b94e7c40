"""Surveys: four campaigns of LimeSurvey, each with its campaign file and its export.

The EPCI answer on 46 services, the elected people of the communes on satisfaction and brakes; companies and users
answer without a name. One export has coded headings, the others full French text, as LimeSurvey writes both.
"""

import csv
from datetime import date, timedelta

import numpy as np

from orchestration.demo.deposit import Deposit, csv_bytes
from orchestration.demo.enquetes_questionnaire import (
    AIDES,
    BESOINS,
    FREINS,
    NOTES,
    PARTENAIRES,
    TYPES,
    Enquete,
    campaign_rows,
    survey_of_communes,
    survey_of_companies,
    survey_of_epci,
    survey_of_users,
)
from orchestration.demo.territory import REFERENTIEL, Collectivite, Territoire, generator, siret
from orchestration.demo.truth import Truth

TAUX_DE_REPONSE = {"epci": 0.88, "commune": 0.85}
"""Of those asked; large communes answer more."""
REPONSES_ANONYMES = {"entreprises": 420, "usagers": 380}
PARTS_ANONYMES = {"entreprises": (0.55, 0.44, 0.01), "usagers": (0.3, 0.7)}
FRENCH_NAMES = ("ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ", "Tête de série")
CODED_NAMES = ("id", "submitdate", "lastpage", "startlanguage", "seed")
ANONYMISED = "1980-01-01 00:00:00"
NOT_SHOWN = "N/A"


def write_enquetes(deposit: Deposit, truth: Truth, territoire: Territoire, graine: int) -> int:
    """Write the four campaigns and their truth; returns how many answers count."""
    rng = generator(graine, "enquetes")
    epci, communes = survey_of_epci(), survey_of_communes()
    total = _write_epci(deposit, truth, rng, epci, _asked(territoire, "epci"))
    total += _write_communes(deposit, truth, rng, communes, _asked(territoire, "commune"))
    for enquete in (survey_of_companies(), survey_of_users()):
        total += _write_anonymous(deposit, truth, rng, enquete)
    return total


def export_rows(enquete: Enquete, sheets: list[list[str]], coded: bool) -> list[list[str]]:
    """An export: technical columns, answers, a column without a heading, durations."""
    names = [code if coded else label.replace("’", "'") for code, label, *_ in enquete.questions]
    last = "interviewtime" if coded else "Temps total"
    header = [*(CODED_NAMES if coded else FRENCH_NAMES), *names, "", last]
    return [header, *([*sheet, "", str(300 + rang % 97)] for rang, sheet in enumerate(sheets))]


def sheet_of(ident: int, submitted: str, answers: list[str]) -> list[str]:
    """One line of an export before its durations."""
    return [str(ident), submitted, "4" if submitted else "2", "fr", str(10_000 + 7 * ident), *answers]


def _asked(territoire: Territoire, type_collectivite: str) -> list[Collectivite]:
    """The Breton collectivités of a type: an EPCI is Breton by the majority of its communes."""
    outside = {
        row["siren"] for row in _seed("ref_epci") if 2 * int(row["nb_communes_bretonnes"]) <= int(row["nb_communes"])
    }
    return [c for c in territoire.collectivites if c.type_collectivite == type_collectivite and c.siren not in outside]


def _seed(name: str) -> list[dict[str, str]]:
    with (REFERENTIEL / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _communes_by_epci() -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in _seed("ref_communes"):
        counts[row["siren_epci"]] = counts.get(row["siren_epci"], 0) + 1
    return counts


def _write(deposit: Deposit, enquete: Enquete, sheets: list[list[str]], coded: bool, separator: str) -> None:
    nom = enquete.code.lower().replace("-", "_")
    deposit.write("enquetes", f"campagne_{nom}.csv", csv_bytes(campaign_rows(enquete), ";", "utf-8-sig", "\r\n"))
    contenu = csv_bytes(export_rows(enquete, sheets, coded), separator, "utf-8")
    deposit.write("enquetes", f"results-survey_{nom}.csv", contenu)


def _day(rng: np.random.Generator, enquete: Enquete) -> date:
    return enquete.debut + timedelta(days=int(rng.integers(0, (enquete.fin - enquete.debut).days + 1)))


def _ask(truth: Truth, enquete: Enquete, asked: list[Collectivite]) -> None:
    communes = _communes_by_epci()
    for collectivite in asked:
        truth.add(collectivite.siren, enquete.debut, "enquete_sollicitee", 1, enquete.code)
        nombre = communes.get(collectivite.siren, 0) if collectivite.type_collectivite == "epci" else 1
        truth.add(collectivite.siren, enquete.debut, "enquete_communes", nombre, enquete.code)
        truth.add(collectivite.siren, enquete.debut, "enquete_habitants", collectivite.population, enquete.code)


def _boxes(rng: np.random.Generator, liste: dict[str, str], part: float) -> dict[str, bool]:
    """Which boxes of a list are ticked; the first ones more often."""
    return {code: bool(rng.random() < part * (1.4 - rang / len(liste))) for rang, code in enumerate(liste)}


def _likert(rng: np.random.Generator, milieu: float) -> int:
    return int(np.clip(round(rng.normal(milieu, 0.9)), 1, 5))


def _tell(truth: Truth, siren: str, enquete: Enquete, grandeur: str, ticked: dict[str, bool]) -> None:
    for code, is_ticked in ticked.items():
        truth.add(siren, enquete.debut, grandeur, int(is_ticked), code)


# --- EPCI -------------------------------------------------------------------------------------------------------------


def _write_epci(
    deposit: Deposit, truth: Truth, rng: np.random.Generator, enquete: Enquete, asked: list[Collectivite]
) -> int:
    """Complete answers, two structures that answered twice, some that stopped on the way."""
    _ask(truth, enquete, asked)
    answering = [c for c in asked if rng.random() < TAUX_DE_REPONSE["epci"]]
    sheets: list[list[str]] = []
    for rang, collectivite in enumerate(answering):
        jour = _day(rng, enquete)
        if rang < 2:
            # Superseded by the structure's own complete answer, one day later.
            sheets.append(_sheet_of_epci(rng, None, enquete, collectivite, 100 + rang, jour - timedelta(days=1)))
        sheets.append(_sheet_of_epci(rng, truth, enquete, collectivite, 200 + rang, jour))
        truth.add(collectivite.siren, enquete.debut, "enquete_reponse", 1, enquete.code)
    stopped = [c for c in asked if c not in answering][:3]
    for rang, collectivite in enumerate(stopped):
        answers = ["Camille Fictive", siret(collectivite.siren), *[""] * (len(enquete.questions) - 2)]
        sheets.append(sheet_of(400 + rang, "", answers))
    _write(deposit, enquete, sheets, coded=True, separator=",")
    return len(answering)


def _sheet_of_epci(
    rng: np.random.Generator, truth: Truth | None, enquete: Enquete, epci: Collectivite, ident: int, jour: date
) -> list[str]:
    """One answer; without `truth` it does not count."""
    truth = truth or Truth()
    cells = ["Camille Fictive", _typed(siret(epci.siren), ident)]
    services = _draw_services(rng, epci)
    _tell_services(truth, epci.siren, enquete, services)
    cells += [statut for statut, _, _ in services.values()]
    cells += [("Y" if shared else "N") if statut == "deploye" else NOT_SHOWN for statut, shared, _ in services.values()]
    cells += [forme if shared else NOT_SHOWN for _, shared, forme in services.values()]
    freins = _boxes(rng, FREINS, 0.4)
    coded = "equite" if ident % 9 == 0 else ""
    boxes = [("enquete_partenaire", _boxes(rng, PARTENAIRES, 0.5))]
    later = [("enquete_aide", _boxes(rng, AIDES, 0.45)), ("enquete_besoin", _boxes(rng, BESOINS, 0.4))]
    for grandeur, ticked in (*boxes, *later):
        _tell(truth, epci.siren, enquete, grandeur, ticked)
    _tell(truth, epci.siren, enquete, "enquete_frein", freins | ({coded: True} if coded else {}))
    cells += [*_ticks(boxes[0][1]), *_ticks(freins), "Commentaire fictif sur l'équité" if coded else "", coded]
    for _, ticked in later:
        cells += _ticks(ticked)
    cells += [f"A{note}" for note in _draw_notes(rng, truth, epci.siren, enquete)]
    return sheet_of(ident, f"{jour.isoformat()} 10:12:00", cells)


def _typed(number: str, ident: int) -> str:
    """A SIRET as people type it."""
    return number if ident % 3 else f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"


def _ticks(ticked: dict[str, bool]) -> list[str]:
    return ["Y" if is_ticked else "" for is_ticked in ticked.values()]


def _draw_services(rng: np.random.Generator, epci: Collectivite) -> dict[str, tuple[str, bool, str]]:
    """Status, pooled or not, and form, by service: the first services are everywhere, large EPCI have more."""
    services: dict[str, tuple[str, bool, str]] = {}
    taille = min(epci.population / 400_000, 0.25)
    for rang, (code, _, _) in enumerate(survey_of_epci().services):
        deployed = 0.15 + taille + 0.65 * ((rang * 17) % 46 < 16)
        statut = "deploye" if rng.random() < deployed else str(rng.choice(["en_projet", "etudie", "non"]))
        shared = statut == "deploye" and bool(rng.random() < 0.2 + 0.4 * ((rang * 17) % 46 < 10))
        services[code] = (statut, shared, str(rng.choice(list(TYPES), p=(0.3, 0.25, 0.2, 0.1, 0.1, 0.05))))
    return services


def _tell_services(truth: Truth, siren: str, enquete: Enquete, services: dict[str, tuple[str, bool, str]]) -> None:
    for code, (statut, shared, forme) in services.items():
        truth.add(siren, enquete.debut, f"enquete_service_{statut}", 1, code)
        truth.add(siren, enquete.debut, "enquete_service_mutualise", int(shared), code)
        if shared:
            truth.add(siren, enquete.debut, "enquete_type", 1, forme)


def _draw_notes(rng: np.random.Generator, truth: Truth, siren: str, enquete: Enquete, strate: str = "") -> list[int]:
    """Three marks from 1 to 5: as a whole, help, simplicity."""
    notes = []
    for theme, milieu in (("globale", 3.8), ("assistance", 4.1), ("simplicite", 3.2)):
        notes.append(_likert(rng, milieu))
        truth.add(siren, enquete.debut, "enquete_note", 1, f"{enquete.public}:{strate}:{theme}:{notes[-1]}")
    return notes


# --- communes ---------------------------------------------------------------------------------------------------------


def _write_communes(
    deposit: Deposit, truth: Truth, rng: np.random.Generator, enquete: Enquete, asked: list[Collectivite]
) -> int:
    _ask(truth, enquete, asked)
    sheets = []
    for rang, commune in enumerate(asked):
        if rng.random() >= TAUX_DE_REPONSE["commune"] + min(commune.population / 100_000, 0.1):
            continue
        jour = f"{_day(rng, enquete).isoformat()} 18:30:00"
        sheets.append(sheet_of(1_000 + rang, jour, _answers_of_commune(rng, truth, enquete, commune)))
        truth.add(commune.siren, enquete.debut, "enquete_reponse", 1, enquete.code)
    _write(deposit, enquete, sheets, coded=False, separator=",")
    return len(sheets)


def _answers_of_commune(rng: np.random.Generator, truth: Truth, enquete: Enquete, commune: Collectivite) -> list[str]:
    notes = _draw_notes(rng, truth, commune.siren, enquete)
    freins, besoins = _boxes(rng, FREINS, 0.35), _boxes(rng, BESOINS, 0.35)
    _tell(truth, commune.siren, enquete, "enquete_frein", freins)
    _tell(truth, commune.siren, enquete, "enquete_besoin", besoins)
    certificat = bool(rng.random() < 0.7)
    truth.add(commune.siren, enquete.debut, "enquete_certificat", int(certificat), enquete.code)
    ticks = ["Oui" if ticked else "Non" for ticked in (*freins.values(), *besoins.values(), certificat)]
    return ["Dominique Fictif", siret(commune.siren), *(NOTES[note] for note in notes), *ticks]


# --- companies and users ----------------------------------------------------------------------------------------------


def _write_anonymous(deposit: Deposit, truth: Truth, rng: np.random.Generator, enquete: Enquete) -> int:
    """Anonymised answers: complete, dated 1980."""
    for dimension, code, _, nombre in enquete.strates:
        truth.add("", enquete.debut, "enquete_population", nombre, f"{enquete.public}:{dimension}:{code}")
    sheets = []
    for rang in range(REPONSES_ANONYMES[enquete.public]):
        _, code, label, _ = enquete.strates[int(rng.choice(len(enquete.strates), p=PARTS_ANONYMES[enquete.public]))]
        truth.add("", enquete.debut, "enquete_strate", 1, f"{enquete.public}:{code}")
        notes = [str(note) for note in _draw_notes(rng, truth, "", enquete, code)]
        answers = [label if rang % 2 else code, *notes, "", "personne@exemple.invalid" if rang % 10 == 0 else ""]
        sheets.append(sheet_of(rang + 1, ANONYMISED, answers))
    _write(deposit, enquete, sheets, coded=True, separator=";")
    return len(sheets)


def odd_export(hote: Collectivite) -> tuple[bytes, list[tuple[int, str]]]:
    """An export of the EPCI's survey whose lines are odd or rejected; its author is none of those asked."""
    enquete = survey_of_epci()
    rng = generator(0, "enquetes_defauts")
    jour = enquete.debut + timedelta(days=3)
    sheets = [_sheet_of_epci(rng, None, enquete, hote, 901 + rang, jour) for rang in range(6)]
    sheets[1][6], sheets[2][7] = "je ne sais pas", "peut-être un jour"
    sheets[3][1] = f"{enquete.fin + timedelta(days=40)} 10:00:00"
    sheets[4][0] = "brouillon"
    rows = export_rows(enquete, sheets, coded=True)
    rows[6] = rows[6][:12]  # Cut in its middle, as a text with a separator and no quotes would be.
    codes = (
        (3, "enquetes_siret_invalide"),
        (4, "enquetes_reponse_inconnue"),
        (5, "enquetes_hors_campagne"),
        (6, "enquetes_sans_identifiant"),
        (7, "enquetes_nombre_de_cellules"),
    )
    return csv_bytes(rows, ",", "utf-8"), list(codes)


def unknown_export() -> bytes:
    """An export that no campaign file describes."""
    return csv_bytes([["id", "submitdate", "X1", "X2"], ["1", "2026-01-05 09:00:00", "A1", "Y"]], ",", "utf-8")


def campaign_without_dates() -> bytes:
    """A campaign file that does not say when."""
    rows = [row for row in campaign_rows(survey_of_users()) if row[1] not in ("date_debut", "date_fin")]
    return csv_bytes(rows, ";", "cp1252", "\r\n")
