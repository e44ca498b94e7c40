"""Acts sent to the prefect for review: S2LOW extracts, ACTES envelopes, loose ACTES messages.

Most collectivités are read in the platform's monthly extract; a few send their messages in `.tar.gz` envelopes, and a
few very small ones as loose XML files. Acknowledgements come in the next archives, sometimes months later.

An extract holds the acts sent in its month, and once more those of the month before that had no acknowledgement yet:
the last line read of an act is the right one. Acts decided but not sent by the day of the deposit are not there.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from orchestration.demo.adoption import adoption
from orchestration.demo.deposit import Deposit, csv_bytes, tar_gz
from orchestration.demo.territory import (
    DATE_DU_DEPOT,
    Collectivite,
    Territoire,
    former_sirens,
    generator,
    month_end,
)
from orchestration.demo.truth import Truth

ACTES_PAR_AN = 280_000
"""Transmissible acts of Bretagne in a year (volumes.md § F)."""

NATURES = ("1", "2", "3", "4", "5", "6")
SIGLES = {"1": "DE", "2": "AR", "3": "AI", "4": "CC", "5": "BF", "6": "AU"}
PARTS = np.array([0.46, 0.12, 0.24, 0.09, 0.05, 0.04])
# Contracts and budgets went digital after resolutions.
AISANCE = np.array([1.0, 0.98, 0.96, 0.9, 0.93, 0.97])
# Budgets are voted from March to April, amended in the autumn.
SAISON_BUDGET = np.array([0.4, 0.9, 2.6, 3.2, 0.7, 0.8, 0.4, 0.2, 0.6, 0.8, 0.7, 0.7])

MATIERES = {
    "1": ("7.1", "7.5", "5.2", "5.7", "1.1", "3.1", "8.4", "4.1", "7.10", "9.1"),
    "2": ("6.1", "6.4", "8.3", "2.1"),
    "3": ("4.1", "4.2", "2.2", "4.5"),
    "4": ("1.1", "1.4", "3.3", "8.8"),
    "5": ("7.1",),
    "6": ("9.1", "9.4"),
}
ENVELOPPES, MESSAGES = 3, 3
"""Senders of envelopes and of loose messages at the default scale."""

EXTRAIT_HEADER = [
    "acte_id",
    "authority_siren",
    "type",
    "nature_code",
    "number",
    "decision_date",
    "submission_date",
    "date_ar",
    "last_status_id",
    "classification",
    "nb_fichiers",
    "taille",
    "document_papier",
    "unique_id",
]

PART_REFUSES, PART_MUETS = 0.01, 0.01
# Statuses that an acknowledged act can show: received, valid, then on its way to the archives.
STATUTS_ACQUITTES = ("4", "4", "4", "4", "4", "5", "12", "13", "13", "15", "19")


FIN_DES_ANCIENS_SIREN = date(2026, 1, 1)
"""Until then the platform's registry had not followed the communes that merged since 2021."""


@dataclass(slots=True)
class Acte:
    """One act that was sent, as the platform knows it at the end of the demonstration."""

    acte_id: int
    rang: int
    siren: str
    nature: str
    numero: str
    decision: date
    envoi: date
    heure: str
    accuse: date | None
    refuse: bool
    annulation: date | None
    echange: tuple[str, date] | None
    statut: str
    matiere: str
    nb_fichiers: int
    taille: int
    unique_id: str

    @property
    def est_acquitte(self) -> bool:
        """Acknowledged, and not cancelled since."""
        return self.accuse is not None and self.annulation is None


@dataclass(frozen=True, slots=True)
class EtatActes:
    """What other sources need: transmissible and sent acts, by collectivité, month and nature."""

    transmissibles: np.ndarray
    transmis: np.ndarray
    actes: list[Acte]


def write_actes(deposit: Deposit, truth: Truth, territoire: Territoire, echelle: float, graine: int) -> EtatActes:
    """Draw the acts, write their files and their truth."""
    rng = generator(graine, "actes")
    transmissibles = _draw_transmissible(rng, territoire, echelle)
    canaux = _channels(territoire, transmissibles, echelle)
    parts = np.minimum(adoption(territoire, "actes", graine)[:, :, None] * AISANCE, 0.995)
    actes = _draw_actes(rng, territoire, rng.binomial(transmissibles, parts), canaux)
    transmis = np.zeros_like(transmissibles)
    rang_du_mois = {mois: i for i, mois in enumerate(territoire.mois)}
    for acte in actes:
        transmis[acte.rang, rang_du_mois[acte.decision.replace(day=1)], int(acte.nature) - 1] += 1
        tell(truth, acte)
    _write_extracts(deposit, [a for a in actes if a.rang not in canaux])
    by_sender: defaultdict[int, list[Acte]] = defaultdict(list)
    for acte in actes:
        if acte.rang in canaux:
            by_sender[acte.rang].append(acte)
    for rang, canal in canaux.items():
        write = _write_envelopes if canal == "enveloppe" else _write_messages
        write(deposit, territoire.collectivites[rang], by_sender[rang])
    return EtatActes(transmissibles, transmis, actes)


def sender(siren: str, decision: date) -> str:
    """The SIREN that an act carries: a merged commune kept one of its former ones until the platform followed."""
    anciens = sorted(ancien for ancien, actuel in former_sirens().items() if actuel == siren)
    return anciens[0] if anciens and decision < FIN_DES_ANCIENS_SIREN else siren


def tell(truth: Truth, acte: Acte) -> None:
    """Add an act to the truth, in its month of decision, for the collectivité of today."""
    siren = former_sirens().get(acte.siren, acte.siren)
    for modalite in (acte.nature, "ensemble"):
        truth.add(siren, acte.decision, "actes_transmis", modalite=modalite)
        if acte.est_acquitte:
            truth.add(siren, acte.decision, "actes_acquittes", modalite=modalite)
    if acte.est_acquitte:
        truth.add(siren, acte.decision, "actes_acquittes_matiere", modalite=acte.matiere.split(".")[0])
    if acte.est_acquitte and acte.annulation is None:
        truth.add(siren, acte.decision, "actes_delais", modalite=f"{(acte.accuse - acte.decision).days}")
        truth.first(siren, acte.decision, "premiere_preuve", "E08")
    if acte.annulation is not None:
        truth.add(siren, acte.decision, "actes_annules")
    if acte.refuse:
        truth.add(siren, acte.decision, "actes_rejetes")
    if acte.echange is not None:
        truth.add(siren, acte.decision, "actes_avec_echange")
        truth.add(siren, acte.decision, "actes_deferes", int(acte.echange[0] == "5"))


def _draw_transmissible(rng: np.random.Generator, territoire: Territoire, echelle: float) -> np.ndarray:
    """Acts to send, by collectivité, month and nature."""
    saison = np.repeat(territoire.saison[:, None], len(NATURES), axis=1)
    saison[:, 4] = [SAISON_BUDGET[m.month - 1] for m in territoire.mois]
    mean = ACTES_PAR_AN * echelle / 12 * territoire.poids[:, None, None] * saison * PARTS
    return rng.poisson(mean)


@dataclass(frozen=True, slots=True)
class Tirage:
    """What chance says of one act: delays in days, `sort` for its fate, `detail` for the rest (all in [0, 1))."""

    rang: int
    mois: int
    nature: int
    jour: int
    delai: int
    attente: int
    suite: int
    sort: float
    detail: list[float]


def _draw_actes(
    rng: np.random.Generator, territoire: Territoire, nombres: np.ndarray, canaux: dict[int, str]
) -> list[Acte]:
    """One act per unit of `nombres`, less those that were not sent by the day of the deposit."""
    compteurs: defaultdict[tuple[int, int], int] = defaultdict(int)
    actes = []
    for tirage in _draws(rng, territoire, nombres):
        decision = territoire.mois[tirage.mois].replace(day=tirage.jour)
        by_batch = canaux.get(tirage.rang) == "enveloppe"
        envoi = decision + timedelta(days=tirage.delai)
        envoi = _next_batch(envoi) if by_batch else envoi
        if envoi > DATE_DU_DEPOT:
            continue
        compteurs[tirage.rang, decision.year] += 1
        numero = f"{decision.year}_{compteurs[tirage.rang, decision.year]:05d}"
        acte = _one_acte(tirage, territoire.collectivites[tirage.rang], len(actes), numero, (decision, envoi))
        if by_batch and acte.annulation:
            acte.annulation = _next_batch(acte.annulation)
        actes.append(acte)
    return actes


def _draws(rng: np.random.Generator, territoire: Territoire, nombres: np.ndarray) -> Iterator[Tirage]:
    """In order of collectivité, then month, then nature."""
    rangs, mois, natures = (np.repeat(index.ravel(), nombres.ravel()) for index in np.indices(nombres.shape))
    size = len(rangs)
    days_in_month = np.array([month_end(m).day for m in territoire.mois])
    jours = 1 + np.floor(rng.random(size) * days_in_month[mois])
    delais = np.minimum(np.floor(rng.lognormal(1.3, 1.0, size)), 180)
    attentes = np.where(rng.random(size) < 0.93, rng.integers(0, 2, size), np.floor(rng.lognormal(2.3, 0.9, size)))
    sorts = rng.random(size).tolist()
    suites = rng.integers(1, 60, size)
    details = rng.random((size, 4)).tolist()
    columns = (column.astype(int).tolist() for column in (rangs, mois, natures, jours, delais, attentes, suites))
    for integers, sort, detail in zip(zip(*columns, strict=True), sorts, details, strict=True):
        yield Tirage(*integers, sort, detail)


def _next_batch(jour: date) -> date:
    """Senders of envelopes send on the 15th and on the last day of the month."""
    return jour.replace(day=15) if jour.day <= 15 else month_end(jour)


def _one_acte(tirage: Tirage, collectivite: Collectivite, index: int, numero: str, dates: tuple[date, date]) -> Acte:
    """One act, sent: its number starts with its nature."""
    nature, (decision, envoi), detail = NATURES[tirage.nature], dates, tirage.detail
    accuse, annulation, echange = _fate(tirage, envoi)
    refuse = tirage.sort < PART_REFUSES
    acquitte = STATUTS_ACQUITTES[int(detail[1] * len(STATUTS_ACQUITTES))]
    siren = sender(collectivite.siren, decision)
    prefix = f"0{collectivite.code_departement or '35'}-{siren}-{decision:%Y%m%d}"
    return Acte(
        acte_id=1_000_001 + index,
        rang=tirage.rang,
        siren=siren,
        nature=nature,
        numero=f"{SIGLES[nature]}{numero}",
        decision=decision,
        envoi=envoi,
        heure=f"{8 + int(detail[3] * 10):02d}:{int(detail[0] * 60):02d}:{int(detail[1] * 60):02d}",
        accuse=accuse,
        refuse=refuse,
        annulation=annulation,
        echange=echange,
        statut="6" if refuse else acquitte if accuse else "3",
        matiere=MATIERES[nature][int(detail[0] * len(MATIERES[nature]))],
        nb_fichiers=1 + int(detail[2] ** 3 * 6),
        taille=20_000 + int(detail[3] ** 2 * 900_000),
        unique_id=f"{prefix}-{SIGLES[nature]}{numero}-{SIGLES[nature]}",
    )


def _fate(tirage: Tirage, envoi: date) -> tuple[date | None, date | None, tuple[str, date] | None]:
    """Acknowledgement, cancellation and letter of the prefecture: 1 % refused, 1 % never answered, 1 % cancelled."""
    accuse = envoi + timedelta(days=tirage.attente)
    suite = accuse + timedelta(days=tirage.suite)
    if tirage.sort < PART_REFUSES + PART_MUETS or accuse > DATE_DU_DEPOT:
        return None, None, None
    if suite > DATE_DU_DEPOT:
        return accuse, None, None
    courrier = _letter(tirage.sort)
    return accuse, suite if 0.02 <= tirage.sort < 0.03 else None, (courrier, suite) if courrier else None


def _letter(sort: float) -> str | None:
    """Type of the message that the prefecture sends about an act: a letter, a request, observations, a referral."""
    bounds = (("2", 0.03, 0.042), ("3", 0.042, 0.047), ("4", 0.047, 0.0494), ("5", 0.0494, 0.05))
    return next((kind for kind, low, high in bounds if low <= sort < high), None)


def _channels(territoire: Territoire, transmissibles: np.ndarray, echelle: float) -> dict[int, str]:
    """Who does not pass by the extract: middle-sized senders of envelopes, small senders of loose messages."""
    factor = min(1.0, echelle / 0.05) ** 0.5
    monthly = transmissibles.sum(axis=(1, 2)) / len(territoire.mois)
    communes = [i for i, c in enumerate(territoire.collectivites) if c.type_collectivite == "commune"]
    ordered = sorted(communes, key=lambda i: (-monthly[i], i))
    envelopes, messages = max(1, round(ENVELOPPES * factor)), max(1, round(MESSAGES * factor))
    return dict.fromkeys(ordered[20 : 20 + envelopes], "enveloppe") | dict.fromkeys(
        ordered[120 : 120 + messages], "message"
    )


# --- the monthly extract of S2LOW -------------------------------------------------------------------------------------


def _write_extracts(deposit: Deposit, actes: list[Acte]) -> None:
    """One extract per month; odd months use `;`, as the platform's older screens did."""
    by_month: defaultdict[date, list[Acte]] = defaultdict(list)
    for acte in actes:
        ecrit_le = acte.echange[1] if acte.echange else None
        days = (acte.envoi, acte.accuse, acte.annulation, ecrit_le)
        for mois in sorted({day.replace(day=1) for day in days if day}):
            by_month[mois].append(acte)
    for mois in sorted(by_month):
        rows = [row for acte in by_month[mois] for row in _extract_rows(acte, month_end(mois))]
        separator = ";" if mois.month % 2 else ","
        deposit.write("actes", extract_name(mois), csv_bytes([EXTRAIT_HEADER, *rows], separator, "utf-8"))


def extract_name(mois: date) -> str:
    """Name of the extract of one month."""
    return f"s2low_actes_{mois:%Y-%m}.csv"


def _extract_rows(acte: Acte, seen_on: date) -> list[tuple[object, ...]]:
    """The act as the platform knew it on `seen_on`, with its cancellation and the prefecture's letter by then."""
    accuse = acte.accuse if acte.accuse and acte.accuse <= seen_on else None
    statut = acte.statut if accuse or acte.refuse else "3"
    rows = [extract_row(acte, "1", acte.acte_id, acte.envoi, accuse, statut)]
    if acte.annulation and acte.annulation <= seen_on:
        rows.append(extract_row(acte, "6", acte.acte_id + 5_000_000, acte.annulation, acte.annulation, "4"))
    if acte.echange and acte.echange[1] <= seen_on:
        courrier, ecrit_le = acte.echange
        rows.append(extract_row(acte, courrier, acte.acte_id + 6_000_000, ecrit_le, None, "7"))
    return rows


def extract_row(
    acte: Acte, type_message: str, acte_id: int, envoi: date, accuse: date | None, statut: str
) -> tuple[object, ...]:
    """One line of the extract, in the order of its header."""
    return (
        acte_id,
        acte.siren,
        type_message,
        acte.nature,
        acte.numero,
        acte.decision.isoformat(),
        f"{envoi.isoformat()} {acte.heure}",
        accuse.isoformat() if accuse else "",
        statut,
        acte.matiere,
        acte.nb_fichiers,
        acte.taille,
        "N",
        acte.unique_id,
    )


# --- ACTES messages: envelopes and loose files ------------------------------------------------------------------------

_NAMESPACES = (
    'xmlns:actes="http://www.interieur.gouv.fr/ACTES#v1.1-20040216" xmlns:insee="http://xml.insee.fr/schema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_DECLARATION = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
_PDF = b"%PDF-1.4\n%demonstration\n%%EOF\n"


def _write_envelopes(deposit: Deposit, collectivite: Collectivite, actes: list[Acte]) -> None:
    """One archive per sending day, and one of answers per month with something to say."""
    sent: defaultdict[date, list[tuple[str, bytes]]] = defaultdict(list)
    answered: defaultdict[date, list[tuple[str, bytes]]] = defaultdict(list)
    for acte in actes:
        for jour, way, message in _messages(acte):
            if way == "answered":
                answered[min(month_end(jour), DATE_DU_DEPOT)].append(message)
                continue
            sent[_next_batch(jour)].append(message)
            if message[0].endswith("-1-1_0.xml"):
                sent[_next_batch(jour)].extend((nom, _PDF) for nom in _pieces(acte))
    for rang, jour in enumerate(sorted(sent), start=1):
        deposit.write("actes", *outgoing_archive(collectivite, jour, rang, sent[jour]))
    for rang, jour in enumerate(sorted(answered), start=1):
        departement = f"0{collectivite.code_departement}"
        nom = f"TACT--SPREF{departement}1-{collectivite.siren}-{jour:%Y%m%d}-{rang}"
        enveloppe = _incoming_envelope(collectivite, departement, answered[jour])
        deposit.write("actes", f"{nom}.tar.gz", tar_gz([(f"{nom}.xml", enveloppe), *answered[jour]]))


def outgoing_archive(
    collectivite: Collectivite, jour: date, rang: int, messages: list[tuple[str, bytes]]
) -> tuple[str, bytes]:
    """Name and bytes of the archive of what a collectivité sends: its envelope comes first."""
    nom = f"EACT--{collectivite.siren}--{jour:%Y%m%d}-{rang}"
    enveloppe = _outgoing_envelope(collectivite, f"0{collectivite.code_departement}", messages)
    return f"SLO-{nom}.tar.gz", tar_gz([(f"{nom}.xml", enveloppe), *messages])


def _write_messages(deposit: Deposit, collectivite: Collectivite, actes: list[Acte]) -> None:
    """Every message as a file of its own."""
    for acte in actes:
        for _, _, (nom, contenu) in _messages(acte):
            deposit.write("actes", nom, contenu)


def _messages(acte: Acte) -> list[tuple[date, str, tuple[str, bytes]]]:
    """The messages an act gave rise to: (day, "sent" or "answered", (file name, bytes))."""
    messages = [(acte.envoi, "sent", (f"{acte.unique_id}-1-1_0.xml", acte_xml(acte)))]
    if acte.accuse:
        messages.append((acte.accuse, "answered", (f"{acte.unique_id}-1-2_0.xml", accuse_xml(acte, acte.accuse))))
    if acte.refuse:
        messages.append((acte.envoi, "answered", (f"{acte.unique_id}-1-3_0.xml", _anomalie_xml(acte))))
    if acte.annulation:
        ids = f'actes:IDActe="{acte.unique_id}"'
        demande = _xml(f"<actes:Annulation {_NAMESPACES} {ids}/>")
        reponse = _xml(f'<actes:ARAnnulation {_NAMESPACES} actes:DateReception="{acte.annulation.isoformat()}" {ids}/>')
        messages.append((acte.annulation, "sent", (f"{acte.unique_id}-6-1_0.xml", demande)))
        messages.append((acte.annulation, "answered", (f"{acte.unique_id}-6-2_0.xml", reponse)))
    if acte.echange:
        messages.append(_letter_message(acte, *acte.echange))
    return messages


def _letter_message(acte: Acte, courrier: str, ecrit_le: date) -> tuple[date, str, tuple[str, bytes]]:
    """Messages 2-1, 3-1, 4-1 and 5-1: what the prefecture writes about an act."""
    racine = {"2": "CourrierSimple", "3": "DemandePieceComplementaire", "4": "LettreObservations", "5": "DefereTA"}
    nom = f"{acte.unique_id}-{courrier}-1"
    document = f"<actes:Document><actes:NomFichier>{nom}_1.pdf</actes:NomFichier></actes:Document>"
    dated = f'actes:DateCourrierPref="{ecrit_le.isoformat()}"'
    if courrier == "5":
        dated, document = "", f"<actes:DateDepot>{ecrit_le.isoformat()}</actes:DateDepot>"
    body = f'<actes:{racine[courrier]} {_NAMESPACES} {dated} actes:IDActe="{acte.unique_id}">{document}'
    return ecrit_le, "answered", (f"{nom}_0.xml", _xml(f"{body}</actes:{racine[courrier]}>"))


def acte_xml(acte: Acte) -> bytes:
    """Message 1-1: the act itself."""
    return _xml(f"<actes:Acte {_NAMESPACES} {_attributes(acte)}>\n{_contents(acte)}</actes:Acte>\n")


def accuse_xml(acte: Acte, recu_le: date) -> bytes:
    """Message 1-2: the acknowledgement."""
    return _xml(
        f'<actes:ARActe {_NAMESPACES} actes:DateReception="{recu_le.isoformat()}" actes:IDActe="{acte.unique_id}">\n'
        f" <actes:ActeRecu {_attributes(acte)}>\n{_contents(acte)} </actes:ActeRecu>\n"
        " <actes:ClassificationDateVersionEnCours>2023-07-01</actes:ClassificationDateVersionEnCours>\n"
        "</actes:ARActe>\n"
    )


def _anomalie_xml(acte: Acte) -> bytes:
    return _xml(
        f"<actes:AnomalieActe {_NAMESPACES}>\n <actes:Date>{acte.envoi.isoformat()}</actes:Date>\n"
        " <actes:Nature>002</actes:Nature>\n <actes:Detail>Classification périmée</actes:Detail>\n"
        f" <actes:ActeRecu {_attributes(acte)}>\n{_contents(acte)} </actes:ActeRecu>\n"
        " <actes:ClassificationDateVersionEnCours>2023-07-01</actes:ClassificationDateVersionEnCours>\n"
        "</actes:AnomalieActe>\n"
    )


def _attributes(acte: Acte) -> str:
    return (
        f'actes:Date="{acte.decision.isoformat()}" actes:NumeroInterne="{acte.numero}" '
        f'actes:CodeNatureActe="{acte.nature}"'
    )


def _pieces(acte: Acte) -> list[str]:
    """File names of the act and of its annexes."""
    return [f"{acte.unique_id}-1-1_{i}.pdf" for i in range(1, acte.nb_fichiers + 1)]


def _contents(acte: Acte) -> str:
    niveau1, niveau2 = acte.matiere.split(".")
    document, *others = _pieces(acte)
    annexes = "".join(f"<actes:Annexe><actes:NomFichier>{nom}</actes:NomFichier></actes:Annexe>" for nom in others)
    return (
        f'  <actes:CodeMatiere1 actes:CodeMatiere="{niveau1}"/>\n'
        f'  <actes:CodeMatiere2 actes:CodeMatiere="{niveau2}"/>\n'
        "  <actes:Objet>Acte de démonstration</actes:Objet>\n"
        "  <actes:ClassificationDateVersion>2023-07-01</actes:ClassificationDateVersion>\n"
        f"  <actes:Document><actes:NomFichier>{document}</actes:NomFichier></actes:Document>\n"
        f'  <actes:Annexes actes:Nombre="{acte.nb_fichiers - 1}">{annexes}</actes:Annexes>\n'
        "  <actes:DocumentPapier>N</actes:DocumentPapier>\n"
    )


def _outgoing_envelope(collectivite: Collectivite, departement: str, messages: list[tuple[str, bytes]]) -> bytes:
    return _xml(
        f"<actes:EnveloppeCLMISILL {_NAMESPACES}>\n <actes:Emetteur>\n"
        f'  <actes:IDCL insee:SIREN="{collectivite.siren}" actes:Departement="{departement}" '
        'actes:Arrondissement="1" actes:Nature="31"/>\n'
        "  <actes:Referent><actes:Nom>Agent de démonstration</actes:Nom><actes:Telephone/>"
        "<actes:Email>agent@demonstration.invalid</actes:Email></actes:Referent>\n </actes:Emetteur>\n"
        " <actes:AdressesRetour><actes:Email>agent@demonstration.invalid</actes:Email></actes:AdressesRetour>\n"
        f"{_forms(messages)}</actes:EnveloppeCLMISILL>\n"
    )


def _incoming_envelope(collectivite: Collectivite, departement: str, messages: list[tuple[str, bytes]]) -> bytes:
    return _xml(
        f"<actes:EnveloppeMISILLCL {_NAMESPACES}>\n <actes:Emetteur>"
        f'<actes:IDSousPref actes:Departement="{departement}" actes:Arrondissement="1"/></actes:Emetteur>\n'
        f'{_forms(messages)} <actes:Destinataire insee:SIREN="{collectivite.siren}"/>\n</actes:EnveloppeMISILLCL>\n'
    )


def _forms(messages: list[tuple[str, bytes]]) -> str:
    forms = "".join(
        f"  <actes:Formulaire><actes:NomFichier>{nom}</actes:NomFichier></actes:Formulaire>\n"
        for nom, _ in messages
        if nom.endswith("_0.xml")
    )
    return f" <actes:FormulairesEnvoyes>\n{forms} </actes:FormulairesEnvoyes>\n"


def _xml(body: str) -> bytes:
    return (_DECLARATION + body).encode("iso-8859-1")
