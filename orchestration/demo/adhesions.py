"""Who belongs to what: two dated lists of memberships and one of agreements, as the syndicate's secretariat keeps them.

The four populations that the founding documents call members have their numbers at their dates: 536 platform members
and 393 buyer-profile entities in May 2010, about 900 members or covered by one, 98 statutory members in June 2013. The
panel of 2011 (ten names) and the pilots of 2012 (five, six legal entities) are the real ones; those that merged since
are written under the SIREN of their successor of today, with their name of then. Communes that the référentiel knows
to have merged since 2021 are written under their former SIREN.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from orchestration.demo.deposit import Deposit, csv_bytes
from orchestration.demo.territory import DATE_DU_DEPOT, REFERENTIEL, Collectivite, Territoire, generator
from orchestration.demo.truth import Truth

HEADER = (
    "siren",
    "collectivite",
    "type_adhesion",
    "service",
    "date_debut",
    "date_fin",
    "groupe",
    "source",
    "date_photo",
)
CONVENTIONS_HEADER = (
    "siren",
    "collectivite",
    "reference_convention",
    "version_convention",
    "date_signature",
    "date_fin",
    "date_relance",
    "date_photo",
)
PREMIERE_LISTE = date(2013, 6, 30)
PLAN_2010 = date(2010, 5, 7)
"""Day when the plan to 2015 was presented: the numbers of platform members are of that day."""
EFFECTIFS_2010 = {"adherent": 536, "entite_salle_des_marches": 393, "membre_ou_couvert": 900}
EFFECTIFS_FINAUX = {"adherent": 1_140, "entite_salle_des_marches": 1_020, "membre_ou_couvert": 1_240}
MEMBRES_STATUTAIRES = 98
CAP_ATLANTIQUE = "244400610"
"""The one EPCI of the référentiel whose seat and majority are out of Bretagne: no member."""

PANEL_2011 = (
    ("233500016", "Région Bretagne"),
    ("222200016", "Conseil général des Côtes-d'Armor"),
    ("242900314", "Brest métropole océane"),
    ("245614433", "Pontivy Communauté"),
    ("242900629", "CC du Cap Sizun"),
    ("200067981", "Guingamp Communauté"),
    ("200067981", "CC Paimpol-Goëlo"),
    ("200067932", "Vannes agglo"),
    ("200065928", "Lannion-Trégor Agglomération"),
    ("243500139", "Rennes Métropole"),
)
RENNES = "Rennes Métropole et Ville de Rennes"
PILOTES_2012 = (
    ("242900314", "Brest métropole océane", ""),
    ("222200016", "Conseil général des Côtes-d'Armor", ""),
    ("200067981", "CC Paimpol-Goëlo", ""),
    ("243500139", "Rennes Métropole", RENNES),
    ("213502388", "Ville de Rennes", RENNES),
    ("200039022", "Vitré Communauté", ""),
)
# Service → first year that it opened, share of the collectivités that end up with it.
SERVICES = {
    "marches": (2008, 0.86),
    "actes": (2008, 0.93),
    "helios": (2010, 0.84),
    "echanges": (2012, 0.55),
    "parapheur": (2012, 0.48),
    "factures": (2017, 0.62),
    "archivage": (2013, 0.27),
    "publication": (2018, 0.71),
}
VERSION_ANCIENNE, VERSION_2017, VERSION_RECENTE = "2014-03", "2017-07", "2022-01"
PART_CONVENTION_RENVOYEE, PART_CONVENTION_RECENTE, PART_RESILIEE, PART_PROSPECT = 0.74, 0.12, 0.015, 0.3


@dataclass(frozen=True, slots=True)
class Adhesion:
    """One membership; `siren_actuel` is the collectivité that it counts for today."""

    siren: str
    nom: str
    type_adhesion: str
    service: str
    debut: date
    fin: date | None
    groupe: str
    siren_actuel: str


@dataclass(frozen=True, slots=True)
class Convention:
    """One agreement of access; signed or awaited."""

    siren: str
    nom: str
    reference: str
    version: str
    signature: date | None
    fin: date | None
    relance: date | None


def write_adhesions(deposit: Deposit, truth: Truth, territoire: Territoire, graine: int) -> list[Adhesion]:
    """Draw memberships and agreements, write their lists and their truth; returns the memberships."""
    rng = generator(graine, "adhesions")
    adhesions = [*_named(territoire), *_members(rng, territoire), *_services(rng, territoire)]
    conventions = _conventions(rng, territoire, adhesions)
    anciennes = [a for a in adhesions if a.debut <= PREMIERE_LISTE]
    rows = (row(replace_end(a), PREMIERE_LISTE, french=True) for a in anciennes)
    deposit.write("adhesions", "adhesions_2013-06.csv", csv_bytes([HEADER, *rows], ";", "cp1252", "\r\n"))
    # What is known under a former SIREN is in the first list only: nothing received since takes it away.
    rows = (row(a, DATE_DU_DEPOT) for a in adhesions if a.siren == a.siren_actuel)
    deposit.write("adhesions", "adhesions_2026-11.csv", csv_bytes([HEADER, *rows], ";", "utf-8-sig", "\r\n"))
    rows = (agreement_row(c, DATE_DU_DEPOT) for c in conventions)
    deposit.write("adhesions", "conventions_2026-11.csv", csv_bytes([CONVENTIONS_HEADER, *rows], ";", "utf-8"))
    for adhesion in adhesions:
        tell(truth, adhesion)
    for convention in conventions:
        tell_agreement(truth, convention)
    return adhesions


def replace_end(adhesion: Adhesion) -> Adhesion:
    """The membership as the first list knew it: what ended later was going on."""
    fin = adhesion.fin if adhesion.fin and adhesion.fin <= PREMIERE_LISTE else None
    return Adhesion(
        adhesion.siren,
        adhesion.nom,
        adhesion.type_adhesion,
        adhesion.service,
        adhesion.debut,
        fin,
        adhesion.groupe,
        adhesion.siren_actuel,
    )


def row(adhesion: Adhesion, photo: date, french: bool = False) -> tuple[object, ...]:
    """One line of a list made on the day `photo`."""
    return (
        adhesion.siren,
        adhesion.nom,
        adhesion.type_adhesion,
        adhesion.service,
        _day(adhesion.debut, french),
        _day(adhesion.fin, french),
        adhesion.groupe,
        "liste du secrétariat (démonstration)",
        _day(photo, french),
    )


def agreement_row(convention: Convention, photo: date) -> tuple[object, ...]:
    """One line of a list of agreements made on the day `photo`."""
    return (
        convention.siren,
        convention.nom,
        convention.reference,
        convention.version,
        _day(convention.signature),
        _day(convention.fin),
        _day(convention.relance),
        _day(photo),
    )


def _day(jour: date | None, french: bool = False) -> str:
    if jour is None:
        return ""
    return f"{jour:%d/%m/%Y}" if french else jour.isoformat()


def tell(truth: Truth, adhesion: Adhesion) -> None:
    """Write a membership as two events: the month it starts to count, and the first month it no longer counts."""
    modalite = adhesion.service or adhesion.type_adhesion
    truth.add(adhesion.siren_actuel, adhesion.debut, "adhesion_debut", 1, modalite)
    if adhesion.service:
        truth.first(adhesion.siren_actuel, adhesion.debut, "raccordement", adhesion.service)
    if adhesion.fin:
        truth.add(adhesion.siren_actuel, adhesion.fin + timedelta(days=1), "adhesion_fin", 1, modalite)


def tell_agreement(truth: Truth, convention: Convention) -> None:
    """Write a signed agreement as two events, like a membership; the modality is its version."""
    if convention.signature:
        truth.add(convention.siren, convention.signature, "convention_debut", 1, convention.version)
        if convention.fin:
            truth.add(convention.siren, convention.fin + timedelta(days=1), "convention_fin", 1, convention.version)


# --- the populations --------------------------------------------------------------------------------------------------


def _named(territoire: Territoire) -> list[Adhesion]:
    """The panel of 2011, the pilots of 2012, and the 98 statutory members."""
    panel = [Adhesion(siren, nom, "panel_2011", "", date(2011, 3, 1), None, "", siren) for siren, nom in PANEL_2011]
    pilotes = [
        Adhesion(siren, nom, "pilote_2012", "", date(2012, 3, 1), None, groupe, siren)
        for siren, nom, groupe in PILOTES_2012
    ]
    reels = [c for c in territoire.collectivites if c.est_compte and c.siren != CAP_ATLANTIQUE]
    premiers = [c for c in reels if c.type_collectivite in ("region", "departement", "epci")]
    villes = sorted((c for c in reels if c.type_collectivite == "commune"), key=lambda c: (-c.population, c.siren))
    membres = [*premiers, *villes[: MEMBRES_STATUTAIRES - len(premiers)]]
    statutaires = [
        Adhesion(c.siren, c.nom, "membre_statutaire", "", date(2003 + rang % 10, 1, 1), None, "", c.siren)
        for rang, c in enumerate(membres)
    ]
    return [*panel, *pilotes, *statutaires]


def _members(rng: np.random.Generator, territoire: Territoire) -> list[Adhesion]:
    """The three populations of 2010, grown since; a few left; some of those who never came are prospects."""
    adhesions: list[Adhesion] = []
    for type_adhesion, effectif in EFFECTIFS_2010.items():
        adhesions += _population(rng, territoire, type_adhesion, effectif)
    adherents = {a.siren_actuel for a in adhesions if a.type_adhesion == "adherent"}
    dehors = [c for c in territoire.collectivites if c.siren not in adherents]
    prospects = [c for c in dehors if rng.random() < PART_PROSPECT]
    adhesions += [Adhesion(c.siren, c.nom, "prospect", "", date(2024, 1, 15), None, "", c.siren) for c in prospects]
    parties = [a for a in adhesions if a.type_adhesion == "adherent" and a.fin]
    adhesions += [
        Adhesion(a.siren, a.nom, "resilie", "", a.fin + timedelta(days=1), None, "", a.siren_actuel)
        for a in parties
        if a.fin
    ]
    return adhesions


def _population(
    rng: np.random.Generator, territoire: Territoire, type_adhesion: str, effectif: int
) -> Iterable[Adhesion]:
    """The `effectif` first entities came before May 2010, the others since; large ones rather came first."""
    candidats = [c for c in territoire.collectivites if c.est_compte or type_adhesion == "entite_salle_des_marches"]
    # The populations overlap without one holding the other: each is drawn on its own.
    rangs = np.argsort(-np.log1p([c.population for c in candidats]) + rng.gumbel(0, 1.5, len(candidats)))
    ordre = [candidats[rang] for rang in rangs.tolist()]
    reunies = _merged() if type_adhesion == "adherent" else []
    ordre = [c for c in ordre if c.siren not in {siren for _, _, siren in reunies}]
    for ancien, nom, siren in reunies:
        yield Adhesion(ancien, nom, type_adhesion, "", date(2009, 5, 11), None, "", siren)
    nb_2010 = effectif - len(reunies)
    for rang, c in enumerate(ordre[: EFFECTIFS_FINAUX[type_adhesion] - len(reunies)]):
        debut = _between(rng, date(2005, 1, 1), PLAN_2010) if rang < nb_2010 else _later(rng)
        parti = type_adhesion == "adherent" and rng.random() < PART_RESILIEE
        fin = _between(rng, date(2025, 2, 1), date(2026, 6, 30)) if parti else None
        yield Adhesion(c.siren, c.nom, type_adhesion, "", debut, fin, "", c.siren)


def _merged() -> list[tuple[str, str, str]]:
    """(former SIREN, former name, SIREN of today) of the communes that merged since 2021."""
    with (REFERENTIEL / "ref_communes_fusionnees.csv").open(encoding="utf-8", newline="") as file:
        return [(row["siren_ancien"], row["nom_ancien"], row["siren"]) for row in csv.DictReader(file)]


def _services(rng: np.random.Generator, territoire: Territoire) -> list[Adhesion]:
    """Who opened which service, and when: the large first, from the service's first year to 2025."""
    reels = [c for c in territoire.collectivites if c.est_compte]
    adhesions = []
    for service, (annee, part) in SERVICES.items():
        for c in reels:
            if rng.random() < _share(c, part):
                debut = _between(rng, date(annee, 1, 1), date(2025, 12, 31))
                adhesions.append(Adhesion(c.siren, c.nom, "service", service, debut, None, "", c.siren))
    return adhesions


def _share(collectivite: Collectivite, part: float) -> float:
    """Probability to have a service: the small ones a little less often than the others."""
    return part if collectivite.population < 500 else min(part * 1.08, 1.0)


def _between(rng: np.random.Generator, debut: date, fin: date) -> date:
    return debut + timedelta(days=int(rng.integers(0, (fin - debut).days + 1)))


def _later(rng: np.random.Generator) -> date:
    return _between(rng, PLAN_2010 + timedelta(days=1), date(2025, 12, 31))


# --- the agreements ---------------------------------------------------------------------------------------------------


def _conventions(rng: np.random.Generator, territoire: Territoire, adhesions: list[Adhesion]) -> list[Convention]:
    """One agreement for each platform member, replaced by that of July 2017 when it came back signed."""
    presents = {a.siren_actuel for a in adhesions if a.type_adhesion == "adherent" and a.fin is None}
    conventions: list[Convention] = []
    for rang, c in enumerate(territoire.collectivites):
        if c.siren in presents:
            conventions += _agreements_of(rng, c, f"CA-{rang:04d}")
    return conventions


def _agreements_of(rng: np.random.Generator, c: Collectivite, reference: str) -> Iterable[Convention]:
    premiere = _between(rng, date(2014, 4, 1), date(2017, 6, 30))
    relance = _between(rng, date(2018, 1, 8), date(2020, 12, 18))
    if rng.random() >= PART_CONVENTION_RENVOYEE:
        yield Convention(c.siren, c.nom, f"{reference}-1", VERSION_ANCIENNE, premiere, None, None)
        yield Convention(c.siren, c.nom, f"{reference}-2", VERSION_2017, None, None, relance)
        return
    # Most came back before the observed months, some during them.
    retour = _between(rng, date(2017, 10, 6), date(2026, 9, 30))
    yield Convention(c.siren, c.nom, f"{reference}-1", VERSION_ANCIENNE, premiere, retour - timedelta(days=1), None)
    version = VERSION_RECENTE if retour.year > 2022 and rng.random() < PART_CONVENTION_RECENTE else VERSION_2017
    yield Convention(c.siren, c.nom, f"{reference}-2", version, retour, None, min(relance, retour))
