"""What passes through Pastell: document exports, the entity export, and a journal whose shape follows the platform.

Four services are seen here alone: secure mail, signature book, invoices, online publication. Acts and accounting flows
pass here too on their way to S2LOW: those are counted once, by S2LOW. A few acts leave by another operator, and only
Pastell knows them.

A document counts in the month of its creation. In September 2025 the platform moves to version 4: identifiers become
UUIDs, flux change their names, and the journal gets one more column. The journal of the first months was purged: the
documents that some EPCI made then are in the exports alone.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import md5

import numpy as np

from orchestration.demo.actes import Acte
from orchestration.demo.adhesions import Adhesion
from orchestration.demo.deposit import Deposit, csv_bytes
from orchestration.demo.helios import Flux
from orchestration.demo.territory import REFERENTIEL, Territoire, generator, month_end
from orchestration.demo.truth import Truth

VERSION_4 = date(2025, 9, 1)
MOIS_PURGES = 3
MOIS_SOUS_ANCIEN_NOM = 6

# Service → documents of the territory in a year, flux before and after version 4, actions from the draft to the end.
SERVICES = {
    "echanges": (6_000, ("mailsec", "ls-mailsec"), ("creation", "envoi", "reception")),
    "parapheur": (20_000, ("document-a-signer", "ls-document"), ("creation", "send-iparapheur", "recu-iparapheur")),
    "factures": (20_000, ("facture-cpp", "facture-cpp"), ("creation", "send-ged", "termine")),
    "publication": (6_000, ("ls-actes-publication",) * 2, ("creation", "modification", "termine")),
    "actes": (0, ("actes-generique", "ls-actes"), ("creation", "send-tdt", "acquiter-tdt")),
    "helios": (0, ("helios-generique", "ls-helios"), ("creation", "send-tdt", "info-tdt")),
}
PROPRES = ("echanges", "parapheur", "factures", "publication")
"""The services that no other source sees."""
PART_ACTIFS, GAIN_PAR_DECADE = 0.74, 0.1
"""Members who use what they opened: three in four around 1 000 inhabitants, more among the larger ones."""
PART_PARTIS, PART_BROUILLONS, ATTENTE_MAX = 0.1, 0.03, 6
RYTHME_MIN, RYTHME_MAX = 0.12, 0.35
"""Documents of a small collectivité in a month: even at a small scale, who uses a service is seen using it."""
EXPEDITEURS, ACTES_PAR_EXPEDITEUR, FLUX_PAR_EXPEDITEUR = 12, 60, 20

EXPORT_HEADER = ("ENTITE", "ID_D", "TYPE", "TITRE", "DERNIERE ACTION", "DATE DERNIERE ACTION")
ENTITES_HEADER = ("ID_E", "SIREN", "DENOMINATION", "TYPE", "DATE INSCRIPTION", "ACTIVE", "CENTRE DE GESTION")
WEB_HEADER = (
    "id_journal",
    "type",
    "id_entite",
    "id_utilisateur",
    "id_document",
    "action",
    "message",
    "date",
    "horodatage",
    "message_horodate",
    "type_document",
    "numero_acte",
    "collectivite_libelle",
    "utilisateur_nom",
    "utilisateur_prenom",
    "collectivite_siren",
)
API_HEADER = (
    "id_j",
    "type",
    "id_e",
    "id_u",
    "id_d",
    "action",
    "message",
    "date",
    "date_horodatage",
    "message_horodate",
    "document_type",
    "titre",
    "denomination",
    "nom",
    "prenom",
    "siren",
    "document_type_libelle",
    "action_libelle",
)
V4_HEADER = (
    "id_j",
    "type",
    "id_e",
    "id_u",
    "id_d",
    "action",
    "message",
    "date",
    "preuve tsr (base64)",
    "date_horodatage",
    "message_horodate",
    "document_type",
    "titre",
    "entité",
    "nom",
    "prenom",
    "siren",
)


@dataclass(frozen=True, slots=True)
class Entite:
    """One entity of the platform."""

    numero: int
    siren: str
    nom: str


@dataclass(slots=True)
class Document:
    """One document and its three steps; `numero_acte` ties an act to S2LOW, "" when there is none."""

    rang: int
    service: str
    flux: str
    id_document: str
    jours: tuple[date, ...]
    actions: tuple[str, ...]
    utilisateur: int
    numero_acte: str
    est_vu_s2low: bool

    @property
    def est_transaction(self) -> bool:
        """Whether it left the draft."""
        return len(self.actions) > 1


@dataclass(slots=True)
class Evenement:
    """One line of the journal: `numero` is given last, in the order of time."""

    jour: date
    heure: int
    type_evenement: int
    rang: int
    utilisateur: int
    document: Document | None
    action: str
    numero: int = 0


def write_services(
    deposit: Deposit,
    truth: Truth,
    territoire: Territoire,
    actes: Sequence[Acte],
    flux: Sequence[Flux],
    adhesions: Sequence[Adhesion],
    echelle: float,
    graine: int,
) -> list[Document]:
    """Draw the documents, write the exports and the journal, and their truth."""
    rng = generator(graine, "services")
    documents = _draw(rng, territoire, adhesions, echelle)
    documents += _through_s2low(rng, territoire, actes, flux)
    documents += _other_operator(rng, territoire)
    for numero, document in enumerate(documents):
        document.id_document = _identifier(document.jours[0], numero)
        tell(truth, territoire.collectivites[document.rang].siren, document)
    purges = _purged(territoire)
    evenements = _events(rng, territoire, [d for d in documents if not purges(d)])
    _tell_users(truth, territoire, evenements)
    _write_exports(deposit, territoire, documents)
    _write_entities(deposit, territoire)
    _write_journals(deposit, territoire, evenements)
    return documents


def tell(truth: Truth, siren: str, document: Document) -> None:
    """Add a document to the truth, in the month of its creation, once for the whole observatory."""
    if document.est_vu_s2low:
        truth.add(siren, document.jours[0], "documents_vus_s2low", modalite=document.service)
    elif document.est_transaction:
        truth.add(siren, document.jours[0], "documents_services", modalite=document.service)


def _draw(
    rng: np.random.Generator, territoire: Territoire, adhesions: Iterable[Adhesion], echelle: float
) -> list[Document]:
    """Documents of the members of the four services: most use what they opened, months later or at once."""
    collectivites, nb_mois = territoire.collectivites, len(territoire.mois)
    rangs = {c.siren: rang for rang, c in enumerate(collectivites)}
    reunies = {siren for _, _, siren in merged()}
    documents = []
    for service in PROPRES:
        ouvertures = {rangs[a.siren_actuel]: a.debut for a in adhesions if a.service == service}
        for rang, ouverture in sorted(ouvertures.items()):
            collectivite = collectivites[rang]
            gain = GAIN_PAR_DECADE * (np.log10(max(collectivite.population, 100)) - 3)
            is_merged = collectivite.siren in reunies
            if rng.random() >= np.clip(PART_ACTIFS + gain, 0.05, 0.98) and not is_merged:
                continue
            debut, fin = _span(rng, territoire, ouverture)
            mensuel = rng.uniform(RYTHME_MIN, RYTHME_MAX)
            mensuel = max(mensuel, SERVICES[service][0] * echelle / 12 * collectivite.poids)
            nombres = rng.poisson(mensuel * territoire.saison)
            for rang_mois in range(debut, nb_mois if is_merged else fin):
                for _ in range(int(nombres[rang_mois])):
                    documents.append(_one(rng, territoire, rang, territoire.mois[rang_mois], service))
    return documents


def _span(rng: np.random.Generator, territoire: Territoire, ouverture: date) -> tuple[int, int]:
    """First month of use, some time after the opening, and the month after the last: some stop."""
    nb_mois, premier = len(territoire.mois), territoire.mois[0]
    rang = (ouverture.year - premier.year) * 12 + ouverture.month - premier.month
    debut = rang + int(rng.integers(0, ATTENTE_MAX + 1)) if rang >= 0 else 0
    fin = int(rng.integers(1, nb_mois + 1)) if rng.random() < PART_PARTIS else nb_mois
    return debut, fin


def _one(rng: np.random.Generator, territoire: Territoire, rang: int, mois: date, service: str) -> Document:
    jour = mois.replace(day=int(rng.integers(1, month_end(mois).day + 1)))
    flux, actions = SERVICES[service][1], SERVICES[service][2]
    est_brouillon = rng.random() < PART_BROUILLONS
    nb_utilisateurs = users_of(territoire, rang)
    return Document(
        rang=rang,
        service=service,
        flux=flux[jour >= VERSION_4],
        id_document="",
        # The three steps stay within the month: an export without journal tells the last day only.
        jours=tuple(min(jour + timedelta(days=n), month_end(mois)) for n in ((0,) if est_brouillon else (0, 1, 4))),
        actions=actions[:1] if est_brouillon else actions,
        utilisateur=int(rng.integers(nb_utilisateurs)),
        numero_acte="",
        est_vu_s2low=False,
    )


@cache
def merged() -> list[tuple[str, str, str]]:
    """(former SIREN, former name, SIREN of today) of the communes that merged since 2021."""
    with (REFERENTIEL / "ref_communes_fusionnees.csv").open(encoding="utf-8", newline="") as file:
        return [(row["siren_ancien"], row["nom_ancien"], row["siren"]) for row in csv.DictReader(file)]


def entity_of(territoire: Territoire, rang: int, jour: date) -> Entite:
    """Who acts on the platform: in the first months, a merged commune is still there under its former name."""
    collectivite = territoire.collectivites[rang]
    if jour < territoire.mois[min(MOIS_SOUS_ANCIEN_NOM, len(territoire.mois) - 1)]:
        for numero, (ancien, nom, siren) in enumerate(merged()):
            if siren == collectivite.siren:
                return Entite(len(territoire.collectivites) + numero + 1, ancien, nom)
    return Entite(rang + 1, collectivite.siren, collectivite.nom)


def users_of(territoire: Territoire, rang: int) -> int:
    """How many people of a collectivité work on the platform."""
    return min(12, 1 + territoire.collectivites[rang].population // 4_000)


def _through_s2low(
    rng: np.random.Generator, territoire: Territoire, actes: Sequence[Acte], flux: Sequence[Flux]
) -> list[Document]:
    """What the largest senders prepared here, and S2LOW counts."""
    by_sender: defaultdict[int, list[tuple[date, str, str]]] = defaultdict(list)
    for acte in actes:
        by_sender[acte.rang].append((acte.envoi, "actes", acte.numero))
    largest = sorted(by_sender, key=lambda rang: (-len(by_sender[rang]), rang))[:EXPEDITEURS]
    kept = [(rang, *one) for rang in largest for one in by_sender[rang][:ACTES_PAR_EXPEDITEUR]]
    flux_by_sender: defaultdict[int, list[date]] = defaultdict(list)
    for one in flux:
        flux_by_sender[one.rang].append(one.jour)
    for rang in sorted(flux_by_sender)[:EXPEDITEURS]:
        kept += [(rang, jour, "helios", "") for jour in flux_by_sender[rang][:FLUX_PAR_EXPEDITEUR]]
    documents = []
    for rang, jour, service, numero in kept:
        if territoire.mois[0] <= jour <= month_end(territoire.mois[-1]):
            document = _one(rng, territoire, rang, jour.replace(day=1), service)
            document.numero_acte, document.est_vu_s2low = numero, True
            documents.append(document)
    return documents


def _other_operator(rng: np.random.Generator, territoire: Territoire) -> list[Document]:
    """Acts of a few communes that another operator transmits: Pastell alone knows them."""
    communes = [i for i, c in enumerate(territoire.collectivites) if c.type_collectivite == "commune"]
    chosen = rng.choice(communes, size=EXPEDITEURS, replace=False).tolist()
    documents = []
    for rang in sorted(chosen):
        for rang_mois, mois in enumerate(territoire.mois):
            document = _one(rng, territoire, rang, mois, "actes")
            document.numero_acte = f"AUTRE_{mois.year}_{rang_mois:03d}"
            documents.append(document)
    return documents


def _identifier(jour: date, numero: int) -> str:
    """Seven characters, then a UUID: drawn from the rank, so that no two are the same."""
    digest = md5(f"document {numero}".encode(), usedforsecurity=False).hexdigest()
    if jour < VERSION_4:
        alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        return digest[0] + digest[1] + "".join(alphabet[numero // 62**i % 62] for i in range(5))
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def _purged(territoire: Territoire) -> Callable[[Document], bool]:
    """Whether the journal has lost a document: those of EPCI in the first months."""
    names: defaultdict[str, int] = defaultdict(int)
    for collectivite in territoire.collectivites:
        names[collectivite.nom.lower()] += 1
    limit = territoire.mois[min(MOIS_PURGES, len(territoire.mois) - 1)]

    def is_purged(document: Document) -> bool:
        collectivite = territoire.collectivites[document.rang]
        is_epci = collectivite.type_collectivite == "epci" and names[collectivite.nom.lower()] == 1
        return is_epci and document.jours[0] < limit

    return is_purged


def _events(rng: np.random.Generator, territoire: Territoire, documents: Sequence[Document]) -> list[Evenement]:
    """The steps of the documents, and one session of whoever made them; machines do the last step."""
    evenements = []
    sessions = set()
    for document in documents:
        heure = int(rng.integers(8 * 3600, 17 * 3600))
        for pas, (jour, action) in enumerate(zip(document.jours, document.actions, strict=True)):
            utilisateur = document.utilisateur if pas < 2 else -1
            evenements.append(Evenement(jour, heure + 60 * pas, 1, document.rang, utilisateur, document, action))
        session = (document.jours[0], document.rang, document.utilisateur)
        if session not in sessions:
            sessions.add(session)
            evenements.append(Evenement(session[0], heure - 60, 6, document.rang, session[2], None, "Connecté"))
    evenements.sort(key=lambda e: (e.jour, e.heure, e.rang, e.action))
    for numero, evenement in enumerate(evenements, start=1):
        evenement.numero = numero
    return evenements


def _tell_users(truth: Truth, territoire: Territoire, evenements: Iterable[Evenement]) -> None:
    seen = {(e.rang, e.jour.replace(day=1), e.utilisateur) for e in evenements if e.utilisateur >= 0}
    for rang, mois, _ in seen:
        truth.add(territoire.collectivites[rang].siren, mois, "utilisateurs_actifs")


# --- files ------------------------------------------------------------------------------------------------------------


def _write_exports(deposit: Deposit, territoire: Territoire, documents: Sequence[Document]) -> None:
    """One export by flux; that of acts indexes their number."""
    by_flux: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_flux[document.flux].append(document)
    for flux, listed in sorted(by_flux.items()):
        is_acte = flux in SERVICES["actes"][1]
        header = (*EXPORT_HEADER, "Numéro de l'acte", "Objet") if is_acte else (*EXPORT_HEADER, "Objet")
        rows = [export_row(entity_of(territoire, d.rang, d.jours[0]).nom, d, is_acte) for d in listed]
        deposit.write("services", f"pastell-export-0-{flux}.csv", csv_bytes([header, *rows], ",", "utf-8"))


def export_row(nom: str, document: Document, is_acte: bool) -> tuple[object, ...]:
    """One line of a document export."""
    cells = (
        nom,
        document.id_document,
        document.flux,
        "Titre du document (démonstration)",
        document.actions[-1],
        f"{document.jours[-1].isoformat()} 18:00:00",
    )
    return (*cells, document.numero_acte, "Objet (démonstration)") if is_acte else (*cells, "Objet (démonstration)")


def _write_entities(deposit: Deposit, territoire: Territoire) -> None:
    today, first = territoire.mois[-1], territoire.mois[0]
    entities = [entity_of(territoire, rang, today) for rang in range(len(territoire.collectivites))]
    formers = {entity_of(territoire, rang, first) for rang in range(len(territoire.collectivites))} - set(entities)
    entities += sorted(formers, key=lambda entity: entity.numero)
    rows = [(e.numero, e.siren, e.nom, "collectivite", "2015-01-01 00:00:00", 1, "") for e in entities]
    deposit.write("services", "entite-pastell-0.csv", csv_bytes([ENTITES_HEADER, *rows], ",", "utf-8"))


def _write_journals(deposit: Deposit, territoire: Territoire, evenements: Sequence[Evenement]) -> None:
    """One extract by half-year, in the shape of its time."""
    halves: defaultdict[str, list[Evenement]] = defaultdict(list)
    for evenement in evenements:
        half = 1 if evenement.jour.month <= 6 else 2
        halves[f"{evenement.jour.year}-{half}"].append(evenement)
    for rang, (half, listed) in enumerate(sorted(halves.items())):
        name = f"pastell-journal-{half}.csv"
        deposit.write("services", name, journal_bytes(territoire, listed, rang))


def journal_bytes(territoire: Territoire, evenements: Sequence[Evenement], rang: int) -> bytes:
    """An extract: the first one comes from the web page, without header, the others from the API, then version 4."""
    is_v4 = evenements[-1].jour >= VERSION_4
    kind = "v4" if is_v4 else "api" if rang else "web"
    rows = [journal_row(entity_of(territoire, e.rang, e.jour), e, kind) for e in evenements]
    headers = {"web": [], "api": [API_HEADER], "v4": [V4_HEADER]}
    return csv_bytes([*headers[kind], *rows], ",", "cp1252" if rang == 1 else "utf-8")


def journal_row(entite: Entite, evenement: Evenement, kind: str) -> tuple[object, ...]:
    """One line of the journal; names and messages are there, as on the platform, to be dropped at the door."""
    document = evenement.document
    jour = f"{evenement.jour.isoformat()} {evenement.heure // 3600:02d}:{evenement.heure // 60 % 60:02d}:00"
    is_machine = evenement.utilisateur < 0
    nom = ("", "") if is_machine else ("AGENT-FICTIF", f"Camille {evenement.utilisateur}")
    start = (
        evenement.numero,
        evenement.type_evenement,
        entite.numero,
        0 if is_machine else 100 * (evenement.rang + 1) + evenement.utilisateur,
        document.id_document if document else "",
        evenement.action,
        "Message de démonstration",
        jour,
    )
    flux = document.flux if document else ""
    middle = (jour, "Message horodaté", flux, "Titre du document", entite.nom, *nom, entite.siren)
    if kind == "v4":
        return (*start, "cHJldXZl", *middle)
    return (*start, *middle, flux, evenement.action) if kind == "api" else (*start, *middle)
