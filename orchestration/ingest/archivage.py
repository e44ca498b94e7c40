"""Archivage: transfers of archives to the archiving system (SEDA) and what it answers.

Sent by the archiving connector, one XML message each: `ArchiveTransfer`, `ArchiveTransferReply`,
`ArchiveTransferAcceptance` (SEDA 0.2) and the acknowledgements of reception. SEDA 0.2, 1.0 and 2.x differ by
namespace and by names (TransferIdentifier / MessageIdentifier, Identification / Identifier, Document /
BinaryDataObject). A transfer may embed its documents in base64, so messages are read as events.

Names of contacts, titles, descriptions, keywords and the documents themselves are never asked for.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

from orchestration.ingest.outcome import Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.readers import date_problem, nomenclature, siren_of, xml_root_name
from orchestration.ingest.xml_events import XmlEvent, xml_events

CODES = {
    "archivage_xml_illisible": "Le bordereau d'archivage ne se lit pas ({valeur}) : exportez-le de "
    "nouveau depuis la plateforme.",
    "archivage_version_inconnue": "La version du standard SEDA n'est pas reconnue ({valeur}) : 0.2, 1.0 ou 2.x "
    "attendue.",
    "archivage_sans_identifiant": "L'identifiant du transfert manque : le transfert ne peut être suivi.",
    "archivage_collectivite_inconnue": "Ni le service versant « {valeur} » ni le service producteur ne portent un "
    "numéro SIREN : le transfert ne peut être rattaché à une collectivité.",
    "archivage_versant_inconnu": "Le service versant « {valeur} » ne porte pas de numéro SIREN : le transfert est "
    "rattaché au service producteur.",
    "archivage_date_invalide": "La date « {valeur} » (champ {champ}) est illisible ou antérieure à 2000.",
    "archivage_taille_illisible": "La taille « {valeur} » n'est pas un nombre : elle n'est pas comptée.",
    "archivage_unite_inconnue": "L'unité de taille « {valeur} » n'est pas prévue par le standard (AD, 2P, 4L, E34, "
    "E35) : la taille n'est pas convertie.",
    "archivage_sans_objet": "Le transfert ne contient aucun document.",
    "archivage_reponse_sans_transfert": "La réponse ne dit pas à quel transfert elle répond : elle n'est pas retenue.",
    "archivage_code_reponse_inconnu": "Le code de réponse « {valeur} » n'est pas prévu par le standard : le transfert "
    "reste en cours.",
}

# The namespace says the version; the second pattern covers 1.0 and every 2.x.
_VERSIONS = (
    re.compile(r"fr:gouv:ae:archive:draft:standard_echange_v(0\.\d)"),
    re.compile(r"fr:gouv:culture:archivesdefrance:seda:v(\d+\.\d+)"),
)
BYTE = "AD"
_SIZE = re.compile(r"\d{1,15}([.,]\d{1,6})?")

_TRANSFER = {
    ("TransferringAgency", "Identification"),
    ("TransferringAgency", "Identifier"),
    ("OriginatingAgency", "Identification"),
    ("OriginatingAgency", "Identifier"),
    ("ManagementMetadata", "OriginatingAgencyIdentifier"),
    ("ManagementMetadata", "ArchivalProfile"),
    *((parent, name) for parent in ("Contains", "Archive") for name in ("ArchivalAgreement", "ArchivalProfile")),
    *((parent, "Document") for parent in ("Contains", "Archive", "ArchiveObject")),
    *((parent, "BinaryDataObject") for parent in ("DataObjectPackage", "DataObjectGroup")),
    ("ContentDescription", "Size"),
    ("Document", "Size"),
    ("BinaryDataObject", "Size"),
}
_REPLY = {("TransferringAgency", "Identification"), ("TransferringAgency", "Identifier")}
_REPLY_IDENTIFIERS = {
    "transfert": ("TransferIdentifier", "MessageRequestIdentifier", "MessageReceivedIdentifier"),
    "reponse": (
        "TransferReplyIdentifier",
        "TransferAcceptanceIdentifier",
        "AcknowledgementIdentifier",
        "MessageIdentifier",
    ),
}
_REPLY_TYPES = {
    "ArchiveTransferReply": "reponse",
    "ArchiveTransferAcceptance": "acceptation",
    "Acknowledgement": "accuse_reception",
}
_OBJECTS = ("Document", "BinaryDataObject")


@dataclass(frozen=True, slots=True)
class Transfert:
    """One ArchiveTransfer; `siren` is the versant's, else the producteur's; identifiers stay as they were written."""

    ligne: int
    transfert_id: str
    siren: str
    identifiant_versant: str | None
    identifiant_producteur: str | None
    siren_versant: str | None
    siren_producteur: str | None
    version_seda: str
    date_transfert: str | None
    accord: str | None
    profil: str | None
    nb_objets: str


@dataclass(frozen=True, slots=True)
class Taille:
    """Sizes of a transfer in one unit: of its objects (`objet`) or as its description announces (`description`).

    `taille` sums `nb_mesures` sizes, None as soon as one of them is unreadable.
    """

    ligne: int
    transfert_id: str
    siren: str
    niveau: str
    unite: str
    taille: str | None
    nb_mesures: str


@dataclass(frozen=True, slots=True)
class Reponse:
    """One answer to a transfer; an `accuse_reception` decides nothing, an `acceptation` needs no code."""

    ligne: int
    transfert_id: str
    reponse_id: str | None
    siren: str | None
    type_reponse: str
    version_seda: str
    code_reponse: str | None
    date_reponse: str | None
    date_decision: str | None


@dataclass(slots=True)
class _Transfer:
    """What has been read of a transfer: first value of each field, objects, sizes by (level, depth, unit)."""

    champs: dict[str, str] = field(default_factory=dict)
    nb_objets: int = 0
    sizes: dict[tuple[str, int, str], tuple[Decimal | None, int]] = field(default_factory=dict)


def parse_transfer(stream: BinaryIO) -> Iterator[Transfert | Taille | Anomaly | Emitter]:
    """Yield the transfer of an ArchiveTransfer message, and its sizes by unit."""
    events = xml_events(stream, "archivage_xml_illisible", _TRANSFER)
    root = next(events)
    version = _version(root)
    lu = _Transfer()
    for event in events:
        yield from _read_transfer(event, lu, version)
    transfert = _transfert(lu, root.ligne, version)
    yield from _judge_transfer(lu, transfert, root.ligne)
    if transfert is not None:
        yield Emitter(transfert.siren)
        yield transfert
        yield from _tailles(lu, transfert)


def parse_reply(stream: BinaryIO) -> Iterator[Reponse | Anomaly | Emitter]:
    """Yield the answer of an ArchiveTransferReply, ArchiveTransferAcceptance or Acknowledgement message."""
    events = xml_events(stream, "archivage_xml_illisible", _REPLY)
    root = next(events)
    version = _version(root)
    champs: dict[str, str] = {}
    for event in events:
        if not event.is_start and event.depth > 1 and event.text:
            champs.setdefault(_field(event), event.text)
    transfert_id = _first(champs, _REPLY_IDENTIFIERS["transfert"])
    if transfert_id is None:
        yield Anomaly("rejet", "archivage_reponse_sans_transfert", root.ligne, "TransferIdentifier")
        return
    yield from _judge_reply(champs, root)
    siren = _siren(champs.get("TransferringAgency"))
    if siren:
        yield Emitter(siren)
    reponse = (_first(champs, _REPLY_IDENTIFIERS["reponse"]), siren, _REPLY_TYPES[root.name], version)
    decision = (champs.get("ReplyCode"), champs.get("Date"), champs.get("GrantDate"))
    yield Reponse(root.ligne, transfert_id, *reponse, *decision)


def _judge_reply(champs: dict[str, str], root: XmlEvent) -> Iterator[Anomaly]:
    code = champs.get("ReplyCode")
    is_decision = _REPLY_TYPES[root.name] == "reponse"
    if (code or is_decision) and code not in nomenclature("ref_codes_reponse_seda"):
        yield Anomaly("avertissement", "archivage_code_reponse_inconnu", root.ligne, "ReplyCode", (code or "")[:40])
    for champ in ("Date", "GrantDate"):
        yield from _judge_date(champs.get(champ), champ, root.ligne)


def _version(root: XmlEvent) -> str:
    """The version of the standard that the root's namespace names."""
    for pattern in _VERSIONS:
        if match := pattern.fullmatch(root.namespace):
            return match.group(1)
    raise RejectedFile("archivage_version_inconnue", root.namespace[:80] or "aucune")


def _field(event: XmlEvent) -> str:
    """The agencies' identifiers are named after the agency, the other fields after themselves."""
    return event.parent if event.parent in ("TransferringAgency", "OriginatingAgency") else event.name


def _first(champs: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((champs[name] for name in names if name in champs), None)


def _siren(identifier: str | None) -> str | None:
    """The SIREN of an agency's identifier: `225600014_122` is a SIREN and the agency's own number of a service."""
    return siren_of((identifier or "").partition("_")[0])


def _read_transfer(event: XmlEvent, lu: _Transfer, version: str) -> Iterator[Anomaly]:
    """Count one event of a transfer."""
    if event.name in _OBJECTS:
        lu.nb_objets += event.is_start
    elif event.name == "Size":
        if not event.is_start:
            yield from _read_size(event, lu, version)
    elif not event.is_start and event.depth > 1 and event.text:
        lu.champs.setdefault(_field(event), event.text)


def _read_size(event: XmlEvent, lu: _Transfer, version: str) -> Iterator[Anomaly]:
    """Add a size to the sum of its level and unit; SEDA 2 counts in bytes and writes no unit."""
    unite = event.attributes.get("unitCode") or (BYTE if version.startswith("2") else "")
    if unite not in nomenclature("ref_unites_taille_seda"):
        yield Anomaly("avertissement", "archivage_unite_inconnue", event.ligne, "unitCode", unite[:40])
    niveau = ("objet", 0) if event.parent in _OBJECTS else ("description", event.depth)
    somme, nb_mesures = lu.sizes.get((*niveau, unite), (Decimal(0), 0))
    if not _SIZE.fullmatch(event.text):
        yield Anomaly("avertissement", "archivage_taille_illisible", event.ligne, "Size", event.text[:40])
        somme = None
    elif somme is not None:
        somme += Decimal(event.text.replace(",", "."))
    lu.sizes[(*niveau, unite)] = (somme, nb_mesures + 1)


def _transfert(lu: _Transfer, ligne: int, version: str) -> Transfert | None:
    """The transfer's record; None when nothing identifies it, or no collectivité."""
    champs = lu.champs
    transfert_id = _first(champs, ("TransferIdentifier", "MessageIdentifier"))
    versant = champs.get("TransferringAgency")
    producteur = champs.get("OriginatingAgency") or champs.get("OriginatingAgencyIdentifier")
    siren = _siren(versant) or _siren(producteur)
    if transfert_id is None or siren is None:
        return None
    agences = (versant, producteur, _siren(versant), _siren(producteur))
    accord = (champs.get("ArchivalAgreement"), champs.get("ArchivalProfile"))
    return Transfert(ligne, transfert_id, siren, *agences, version, champs.get("Date"), *accord, str(lu.nb_objets))


def _judge_transfer(lu: _Transfer, transfert: Transfert | None, ligne: int) -> Iterator[Anomaly]:
    versant = lu.champs.get("TransferringAgency")
    if not _first(lu.champs, ("TransferIdentifier", "MessageIdentifier")):
        yield Anomaly("rejet", "archivage_sans_identifiant", ligne, "TransferIdentifier")
    elif transfert is None:
        yield Anomaly("rejet", "archivage_collectivite_inconnue", ligne, "TransferringAgency", versant)
    elif transfert.siren_versant is None:
        yield Anomaly("avertissement", "archivage_versant_inconnu", ligne, "TransferringAgency", versant)
    yield from _judge_date(lu.champs.get("Date"), "Date", ligne)
    if not lu.nb_objets:
        yield Anomaly("avertissement", "archivage_sans_objet", ligne)


def _judge_date(date: str | None, champ: str, ligne: int) -> Iterator[Anomaly]:
    if date_problem(date):
        yield Anomaly("avertissement", "archivage_date_invalide", ligne, champ, (date or "")[:40])


def _tailles(lu: _Transfer, transfert: Transfert) -> Iterator[Taille]:
    """Sums by unit; of the descriptions, only the outermost, which already count what they contain."""
    depths = [depth for niveau, depth, _ in lu.sizes if niveau == "description"]
    for (niveau, depth, unite), (somme, nb_mesures) in lu.sizes.items():
        if niveau == "objet" or depth == min(depths):
            place = (transfert.ligne, transfert.transfert_id, transfert.siren)
            yield Taille(*place, niveau, unite, None if somme is None else f"{somme:f}", str(nb_mesures))


def _recognises(*names: str) -> Callable[[bytes], bool]:
    return lambda head: (root := xml_root_name(head)) is not None and root[1] in names


SOURCE = Source(
    name="archivage",
    version=1,
    formats=(
        Format("transfert SEDA", _recognises("ArchiveTransfer"), parse_transfer),
        Format("réponse SEDA", _recognises(*_REPLY_TYPES), parse_reply),
    ),
    tables={"transferts": Transfert, "tailles": Taille, "reponses": Reponse},
    codes=CODES,
)
