"""Essential data of contracts (DECP): monthly files in version 2 (JSON, XML) and still, for a few buyers, version 1.

Contracts come from the tenders: one per awarded lot, about ten weeks after the closing date. A file holds what was
published in its month; a modification republishes the whole contract, with the list of its modifications.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from orchestration.demo.consultations import Consultation
from orchestration.demo.deposit import Deposit, escape
from orchestration.demo.territory import (
    DATE_DU_DEPOT,
    DERNIER_JOUR,
    Collectivite,
    Territoire,
    generator,
    luhn_key,
    month_end,
    siret,
)
from orchestration.demo.truth import Truth

PART_INFRUCTUEUX = 0.1
PART_MODIFIES = 0.12
CONCESSIONS_PAR_AN = 60

SEUIL_PUBLICATION_EUR, SEUIL_RELEVE_EUR = 40_000, 60_000
RELEVEMENT_DU_SEUIL = date(2026, 4, 1)

CPV = {
    "Travaux": ("45233140-2", "45214210-5", "45231300-8"),
    "Fournitures": ("15000000-8", "30200000-1", "39113300-0"),
    "Services": ("77310000-6", "66510000-8", "71221000-3"),
}
CCAG = {
    "Travaux": "Travaux",
    "Fournitures": "Fournitures courantes et services",
    "Services": "Prestations intellectuelles",
}
CONCESSIONS = ("Délégation de service public", "Concession de service public", "Concession de travaux")

CANAUX = ("json", "xml", "v1")
CANAUX_PARTS = (0.8, 0.13, 0.07)
V1_SCHEMA = "https://schema.data.gouv.fr/schemas/139bercy/format-commande-publique/1.5.0/marches.json"


@dataclass(frozen=True, slots=True)
class Modification:
    """A later change of a contract's amount and duration."""

    notification: date
    publication: date
    montant: Decimal
    duree: int


@dataclass(slots=True)
class Marche:
    """One contract, tender or concession, with everything that happened to it."""

    rang: int
    siren: str
    acheteur: str
    siret: str
    marche_id: str
    concession: bool
    nature: str
    procedure: str
    objet: str
    cpv: str
    ccag: str
    departement: str
    notification: date
    publication: date
    montant: Decimal
    duree: int
    offres: int
    titulaire: str
    modifications: list[Modification] = field(default_factory=list)

    @property
    def montant_final(self) -> Decimal:
        """Amount after the last modification."""
        return self.modifications[-1].montant if self.modifications else self.montant


def write_marches(
    deposit: Deposit,
    truth: Truth,
    territoire: Territoire,
    consultations: list[Consultation],
    echelle: float,
    graine: int,
) -> list[Marche]:
    """Draw the contracts of the tenders, write their files and their truth."""
    rng = generator(graine, "marches")
    marches = _draw_marches(rng, territoire, consultations)
    marches += _draw_concessions(rng, territoire, echelle)
    marches += _contracts_of_the_invented(territoire)
    for marche in marches:
        tell(truth, marche)
    canaux = _channels(rng, territoire)
    by_file: defaultdict[tuple[date, str], list[tuple[Marche, date]]] = defaultdict(list)
    for marche in marches:
        canal = canaux[marche.rang]
        days = [marche.publication, *(m.publication for m in marche.modifications)]
        for mois in sorted({day.replace(day=1) for day in days}):
            by_file[mois, canal].append((marche, min(month_end(mois), DATE_DU_DEPOT)))
    writers = {"json": (v2_json, "json"), "xml": (v2_xml, "xml"), "v1": (v1_json, "json")}
    for mois, canal in sorted(by_file):
        write, extension = writers[canal]
        deposit.write("marches", file_name(mois, canal, extension), write(by_file[mois, canal]))
    return marches


def _channels(rng: np.random.Generator, territoire: Territoire) -> list[str]:
    """Who publishes in what; the invented bodies in version 1, which alone gives the buyer's name."""
    canaux = rng.choice(len(CANAUX), p=CANAUX_PARTS, size=len(territoire.collectivites)).tolist()
    return [CANAUX[canal] if c.est_compte else "v1" for c, canal in zip(territoire.collectivites, canaux, strict=True)]


def file_name(mois: date, canal: str, extension: str) -> str:
    """Name of a month's file."""
    return f"decp_{mois:%Y-%m}_{'v1' if canal == 'v1' else 'v2'}.{extension}"


def is_due(marche: Marche) -> bool:
    """Whether the amount of a contract, not a concession, makes its essential data due on its day of notification."""
    seuil = SEUIL_PUBLICATION_EUR if marche.notification < RELEVEMENT_DU_SEUIL else SEUIL_RELEVE_EUR
    return not marche.concession and marche.montant >= seuil


def tell(truth: Truth, marche: Marche, valide: bool = True) -> None:
    """Add a contract to the truth, in its month of notification (of signature for a concession).

    `valide` is false for a contract that its file describes out of the schema.
    """
    siren, jour = marche.siren, marche.notification
    famille = "concessions" if marche.concession else "marches"
    truth.add(siren, jour, "concessions_signees" if marche.concession else "marches_notifies")
    truth.add(siren, jour, f"{famille}_montant_initial_eur", marche.montant)
    truth.add(siren, jour, f"{famille}_montant_eur", marche.montant_final)
    if marche.modifications:
        truth.add(siren, jour, f"{famille}_modifications", len(marche.modifications))
    if valide and is_due(marche):
        truth.add(siren, jour, "decp_dues_valides")
    truth.first(siren, marche.publication, "premiere_preuve", "E10")


def _draw_marches(rng: np.random.Generator, territoire: Territoire, consultations: list[Consultation]) -> list[Marche]:
    first, numbers = territoire.mois[0], defaultdict(int)
    marches = []
    for consultation in consultations:
        delai = int(rng.gamma(6.0, 6.0)) + 14
        if rng.random() < PART_INFRUCTUEUX:
            continue
        notification = consultation.cloture + timedelta(days=delai)
        for _ in range(consultation.nb_lots):
            publication = notification + timedelta(days=int(rng.integers(3, 60)))
            shares = rng.dirichlet(np.full(consultation.nb_lots, 3.0))
            ecart = float(rng.normal(1, 0.12))
            duree, modified = int(rng.choice((3, 6, 12, 24, 36, 48))), rng.random() < PART_MODIFIES
            suite = (int(rng.integers(60, 400)), int(rng.integers(5, 50)), float(rng.normal(1.08, 0.06)))
            if notification < first or notification > DERNIER_JOUR or publication > DATE_DU_DEPOT:
                continue
            numbers[consultation.rang, notification.year] += 1
            numero = f"{notification.year}{numbers[consultation.rang, notification.year]:06d}"
            montant = _money(consultation.montant * float(shares[0]) * max(ecart, 0.4) + 500)
            marche = _marche(territoire, consultation, numero, (notification, publication), montant, duree)
            if modified:
                _modify(marche, suite)
            marches.append(marche)
    return marches


def _marche(
    territoire: Territoire,
    consultation: Consultation,
    numero: str,
    dates: tuple[date, date],
    montant: Decimal,
    duree: int,
) -> Marche:
    collectivite = territoire.collectivites[consultation.rang]
    cpvs = CPV[consultation.categorie]
    return Marche(
        rang=consultation.rang,
        siren=consultation.siren,
        acheteur=collectivite.nom,
        siret=siret(consultation.siren),
        marche_id=numero,
        concession=False,
        nature="Marché",
        procedure=consultation.procedure,
        objet=consultation.intitule,
        cpv=cpvs[consultation.reference % len(cpvs)],
        ccag=CCAG[consultation.categorie],
        departement=collectivite.code_departement or "35",
        notification=dates[0],
        publication=dates[1],
        montant=montant,
        duree=duree,
        offres=max(1, consultation.plis_elec + consultation.plis_papier),
        titulaire=_invented_company(int(numero) + consultation.rang),
    )


def _draw_concessions(rng: np.random.Generator, territoire: Territoire, echelle: float) -> list[Marche]:
    """A few concessions, signed at least two months before the last day so that they are published."""
    days = (DERNIER_JOUR - territoire.mois[0]).days - 60
    marches = []
    for numero in range(round(CONCESSIONS_PAR_AN * echelle * len(territoire.mois) / 12)):
        rang = int(rng.choice(len(territoire.collectivites), p=territoire.poids))
        signature = territoire.mois[0] + timedelta(days=int(rng.integers(0, days)))
        marches.append(_concession(rng, territoire.collectivites[rang], rang, signature, numero))
    return marches


def _concession(
    rng: np.random.Generator, collectivite: Collectivite, rang: int, signature: date, numero: int
) -> Marche:
    return Marche(
        rang=rang,
        siren=collectivite.siren,
        acheteur=collectivite.nom,
        siret=siret(collectivite.siren),
        marche_id=f"DSP{signature.year}{numero:05d}",
        concession=True,
        nature=CONCESSIONS[numero % len(CONCESSIONS)],
        procedure="Procédure négociée ouverte",
        objet=f"Gestion du service public de l’eau ({collectivite.nom})",
        cpv="",
        ccag="",
        departement=collectivite.code_departement or "35",
        notification=signature,
        publication=signature + timedelta(days=int(rng.integers(3, 50))),
        montant=_money(float(rng.lognormal(14.5, 0.8))),
        duree=int(rng.choice((60, 96, 120, 180))),
        offres=0,
        titulaire=_invented_company(7_000_000 + numero),
    )


def _contracts_of_the_invented(territoire: Territoire) -> list[Marche]:
    """One contract each, so that every invented body has a buyer's name somewhere."""
    notification = territoire.mois[-6].replace(day=12)
    return [
        supply_contract(collectivite, rang, f"{notification.year}970001", notification)
        for rang, collectivite in enumerate(territoire.collectivites)
        if not collectivite.est_compte
    ]


def supply_contract(collectivite: Collectivite, rang: int, numero: str, notification: date) -> Marche:
    """An ordinary supply contract, published seventeen days after its notification."""
    return Marche(
        rang=rang,
        siren=collectivite.siren,
        acheteur=collectivite.nom,
        siret=siret(collectivite.siren),
        marche_id=numero,
        concession=False,
        nature="Marché",
        procedure="Procédure adaptée",
        objet="Fourniture de linge",
        cpv="39500000-7",
        ccag="Fournitures courantes et services",
        departement=collectivite.code_departement,
        notification=notification,
        publication=notification + timedelta(days=17),
        montant=Decimal("41500.50"),
        duree=12,
        offres=4,
        titulaire=_invented_company(1),
    )


def _modify(marche: Marche, suite: tuple[int, int, float]) -> None:
    """Add a modification if it was published before the day of the deposit."""
    apres, delai, facteur = suite
    notification = marche.notification + timedelta(days=apres)
    publication = max(notification + timedelta(days=delai), marche.publication + timedelta(days=31))
    if publication <= DATE_DU_DEPOT:
        montant = _money(float(marche.montant) * facteur)
        marche.modifications.append(Modification(notification, publication, montant, marche.duree + 2))


def _money(amount: float) -> Decimal:
    return Decimal(f"{amount:.2f}")


def _invented_company(number: int) -> str:
    """A valid SIRET in a range of numbers that no company bears (it starts with 000)."""
    base = f"000{number % 100_000:05d}"
    return siret(base + luhn_key(base))


# --- version 2 --------------------------------------------------------------------------------------------------------


def v2_json(seen: list[tuple[Marche, date]]) -> bytes:
    """A version 2 file: contracts and concessions as known on the day of the file."""
    body: dict[str, Any] = {}
    if contracts := [v2_marche(m, day) for m, day in seen if not m.concession]:
        body["marche"] = contracts
    if concessions := [_v2_concession(m, day) for m, day in seen if m.concession]:
        body["contrat-concession"] = concessions
    return dump_json({"marches": body})


# Fields that every contract of the demonstration fills in the same way.
_V2_CONSTANTS: dict[str, Any] = {
    "techniques": {"technique": ["Sans objet"]},
    "modalitesExecution": {"modaliteExecution": ["Sans objet"]},
    "marcheInnovant": False,
    "attributionAvance": False,
    "typeGroupementOperateurs": "Pas de groupement",
    "typesPrix": {"typePrix": ["Définitif ferme"]},
    "formePrix": "Forfaitaire",
    "sousTraitanceDeclaree": False,
    "considerationsSociales": {"considerationSociale": ["Pas de considération sociale"]},
    "considerationsEnvironnementales": {"considerationEnvironnementale": ["Clause environnementale"]},
}


def v2_marche(marche: Marche, seen_on: date) -> dict[str, Any]:
    """A contract as version 2 describes it, with what was published by `seen_on`."""
    record: dict[str, Any] = {
        "id": marche.marche_id,
        "acheteur": {"id": marche.siret},
        "nature": marche.nature,
        "objet": marche.objet,
        "codeCPV": marche.cpv,
        "ccag": marche.ccag,
        "offresRecues": marche.offres,
        "procedure": marche.procedure,
        "lieuExecution": {"code": marche.departement, "typeCode": "Code département"},
        "dureeMois": marche.duree,
        "dateNotification": marche.notification.isoformat(),
        "datePublicationDonnees": marche.publication.isoformat(),
        "montant": float(marche.montant),
        "titulaires": [{"titulaire": {"id": marche.titulaire, "typeIdentifiant": "SIRET"}}],
    } | _V2_CONSTANTS
    if modifications := _known(marche, seen_on):
        record["modifications"] = [_v2_modification(rang, m) for rang, m in enumerate(modifications, start=1)]
    return record


def _v2_modification(rang: int, modification: Modification) -> dict[str, Any]:
    return {
        "modification": {
            "id": rang,
            "dureeMois": modification.duree,
            "montant": float(modification.montant),
            "dateNotificationModification": modification.notification.isoformat(),
            "datePublicationDonneesModification": modification.publication.isoformat(),
        }
    }


def _v2_concession(marche: Marche, seen_on: date) -> dict[str, Any]:
    return {
        "id": marche.marche_id,
        "autoriteConcedante": {"id": marche.siret},
        "nature": marche.nature,
        "objet": marche.objet,
        "procedure": marche.procedure,
        "dureeMois": marche.duree,
        "dateSignature": marche.notification.isoformat(),
        "datePublicationDonnees": marche.publication.isoformat(),
        "dateDebutExecution": marche.notification.isoformat(),
        "valeurGlobale": float(marche.montant),
        "montantSubventionPublique": 0.0,
        "donneesExecution": [
            {
                "donneesAnnuelles": {
                    "datePublicationDonneesExecution": seen_on.isoformat(),
                    "depensesInvestissement": 0.0,
                    "tarifs": [{"tarif": {"intituleTarif": "Abonnement annuel", "tarif": 42.5}}],
                }
            }
        ],
        "concessionnaires": [{"concessionnaire": {"typeIdentifiant": "SIRET", "id": marche.titulaire}}],
        "considerationsSociales": {"considerationSociale": ["Clause sociale"]},
        "considerationsEnvironnementales": {"considerationEnvironnementale": ["Clause environnementale"]},
    }


def v2_xml(seen: list[tuple[Marche, date]]) -> bytes:
    """The same records in XML, where booleans are `oui` and `non`."""
    records = []
    for marche, day in seen:
        if marche.concession:
            records.append(_element("contrat-concession", _v2_concession(marche, day)))
        else:
            records.append(_element("marche", v2_marche(marche, day)))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<marches>\n{"".join(records)}</marches>\n'.encode()


def _element(tag: str, value: object) -> str:
    """A JSON value as the XML of the same standard writes it: a list of plain values repeats its element."""
    if isinstance(value, dict):
        return f"<{tag}>{_children(value)}</{tag}>\n"
    if isinstance(value, list):
        if value and not isinstance(value[0], dict):
            return "".join(_element(tag, item) for item in value)
        return f"<{tag}>{''.join(_children(item) for item in value)}</{tag}>\n"
    if isinstance(value, bool):
        value = "oui" if value else "non"
    return f"<{tag}>{escape(str(value))}</{tag}>\n"


def _children(record: dict[str, Any]) -> str:
    return "".join(_element(name, child) for name, child in record.items())


# --- version 1 --------------------------------------------------------------------------------------------------------


def v1_json(seen: list[tuple[Marche, date]]) -> bytes:
    """A version 1 file: a flat list, with names of buyers and flat holders."""
    return dump_json({"$schema": V1_SCHEMA, "marches": [_v1_record(m, day) for m, day in seen]})


def _v1_record(marche: Marche, seen_on: date) -> dict[str, Any]:
    own = _v1_concession(marche) if marche.concession else _v1_marche(marche, seen_on)
    return own | {
        "id": marche.marche_id,
        "uid": f"{marche.siret}{marche.marche_id}",
        "nature": marche.nature,
        "objet": marche.objet,
        "procedure": marche.procedure,
        "lieuExecution": {"code": marche.departement, "typeCode": "Code département", "nom": marche.departement},
        "dureeMois": marche.duree,
        "datePublicationDonnees": marche.publication.isoformat(),
    }


def _v1_buyer(marche: Marche) -> dict[str, str]:
    return {"id": marche.siret, "nom": marche.acheteur}


def _v1_holders(marche: Marche) -> list[dict[str, str]]:
    nom = "Entreprise de démonstration"
    return [{"typeIdentifiant": "SIRET", "id": marche.titulaire, "denominationSociale": nom}]


def _v1_concession(marche: Marche) -> dict[str, Any]:
    return {
        "_type": "Contrat de concession",
        "autoriteConcedante": _v1_buyer(marche),
        "dateSignature": marche.notification.isoformat(),
        "dateDebutExecution": marche.notification.isoformat(),
        "valeurGlobale": float(marche.montant),
        "montantSubventionPublique": 0,
        "donneesExecution": [],
        "concessionnaires": _v1_holders(marche),
        "modifications": [],
    }


def _v1_marche(marche: Marche, seen_on: date) -> dict[str, Any]:
    return {
        "_type": "Marché",
        "acheteur": _v1_buyer(marche),
        "codeCPV": marche.cpv,
        "dateNotification": marche.notification.isoformat(),
        "montant": float(marche.montant),
        "formePrix": "Ferme",
        "titulaires": _v1_holders(marche),
        "modifications": [
            {
                "objetModification": "Prestations supplémentaires",
                "dateNotificationModification": m.notification.isoformat(),
                "datePublicationDonneesModification": m.publication.isoformat(),
                "montant": float(m.montant),
                "dureeMois": m.duree,
            }
            for m in _known(marche, seen_on)
        ],
    }


def _known(marche: Marche, seen_on: date) -> list[Modification]:
    return [m for m in marche.modifications if m.publication <= seen_on]


def dump_json(value: object) -> bytes:
    """JSON as the platform writes it: indented, accents as they are."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
