"""Transfers to the electronic archives (SEDA 0.2, 1.0, 2.1) and the archives' replies.

Collectivités that archive send acts or accounting flows; most transfers are accepted within days, some refused, and
then sent again under another identifier, some still await their reply. A transfer counts in the month of its date.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from orchestration.demo.deposit import Deposit, escape
from orchestration.demo.territory import DATE_DU_DEPOT, DERNIER_JOUR, Territoire, generator, month_end
from orchestration.demo.truth import Truth

TRANSFERTS_PAR_AN = 1_000
"""Transfers of the territory in a year: each holds the documents of several acts or flows."""
VERSANTS_MIN, VERSANTS_PAR_ECHELLE = 8, 800
CROISSANCE_PAR_AN = 0.5
"""Transfers of a year, over those of the year before, less one."""

VERSIONS = ("0.2", "1.0", "2.1")
VERSIONS_PARTS = (0.2, 0.45, 0.35)
ESPACES = {
    "0.2": "fr:gouv:ae:archive:draft:standard_echange_v0.2",
    "1.0": "fr:gouv:culture:archivesdefrance:seda:v1.0",
    "2.1": "fr:gouv:culture:archivesdefrance:seda:v2.1",
}
REFUS = ("203", "205", "207", "300", "312")
FLUX = ("ACTES", "PES")


@dataclass(slots=True)
class Transfert:
    """One transfer: its documents' sizes in bytes, and what the archives replied (None: nothing yet)."""

    rang: int
    siren: str
    nom: str
    transfert_id: str
    version: str
    flux: str
    jour: date
    tailles: list[int]
    code: str | None
    reponse_le: date | None

    @property
    def est_accepte(self) -> bool:
        """Whether the archives took it."""
        return self.code == "000"


def write_archivage(
    deposit: Deposit, truth: Truth, territoire: Territoire, echelle: float, graine: int
) -> list[Transfert]:
    """Draw the transfers, write them with their replies, and their truth."""
    rng = generator(graine, "archivage")
    transferts = _draw(rng, territoire, echelle)
    for transfert in transferts:
        tell(truth, transfert)
        deposit.write("archivage", f"{transfert.transfert_id}.xml", transfer_xml(transfert))
        if transfert.code:
            deposit.write("archivage", f"{transfert.transfert_id}_reponse.xml", reply_xml(transfert))
    return transferts


def tell(truth: Truth, transfert: Transfert) -> None:
    """Add a transfer to the truth, in its own month whatever the day of the reply."""
    siren, jour = transfert.siren, transfert.jour
    truth.add(siren, jour, "archives_transferts")
    if transfert.est_accepte:
        truth.add(siren, jour, "archives_transferts_acceptes")
        truth.add(siren, jour, "archives_objets_acceptes", len(transfert.tailles))
        truth.add(siren, jour, "archives_octets_acceptes", sum(transfert.tailles))
    elif transfert.code:
        truth.add(siren, jour, "archives_transferts_rejetes")


def _draw(rng: np.random.Generator, territoire: Territoire, echelle: float) -> list[Transfert]:
    counted = [i for i, c in enumerate(territoire.collectivites) if c.est_compte]
    nombre = min(len(counted), max(VERSANTS_MIN, round(VERSANTS_PAR_ECHELLE * echelle)))
    chances = territoire.poids[counted] ** 0.8
    versants = rng.choice(len(counted), size=nombre, replace=False, p=chances / chances.sum()).tolist()
    essor = (1 + CROISSANCE_PAR_AN) ** (np.arange(len(territoire.mois)) / 12)
    means = TRANSFERTS_PAR_AN * echelle / 12 / nombre * territoire.saison * essor / essor.mean()
    transferts: list[Transfert] = []
    for mois, mean in zip(territoire.mois, means.tolist(), strict=True):
        for versant in sorted(versants):
            for _ in range(int(rng.poisson(mean))):
                transferts += _one(rng, territoire, counted[versant], mois, len(transferts))
    return transferts


def _one(rng: np.random.Generator, territoire: Territoire, rang: int, mois: date, numero: int) -> list[Transfert]:
    """One transfer, followed by a second one ten days later when it was refused."""
    collectivite = territoire.collectivites[rang]
    jour = mois.replace(day=int(rng.integers(1, month_end(mois).day + 1)))
    sort, attente = rng.random(), int(rng.integers(0, 6))
    code = None if sort < 0.05 else REFUS[int(rng.integers(len(REFUS)))] if sort < 0.13 else "000"
    version = VERSIONS[int(rng.choice(3, p=VERSIONS_PARTS))]
    # SEDA 0.2 states one size for the whole transfer, in kilobytes.
    unit = 1_000 if version == "0.2" else 1
    tailles = [unit * int(n) for n in rng.lognormal(12 - np.log(unit), 1.0, int(rng.integers(2, 9))).clip(1)]
    first = Transfert(
        rang=rang,
        siren=collectivite.siren,
        nom=collectivite.nom,
        transfert_id=f"ATR_{collectivite.siren}_{numero + 1:06d}",
        version=version,
        flux=FLUX[int(rng.integers(2))],
        jour=jour,
        tailles=tailles,
        code=code,
        reponse_le=jour + timedelta(days=attente),
    )
    again = _again(first, numero + 2)
    return [_within_deposit(one) for one in (first, again) if one]


def _again(refuse: Transfert, numero: int) -> Transfert | None:
    """The same content under a new identifier, ten days later; None when nothing was refused, or it is too late."""
    jour = refuse.jour + timedelta(days=10)
    if refuse.code in (None, "000") or jour > DERNIER_JOUR:
        return None
    transfert_id = f"ATR_{refuse.siren}_{numero:06d}"
    return replace(refuse, transfert_id=transfert_id, jour=jour, code="000", reponse_le=jour + timedelta(days=1))


def _within_deposit(transfert: Transfert) -> Transfert:
    """Without the reply that would come after the day of the deposit."""
    if transfert.code is None or (transfert.reponse_le and transfert.reponse_le > DATE_DU_DEPOT):
        transfert.code = transfert.reponse_le = None
    return transfert


# --- files ------------------------------------------------------------------------------------------------------------


def transfer_xml(transfert: Transfert) -> bytes:
    """The transfer in its version of the standard; version 0.2 starts with a BOM, as the real ones do."""
    body = _transfer_v2(transfert) if transfert.version == "2.1" else _transfer_v0_v1(transfert)
    return _xml(body, bom=transfert.version == "0.2")


def reply_xml(transfert: Transfert) -> bytes:
    """The reply in the version of its transfer."""
    body = _reply_v2(transfert) if transfert.version == "2.1" else _reply_v0_v1(transfert)
    return _xml(body, bom=transfert.version == "0.2")


def _reply_v2(transfert: Transfert) -> str:
    stamp = f"{(transfert.reponse_le or transfert.jour).isoformat()}T10:26:03+01:00"
    return (
        f'<ArchiveTransferReply xmlns="{ESPACES["2.1"]}"><Date>{stamp}</Date>'
        f"<MessageIdentifier>REP_{transfert.transfert_id}</MessageIdentifier>"
        f"<ReplyCode>{transfert.code}</ReplyCode>"
        f"<MessageRequestIdentifier>{transfert.transfert_id}</MessageRequestIdentifier>"
        f"<GrantDate>{stamp}</GrantDate>"
        "<ArchivalAgency><Identifier>SAE_DEMONSTRATION</Identifier></ArchivalAgency>"
        f"<TransferringAgency><Identifier>{transfert.siren}</Identifier></TransferringAgency>"
        "</ArchiveTransferReply>"
    )


def _reply_v0_v1(transfert: Transfert) -> str:
    """In version 0.2 an acceptance has an element of its own, without a code."""
    stamp = f"{(transfert.reponse_le or transfert.jour).isoformat()}T10:26:03+01:00"
    accepted = transfert.version == "0.2" and transfert.est_accepte
    root = "ArchiveTransferAcceptance" if accepted else "ArchiveTransferReply"
    code = "" if accepted else f'<ReplyCode listVersionID="edition 2009">{transfert.code}</ReplyCode>'
    identifier = "TransferAcceptanceIdentifier" if accepted else "TransferReplyIdentifier"
    return (
        f'<{root} xmlns="{ESPACES[transfert.version]}"><Comment>Versement du {transfert.jour:%d/%m/%Y}</Comment>'
        f"<Date>{stamp}</Date><GrantDate>{stamp}</GrantDate>{code}"
        f"<TransferIdentifier>{transfert.transfert_id}</TransferIdentifier>"
        f"<{identifier}>REP_{transfert.transfert_id}</{identifier}>"
        "<ArchivalAgency><Identification>SAE_DEMONSTRATION</Identification><Name>Archives</Name></ArchivalAgency>"
        f"<TransferringAgency><Identification>{transfert.siren}</Identification>"
        f"<Name>{escape(transfert.nom)}</Name></TransferringAgency></{root}>"
    )


def _transfer_v0_v1(transfert: Transfert) -> str:
    is_v0 = transfert.version == "0.2"
    archive = "Contains" if is_v0 else "Archive"
    size = f'<Size unitCode="2P">{sum(transfert.tailles) // 1_000}</Size>' if is_v0 else ""
    return (
        f'<ArchiveTransfer xmlns="{ESPACES[transfert.version]}">\n'
        f"<Comment>Transfert de démonstration</Comment><Date>{transfert.jour.isoformat()}T16:04:19.2946109Z</Date>\n"
        f"<TransferIdentifier>{transfert.transfert_id}</TransferIdentifier>\n"
        f"<TransferringAgency><Identification>{transfert.siren}</Identification>"
        f"<Name>{escape(transfert.nom)}</Name></TransferringAgency>\n"
        "<ArchivalAgency><Identification>SAE_DEMONSTRATION</Identification><Name>Archives</Name></ArchivalAgency>\n"
        f"<{archive}><ArchivalAgreement>ACCORD_{transfert.flux}</ArchivalAgreement>"
        f"<ArchivalProfile>PROFIL_{transfert.flux}_0001</ArchivalProfile>"
        f"<DescriptionLanguage>fr</DescriptionLanguage><DescriptionLevel>file</DescriptionLevel>"
        f"<Name>Flux {transfert.flux}</Name>\n"
        f"<ContentDescription><DescriptionLevel>file</DescriptionLevel>"
        f"<LatestDate>{transfert.jour.isoformat()}</LatestDate><OldestDate>{transfert.jour.isoformat()}</OldestDate>"
        f"{size}<OriginatingAgency><Identification>{transfert.siren}_01</Identification>"
        f"<Name>{escape(transfert.nom)}</Name></OriginatingAgency></ContentDescription>\n"
        f"{_appraisal(transfert)}\n{_documents(transfert)}</{archive}>\n</ArchiveTransfer>\n"
    )


def _appraisal(transfert: Transfert) -> str:
    tag = "Appraisal" if transfert.version == "0.2" else "AppraisalRule"
    return (
        f'<{tag}><Code listVersionID="edition 2009">detruire</Code><Duration>P10Y</Duration>'
        f"<StartDate>{transfert.jour.isoformat()}</StartDate></{tag}>"
    )


def _documents(transfert: Transfert) -> str:
    """Version 1.0 gives each document its size; in version 0.2 the whole transfer has one."""
    is_v0 = transfert.version == "0.2"
    documents = "".join(
        f'<Document><Attachment filename="piece_{rang}.pdf" format="fmt/95" mimeCode="application/pdf"/>'
        + ("" if is_v0 else f'<Size unitCode="AD">{taille}</Size>')
        + '<Type listVersionID="edition 2009">CDO</Type></Document>\n'
        for rang, taille in enumerate(transfert.tailles, start=1)
    )
    tag = "Contains" if is_v0 else "ArchiveObject"
    return f"<{tag}><Name>Pièces</Name>\n{documents}</{tag}>\n"


def _transfer_v2(transfert: Transfert) -> str:
    objects = "".join(
        f'<BinaryDataObject id="BDO{rang}"><FormatIdentification><FormatId>fmt/95</FormatId></FormatIdentification>'
        f"<FileInfo><Filename>piece_{rang}.pdf</Filename></FileInfo><Size>{taille}</Size></BinaryDataObject>\n"
        for rang, taille in enumerate(transfert.tailles, start=1)
    )
    return (
        f'<ArchiveTransfer xmlns="{ESPACES["2.1"]}">\n<Comment>Transfert de démonstration</Comment>'
        f"<Date>{transfert.jour.isoformat()}T09:00:00</Date>\n"
        f"<MessageIdentifier>{transfert.transfert_id}</MessageIdentifier>\n"
        f"<ArchivalAgreement>ACCORD_{transfert.flux}</ArchivalAgreement>\n<CodeListVersions/>\n"
        f'<DataObjectPackage>\n{objects}<DescriptiveMetadata><ArchiveUnit id="AU1"><Content>'
        f"<DescriptionLevel>File</DescriptionLevel><Title>Flux {transfert.flux}</Title>"
        f"<OriginatingAgency><Identifier>{transfert.siren}</Identifier></OriginatingAgency>"
        f"<StartDate>{transfert.jour.isoformat()}</StartDate><EndDate>{transfert.jour.isoformat()}</EndDate>"
        "</Content></ArchiveUnit></DescriptiveMetadata>\n<ManagementMetadata>"
        f"<ArchivalProfile>PROFIL_{transfert.flux}_0001</ArchivalProfile>"
        "<AppraisalRule><Rule>APP-1</Rule><FinalAction>Destroy</FinalAction></AppraisalRule>"
        "</ManagementMetadata>\n</DataObjectPackage>\n"
        "<ArchivalAgency><Identifier>SAE_DEMONSTRATION</Identifier></ArchivalAgency>\n"
        f"<TransferringAgency><Identifier>{transfert.siren}</Identifier></TransferringAgency>\n</ArchiveTransfer>\n"
    )


def _xml(body: str, bom: bool = False) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode("utf-8-sig" if bom else "utf-8")
