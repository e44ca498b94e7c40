"""ACTES messages in XML (schema v1.1 of the Ministry of the Interior) and their envelopes.

A message says who the act is by its `IDActe` when the prefecture answers; a transmission (1-1) only has its date,
number and nature: the SIREN is in the envelope of the same archive, or in the names of its files. Attributes and
elements are sought by local name, since real messages forget the prefix of their attributes.

    <Acte Date NumeroInterne CodeNatureActe><CodeMatiere1 CodeMatiere/>…<Document><NomFichier>…
    <ARActe IDActe DateReception><ActeRecu …as Acte…/></ARActe>
    <EnveloppeCLMISILL><Emetteur><IDCL SIREN Departement/>…<FormulairesEnvoyes><Formulaire><NomFichier>…

What is free text (Objet, Detail, Motif, DescriptionPieces, NatureIllegalite) or speaks of people (Referent,
AdressesRetour) is never read.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from lxml import etree

from orchestration.ingest.actes_records import (
    Acte,
    Evenement,
    Identite,
    check_numero,
    code_visible,
    identite_du_contenu,
    identite_of,
    matiere_of,
    numero_visible,
    papier_of,
    reconcile,
    settle,
)
from orchestration.ingest.archives import MAX_KEPT_BYTES, Codes, Membre, iter_tar_gz
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile
from orchestration.ingest.readers import date_problem, parse_xml, siren_of, xml_root_name

NAMESPACE = "http://www.interieur.gouv.fr/ACTES#"
ARCHIVE_CODES = Codes("actes_archive_illisible", "actes_archive_demesuree", "actes_archive_refusee")

# Root of each message: its type, and where it writes the date of what it tells (None: only the envelope does).
MESSAGES: dict[str, tuple[str, str | None]] = {
    "Acte": ("1-1", None),
    "ARActe": ("1-2", "DateReception"),
    "AnomalieActe": ("1-3", "Date"),
    "AnomalieEnveloppe": ("ANO_EACT", "Date"),
    "CourrierSimple": ("2-1", "DateCourrierPref"),
    "ReponseCourrierSimple": ("2-2", None),
    "DemandePieceComplementaire": ("3-1", "DateCourrierPref"),
    "ARDemandePieceComplementaire": ("3-2", None),
    "RefusPieceComplementaire": ("3-3", None),
    "PieceComplementaire": ("3-4", None),
    "ARPieceComplementaire": ("3-5", "DateReception"),
    "LettreObservations": ("4-1", "DateCourrierPref"),
    "ARLettreObservations": ("4-2", None),
    "RejetLettreObservations": ("4-3", None),
    "ReponseLettreObservations": ("4-4", None),
    "ARReponseRejetLettreObservations": ("4-5", "DateReception"),
    "DefereTA": ("5-1", "DateDepot"),
    "Annulation": ("6-1", None),
    "ARAnnulation": ("6-2", "DateReception"),
    "DemandeClassification": ("7-1", "DateClassification"),
    "RetourClassification": ("7-2", "DateClassification"),
    "ReponseClassificationSansChangement": ("7-3", "DateClassification"),
}
ENVELOPPES = {"EnveloppeCLMISILL": "EACT", "EnveloppeMISILLCL": "TACT"}
CLASSIFICATION = ("7-1", "7-2", "7-3")

_DEPARTEMENT = re.compile("[0-9]{2}[0-9AB]")
_NOM_DE_MESSAGE = re.compile(r"-[1-7]-[1-9](_0)?\.xml", re.IGNORECASE)
_NOM_ENVELOPPE = re.compile(r"(?:EACT|TACT)--.*-(\d{4})(\d{2})(\d{2})-\d+\.xml$", re.IGNORECASE)

Outcome = Acte | Evenement | Anomaly | Emitter


@dataclass(frozen=True, slots=True)
class Enveloppe:
    """What the envelope tells of all its messages; `tailles` are the members of the archive, in bytes by name."""

    emetteur: Identite = field(default_factory=Identite)
    date_envoi: str | None = None
    formulaires: tuple[str, ...] = ()
    tailles: dict[str, int] = field(default_factory=dict)


def is_actes_xml(head: bytes) -> bool:
    """Whether a file's first bytes are those of an ACTES message or envelope."""
    root = xml_root_name(head)
    return bool(root) and root[0].startswith(NAMESPACE)


def parse_message(stream: BinaryIO) -> Iterator[Outcome]:
    """Yield what a message or an envelope on its own tells."""
    root = _parse_root(stream.read(MAX_KEPT_BYTES + 1))
    name = _name(root)
    if name in ENVELOPPES:
        yield from _lone_envelope(root)
        return
    if name not in MESSAGES:
        raise RejectedFile("actes_message_inconnu", name[:40])
    outcomes = list(_parse_root_message(1, root, Enveloppe()))
    yield from outcomes
    yield from _emitter(outcomes)


def parse_archive(stream: BinaryIO) -> Iterator[Outcome]:
    """Yield what the messages of an archive tell, in the light of its envelope; `ligne` is the rank in the archive.

    The envelope may come after the messages: nothing is yielded before the archive was read to its end.
    """
    tailles: dict[str, int] = {}
    kept: list[Membre] = []
    for membre in iter_tar_gz(stream, ARCHIVE_CODES, _is_message):
        tailles[membre.nom] = membre.taille
        if membre.contenu is not None:
            kept.append(membre)
    anomalies, roots = _parse_roots(kept)
    enveloppe = _read_envelope(roots, kept, tailles)
    messages = [(rang, root) for rang, root in roots if _name(root) not in ENVELOPPES]
    if not messages and not anomalies:
        raise RejectedFile("actes_archive_sans_message")
    outcomes = [*anomalies, *_missing_members(enveloppe)]
    for rang, root in messages:
        outcomes.extend(_parse_root_message(rang, root, enveloppe))
    yield from outcomes
    yield from _emitter(outcomes)


# --- Roots and envelopes ----------------------------------------------------------------------------------------------


def _parse_root(content: bytes) -> etree._Element:
    if len(content) > MAX_KEPT_BYTES:
        raise RejectedFile("actes_xml_illisible", f"plus de {MAX_KEPT_BYTES >> 20} Mio")
    return parse_xml(io.BytesIO(content), "actes_xml_illisible")


def _is_message(nom: str, head: bytes) -> bool:
    return is_actes_xml(head) or bool(_NOM_DE_MESSAGE.search(nom))


def _parse_roots(membres: list[Membre]) -> tuple[list[Anomaly], list[tuple[int, etree._Element]]]:
    """The XML roots of an archive's messages; a broken one is a rejected record, and spares the others."""
    anomalies, roots = [], []
    for membre in membres:
        try:
            root = _parse_root(membre.contenu or b"")
        except RejectedFile as refusal:
            anomalies.append(Anomaly("rejet", refusal.code, membre.rang, valeur=refusal.valeur))
            continue
        if _name(root) in MESSAGES or _name(root) in ENVELOPPES:
            roots.append((membre.rang, root))
        else:
            anomalies.append(Anomaly("rejet", "actes_message_inconnu", membre.rang, valeur=_name(root)[:40]))
    return anomalies, roots


def _read_envelope(
    roots: list[tuple[int, etree._Element]], membres: list[Membre], tailles: dict[str, int]
) -> Enveloppe:
    """The archive's envelope, empty when it has none; its date is in its name, nowhere else."""
    for rang, root in roots:
        if _name(root) in ENVELOPPES:
            nom = next(membre.nom for membre in membres if membre.rang == rang)
            match = _NOM_ENVELOPPE.search(nom)
            return Enveloppe(_emetteur(root), "-".join(match.groups()) if match else None, _noms(root), tailles)
    return Enveloppe(tailles=tailles)


def _emetteur(root: etree._Element) -> Identite:
    """The collectivité that an envelope comes from (IDCL) or goes to (Destinataire)."""
    for element in root.iter("{*}IDCL", "{*}Destinataire"):
        departement = _attribute(element, "Departement") or ""
        known = departement if _DEPARTEMENT.fullmatch(departement) else None
        return Identite(departement=known, siren=_attribute(element, "SIREN"))
    return Identite()


def _missing_members(enveloppe: Enveloppe) -> Iterator[Anomaly]:
    for rang, nom in enumerate(enveloppe.formulaires, start=1):
        if nom not in enveloppe.tailles:
            yield Anomaly("avertissement", "actes_message_absent", 0, f"NomFichier {rang}", _acte_named(nom))


def _lone_envelope(root: etree._Element) -> Iterator[Outcome]:
    """An envelope without its archive: each form it announces is an event, which makes no act."""
    type_message, emetteur = ENVELOPPES[_name(root)], _emetteur(root)
    yield Anomaly("avertissement", "actes_enveloppe_seule", 0, valeur=code_visible(emetteur.siren))
    yield from _emitter_of(emetteur.siren)
    yield from _forms(1, root, type_message, None, None)


def _forms(
    first: int, root: etree._Element, type_message: str, jour: str | None, motif: str | None
) -> Iterator[Outcome]:
    """One event per form that an envelope announces; their ranks follow that of the envelope, `first`."""
    emetteur = _emetteur(root)
    for rang, nom in enumerate(_noms(root), start=first):
        identite, anomalies = reconcile(rang, emetteur, identite_of(nom))
        yield from anomalies
        if identite:
            yield Evenement(rang, identite.acte_id, identite.siren, type_message, jour, motif, None, None)


# --- Messages ---------------------------------------------------------------------------------------------------------


def _parse_root_message(rang: int, root: etree._Element, enveloppe: Enveloppe) -> Iterator[Outcome]:
    type_message, champ_date = MESSAGES[_name(root)]
    jour = _value(root, champ_date) if champ_date else enveloppe.date_envoi
    yield from _date_oddities(rang, type_message, jour, champ_date)
    if type_message in CLASSIFICATION:
        yield Anomaly("avertissement", "actes_classification", rang, valeur=type_message)
        siren = siren_of(enveloppe.emetteur.siren)
        yield Evenement(rang, None, siren, type_message, code_visible(jour), None, None, None)
    elif type_message == "ANO_EACT":
        yield from _forms(rang, root, type_message, code_visible(jour), _motif(root))
    elif type_message in ("1-1", "1-2", "1-3"):
        yield from _acte_outcomes(rang, root, enveloppe, type_message, jour)
    else:
        noms = [identite_of(nom) for nom in _noms(root)]
        identite, anomalies = reconcile(rang, identite_of(_id_acte(root)), enveloppe.emetteur, *noms[:1])
        yield from anomalies
        if identite:
            yield Evenement(rang, identite.acte_id, identite.siren, type_message, code_visible(jour), None, None, None)


def _acte_outcomes(
    rang: int, root: etree._Element, enveloppe: Enveloppe, type_message: str, jour: str | None
) -> Iterator[Outcome]:
    """The act that a message 1-1, 1-2 or 1-3 carries, and the event that the last two are."""
    recus = [root] if type_message == "1-1" else root.findall("{*}ActeRecu")
    if len(recus) != 1:
        yield Anomaly("avertissement", "actes_structure_inattendue", rang, "ActeRecu", str(len(recus)))
    declared = identite_of(_id_acte(root)) if type_message == "1-2" else None
    contenu = recus[0] if recus else None
    temoins, brut = _witnesses(contenu, enveloppe)
    identite, anomalies = reconcile(rang, declared, *temoins, defaut=brut)
    yield from anomalies
    if not identite:
        return
    if contenu is not None:
        yield from check_numero(rang, _attribute(contenu, "NumeroInterne"), identite.siren)
        yield from _missing_pieces(rang, contenu, enveloppe, identite)
        yield from settle(_acte(rang, contenu, identite, enveloppe, type_message, jour))
    if type_message != "1-1":
        yield Evenement(
            rang, identite.acte_id, identite.siren, type_message, code_visible(jour), _motif(root), None, None
        )


def _witnesses(contenu: etree._Element | None, enveloppe: Enveloppe) -> tuple[list[Identite | None], Identite | None]:
    """Who speaks of the act's identity, in order of belief (envelope, content, names of its files); the last resort."""
    if contenu is None:
        return [enveloppe.emetteur], None
    champs = (_attribute(contenu, name) for name in ("Date", "NumeroInterne", "CodeNatureActe"))
    sound, brut = identite_du_contenu(*champs)
    nom = next((identite for nom in _noms(contenu) if (identite := identite_of(nom))), None)
    return [enveloppe.emetteur, sound, nom], brut


def _acte(
    rang: int, contenu: etree._Element, identite: Identite, enveloppe: Enveloppe, type_message: str, jour: str | None
) -> Acte:
    noms = _noms(contenu)
    taille = sum(enveloppe.tailles.get(nom, 0) for nom in noms)
    niveaux = [_attribute(e, "CodeMatiere") for e in contenu.iterfind("{*}CodeMatiere1")]
    niveaux += [_attribute(e, "CodeMatiere") for e in contenu.iterfind("{*}CodeMatiere2")]
    return Acte(
        ligne=rang,
        acte_id=identite.acte_id or "",
        siren=identite.siren or "",
        origine=type_message,
        numero=numero_visible(_attribute(contenu, "NumeroInterne")) or identite.numero,
        nature_code=_attribute(contenu, "CodeNatureActe") or identite.nature_code,
        matiere_code=matiere_of(".".join(niveau for niveau in niveaux if niveau) or None),
        date_decision=_attribute(contenu, "Date") or identite.date_decision,
        date_transmission=enveloppe.date_envoi if type_message == "1-1" else None,
        date_ar=jour if type_message == "1-2" else None,
        nb_fichiers=str(len(noms)) if noms else None,
        taille_octets=str(taille) if taille else None,
        document_papier=papier_of(_text(contenu, "DocumentPapier")),
        transaction_id=None,
        statut_code=None,
    )


def _missing_pieces(rang: int, contenu: etree._Element, enveloppe: Enveloppe, identite: Identite) -> Iterator[Anomaly]:
    """Pieces that a transmission announces and its archive lacks; annexes counted otherwise than announced."""
    noms, siren = _noms(contenu), identite.siren
    if _name(contenu) == "Acte" and enveloppe.tailles and any(nom not in enveloppe.tailles for nom in noms):
        yield Anomaly("avertissement", "actes_piece_absente", rang, "NomFichier", identite.acte_id, siren)
    for annexes in contenu.iterfind("{*}Annexes"):
        nombre, found = _attribute(annexes, "Nombre"), len(annexes.findall("{*}Annexe"))
        if nombre and nombre != str(found):
            valeur = code_visible(nombre)
            yield Anomaly("avertissement", "actes_nb_annexes_incoherent", rang, "Annexes", valeur, siren)


def _date_oddities(rang: int, type_message: str, jour: str | None, champ: str | None) -> Iterator[Anomaly]:
    if champ and not jour and type_message != "7-1":
        yield Anomaly("avertissement", "actes_date_absente", rang, champ, type_message)
    elif champ and type_message != "1-2" and (problem := date_problem(jour)):
        yield Anomaly("avertissement", f"actes_date_{problem}", rang, champ, code_visible(jour))


def _emitter(outcomes: Iterable[Outcome]) -> Iterator[Emitter]:
    """The one collectivité that the messages speak of."""
    sirens = {outcome.siren for outcome in outcomes if isinstance(outcome, (Acte, Evenement)) and outcome.siren}
    if len(sirens) == 1:
        yield Emitter(sirens.pop())


def _emitter_of(text: str | None) -> Iterator[Emitter]:
    if siren := siren_of(text):
        yield Emitter(siren)


# --- Reading by local name --------------------------------------------------------------------------------------------


def _name(element: etree._Element) -> str:
    return _local(element.tag)


def _local(tag: str) -> str:
    """Local name of a tag, its undeclared prefix included when it has one: lxml's own QName refuses those."""
    return tag.rpartition("}")[2]


def _attribute(element: etree._Element, name: str) -> str | None:
    for key, value in element.attrib.items():
        if _local(key) == name:
            return value.strip() or None
    return None


def _text(element: etree._Element, name: str) -> str | None:
    child = element.find("{*}" + name)
    return (child.text or "").strip() or None if child is not None else None


def _value(root: etree._Element, name: str) -> str | None:
    return _attribute(root, name) or _text(root, name)


def _id_acte(root: etree._Element) -> str | None:
    """IDActe of a message: on its root, or on the prefecture's letter that the message answers."""
    lettres = root.iterfind("{*}InfosCourrierPref")
    return _attribute(root, "IDActe") or next((_attribute(lettre, "IDActe") for lettre in lettres), None)


def _motif(root: etree._Element) -> str | None:
    """Code of an anomaly's nature; its details are free text and stay at the door."""
    motif = _text(root, "Nature")
    return motif if motif and re.fullmatch(r"\d{1,4}", motif) else None


def _noms(element: etree._Element) -> tuple[str, ...]:
    """Names of the files that an element announces."""
    return tuple((nom.text or "").strip() for nom in element.iter("{*}NomFichier") if (nom.text or "").strip())


def _acte_named(nom: str) -> str | None:
    identite = identite_of(nom)
    return identite.acte_id if identite else None
