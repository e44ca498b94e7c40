"""Hélios: the accounting flows (PES v2) of collectivités and what the Treasury answers.

Sent by the platform, one XML file each: `PES_Aller` (bordereaux of mandats and titres, pièces justificatives),
`PES_ACQUIT` (accepted or refused, element by element), `PES_Retour` (state of the pieces at the Treasury),
`PES_ACQUIT_RETOUR` and the old `PES_NonAcquit`. Values stand in attributes: `<IdBord V="2372"/>`; encodings are the
XML declaration's business. Files reach 200 MB with their base64 attachments, so they are read as events.

Only what is counted leaves the reader: third parties, bank accounts, objects, labels, names and contents of
attachments, certificates are never asked for.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from orchestration.ingest.outcome import Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.readers import date_problem, is_amount, nomenclature, siret_of, xml_root_name
from orchestration.ingest.xml_events import XmlEvent, xml_events

# Rows of refused attachments kept apart before they are written: an answer may hold a million elements.
MAX_GROUPS = 10_000

CODES = {
    "helios_xml_illisible": "Le fichier PES ne se lit pas ({valeur}) : exportez-le de nouveau depuis "
    "votre logiciel comptable ou depuis la plateforme.",
    "helios_acquit_vide": "L'acquit du flux « {valeur} » ne dit rien d'aucun élément : redemandez-le à la plateforme.",
    "helios_sans_nom_flux": "Le nom du flux (NomFic) manque : le fichier ne peut être rattaché à aucun envoi.",
    "helios_siret_invalide": "Le SIRET « {valeur} » (IdColl) n'existe pas : vérifiez l'identifiant de la collectivité "
    "dans votre logiciel comptable.",
    "helios_sans_code_budget": "Le code collectivité ou le code budget manque (champ {champ}) : le flux ne peut être "
    "rattaché à un budget.",
    "helios_code_inattendu": "Le code « {valeur} » (champ {champ}) n'a pas la longueur prévue : 3 caractères pour la "
    "collectivité, 2 pour le budget.",
    "helios_date_invalide": "La date « {valeur} » (champ {champ}) est illisible ou antérieure à 2000.",
    "helios_montant_illisible": "Le montant « {valeur} » du bordereau n'est pas un nombre.",
    "helios_domaine_inconnu": "Le flux contient un domaine inconnu ({champ}) : il est reçu, mais n'est pas compté.",
    "helios_flux_vide": "Le flux ne contient ni bordereau ni pièce justificative.",
    "helios_dematerialisation_inconnue": "L'indicateur de dématérialisation des pièces vaut « {valeur} » : 0 ou 1 "
    "attendu.",
    "helios_signature_double": "Le flux est signé à la fois globalement et bordereau par bordereau.",
    "helios_bordereau_sans_identifiant": "Un bordereau n'a pas de numéro ou pas d'exercice : il n'est pas retenu.",
    "helios_nb_pieces_illisible": "Le nombre de pièces annoncé par le bordereau ({valeur}) n'est pas un nombre entier.",
    "helios_nb_pieces_incoherent": "Le bordereau n'annonce pas le nombre de pièces qu'il contient : {valeur}.",
    "helios_acquit_siret_invalide": "Le SIRET « {valeur} » de l'acquit n'existe pas : l'acquit est rattaché par le "
    "seul nom du flux.",
    "helios_acquit_etat_inconnu": "L'état d'acquittement « {valeur} » n'est ni 0 (refusé) ni 1 (accepté).",
    "helios_acquit_domaine_inconnu": "Le domaine d'acquittement « {valeur} » est inconnu.",
    "helios_retour_vide": "Le compte rendu ne contient aucun bordereau.",
}

DOMAINES = {
    "PES_DepenseAller": "depense",
    "PES_RecetteAller": "recette",
    "PES_PJ": "pj",
    "PES_Facture": "facture",
    "PES_Marche": "marche",
    "PES_BudgetAller": "budget",
    "PES_EtatActifAller": "etat_actif",
    "PES_EmpruntAller": "emprunt",
    "PES_RoleAller": "role",
}
SENS = {
    "PES_DepenseAller": "depense",
    "PES_RecetteAller": "recette",
    "PES_DepenseRetour": "depense",
    "PES_RecetteRetour": "recette",
}

_ENTETE = {
    ("Parametres", "NomFic"),
    ("Parametres", "TypFic"),
    ("Emetteur", "Sigle"),
    *(("EnTetePES", name) for name in ("DteStr", "IdPost", "IdColl", "CodCol", "CodColl", "CodBud")),
}
_BORDEREAU = {
    *((domaine, "Bordereau") for domaine in SENS),
    ("Bordereau", "Signature"),
    ("Bordereau", "Piece"),
    *(("BlocBordereau", name) for name in ("Exer", "IdBord", "DteBordEm", "TypBord", "NbrPce", "MtBordHT")),
}
_ALLER = (
    _ENTETE
    | _BORDEREAU
    | {
        ("EnTeteDepense", "InfoDematerialisee"),
        ("EnTeteRecette", "InfoDematerialisee"),
        ("PES_PJ", "PJ"),
    }
)
_ACQUIT = _ENTETE | {
    ("ACQUIT", "ElementACQUIT"),
    *(
        ("ElementACQUIT", name)
        for name in ("DomaineAck", "EtatAck", "NumBord", "ExerciceBord", "IdUnique", "NumPiece", "DetailPiece")
    ),
    ("DetailPiece", "NumPiece"),
    ("Erreur", "NumAnoAck"),
}
_ACQUIT_RETOUR = _ENTETE | {
    ("ACQUIT_RETOUR", "ElementACQUIT_RETOUR"),
    *(("ElementACQUIT_RETOUR", name) for name in ("DomaineAckRetour", "NomFichierRetour", "DateAcquit")),
}
_NON_ACQUIT = _ENTETE | {("NonAcquit", "NomFic")}
_RETOUR = (
    _ENTETE
    | _BORDEREAU
    | {
        ("EnTeteDepense", "TypRestit"),
        ("EnTeteRecette", "TypRestit"),
        ("InfoPiece", "EtatPce"),
        ("InfoPce", "EtatPce"),
    }
)


@dataclass(frozen=True, slots=True)
class FluxPes:
    """One PES_Aller; booleans are `true` or `false`, `domaines` is a comma-separated list of DOMAINES values.

    What is said to be signed is by a bordereau's own signature; `est_signature_globale` speaks of the whole.
    """

    ligne: int
    nom_flux: str
    siret: str
    code_collectivite: str
    code_budget: str
    type_fichier: str | None
    date_flux: str | None
    poste_comptable: str | None
    progiciel: str | None
    domaines: str
    nb_bordereaux: str
    nb_bordereaux_signes: str
    nb_mandats: str
    nb_titres: str
    nb_pieces: str
    nb_pieces_signees: str
    nb_pieces_declarees: str | None
    nb_pj: str
    nb_pj_dematerialisees: str
    est_signature_globale: str


@dataclass(frozen=True, slots=True)
class Bordereau:
    """One bordereau of a PES_Aller; `est_signe` speaks of its own signature, not of the flow's."""

    ligne: int
    nom_flux: str
    siret: str
    code_collectivite: str
    code_budget: str
    sens: str
    exercice: str
    bordereau_id: str
    type_bordereau: str | None
    date_bordereau: str | None
    nb_pieces: str
    nb_pieces_declarees: str | None
    est_signe: str
    montant_ht: str | None


@dataclass(frozen=True, slots=True)
class Acquit:
    """One element that an answer accepts (`etat` 1) or refuses (0), or `nb_elements` attachments of the same fate.

    `nom_flux` names the file answered; `siret` and codes are None when the answer does not tell them.
    """

    ligne: int
    type_acquit: str
    nom_flux: str
    siret: str | None
    code_collectivite: str | None
    code_budget: str | None
    date_acquit: str | None
    domaine: str | None
    etat: str | None
    exercice: str | None
    bordereau_id: str | None
    piece: str | None
    code_anomalie: str | None
    nb_elements: str


@dataclass(frozen=True, slots=True)
class CompteRendu:
    """The pieces of one bordereau that the Treasury says to be in one state (`etat_piece` None: not told)."""

    ligne: int
    nom_fichier_retour: str
    siret: str
    code_collectivite: str
    code_budget: str
    type_fichier: str | None
    date_compte_rendu: str | None
    type_restitution: str | None
    sens: str | None
    exercice: str | None
    bordereau_id: str | None
    type_bordereau: str | None
    etat_piece: str | None
    nb_pieces: str


@dataclass(slots=True)
class _Bordereau:
    """A bordereau being read."""

    ligne: int
    sens: str
    champs: dict[str, str | None] = field(default_factory=dict)
    est_signe: bool = False
    nb_pieces: int = 0
    etat: str | None = None
    etats: Counter[str | None] = field(default_factory=Counter)


@dataclass(slots=True)
class _Flux:
    """The counts of a PES_Aller being read; `nb_declarees` is None as soon as one bordereau declares nothing clear."""

    domaines: list[str] = field(default_factory=list)
    bordereau: _Bordereau | None = None
    nb_bordereaux: int = 0
    nb_signes: int = 0
    nb_pieces_signees: int = 0
    nb_pieces: Counter[str] = field(default_factory=Counter)
    nb_declarees: int | None = 0
    nb_pj: int = 0
    nb_domaines_comptables: int = 0
    nb_domaines_dematerialises: int = 0
    est_signature_globale: bool = False


def parse_aller(stream: BinaryIO) -> Iterator[FluxPes | Bordereau | Anomaly | Emitter]:
    """Yield each bordereau of a PES_Aller, then the flow that sums them up."""
    entete, ligne, events = _read_entete(xml_events(stream, "helios_xml_illisible", _ALLER))
    yield from _judge_entete(entete, ligne)
    if (cle := _cle(entete)) is None:
        return
    yield Emitter(cle[1][:9])
    flux = _Flux()
    for event in events:
        yield from _read_aller(event, flux, cle)
    if not flux.nb_bordereaux and not flux.nb_pj:
        yield Anomaly("avertissement", "helios_flux_vide", ligne)
    if flux.est_signature_globale and flux.nb_signes:
        yield Anomaly("avertissement", "helios_signature_double", ligne, "Signature")
    yield FluxPes(
        ligne,
        *cle,
        entete.get("TypFic"),
        entete.get("DteStr"),
        entete.get("IdPost"),
        entete.get("Sigle"),
        ",".join(flux.domaines),
        *_totals(flux),
        _boolean(flux.est_signature_globale),
    )


def parse_acquit(stream: BinaryIO) -> Iterator[Acquit | Anomaly | Emitter]:
    """Yield what a PES_ACQUIT says of each element; attachments of the same fate are counted together."""
    entete, ligne, events = _read_entete(xml_events(stream, "helios_xml_illisible", _ACQUIT))
    if not entete.get("NomFic"):
        yield Anomaly("rejet", "helios_sans_nom_flux", ligne, "NomFic")
        return
    yield from _judge_acquit_entete(entete, ligne)
    groups: Counter[tuple[str | None, ...]] = Counter()
    first_lines: dict[tuple[str | None, ...], int] = {}
    count = 0
    for element_ligne, champs in _elements(events, "ElementACQUIT"):
        count += 1
        yield from _judge_element(champs, element_ligne)
        key = _element_key(champs)
        if champs.get("NumBord") or champs.get("NumPiece") or len(groups) >= MAX_GROUPS:
            yield _acquit(element_ligne, "acquit", entete, key, 1)
        else:
            groups[key] += 1
            first_lines.setdefault(key, element_ligne)
    if not count:
        raise RejectedFile("helios_acquit_vide", entete["NomFic"])
    for key, nb_elements in groups.items():
        yield _acquit(first_lines[key], "acquit", entete, key, nb_elements)


def parse_acquit_retour(stream: BinaryIO) -> Iterator[Acquit | Anomaly | Emitter]:
    """Yield the PES_Retour files that a collectivité acknowledges; no element is accepted nor refused here."""
    entete, ligne, events = _read_entete(xml_events(stream, "helios_xml_illisible", _ACQUIT_RETOUR))
    yield from _judge_acquit_entete(entete, ligne)
    count = 0
    for element_ligne, champs in _elements(events, "ElementACQUIT_RETOUR"):
        count += 1
        if not champs.get("NomFichierRetour"):
            yield Anomaly("rejet", "helios_sans_nom_flux", element_ligne, "NomFichierRetour")
            continue
        told = entete | {"NomFic": champs["NomFichierRetour"], "DteStr": champs.get("DateAcquit")}
        key = (champs.get("DomaineAckRetour"), None, None, None, None, None)
        yield _acquit(element_ligne, "acquit_retour", told, key, 1)
    if not count:
        raise RejectedFile("helios_acquit_vide", entete.get("NomFic") or "")


def parse_non_acquit(stream: BinaryIO) -> Iterator[Acquit | Anomaly | Emitter]:
    """Yield the refusal of a whole flow, in the old format whose motive is free text (not kept)."""
    entete, ligne, events = _read_entete(xml_events(stream, "helios_xml_illisible", _NON_ACQUIT))
    noms = [_value(event) for event in events if not event.is_start and event.name == "NomFic"]
    nom_flux = next((nom for nom in noms if nom), None) or entete.get("NomFic")
    if not nom_flux:
        yield Anomaly("rejet", "helios_sans_nom_flux", ligne, "NomFic")
        return
    yield _acquit(ligne, "non_acquit", entete | {"NomFic": nom_flux}, (None, "0", None, None, None, None), 1)


def parse_retour(stream: BinaryIO) -> Iterator[CompteRendu | Anomaly | Emitter]:
    """Yield the pieces of a PES_Retour, counted by bordereau and state."""
    entete, ligne, events = _read_entete(xml_events(stream, "helios_xml_illisible", _RETOUR))
    yield from _judge_entete(entete, ligne)
    if (cle := _cle(entete)) is None:
        return
    yield Emitter(cle[1][:9])
    nature = (entete.get("TypFic"), entete.get("DteStr"))
    restitution, count = None, 0
    for restitution, bordereau in _bordereaux_rendus(events):
        count += 1
        lu = bordereau.champs
        key = (restitution, bordereau.sens, lu.get("Exer"), lu.get("IdBord"), lu.get("TypBord"))
        for etat, nb_pieces in (bordereau.etats or {None: 0}).items():
            yield CompteRendu(bordereau.ligne, *cle, *nature, *key, etat, str(nb_pieces))
    if not count:
        yield Anomaly("avertissement", "helios_retour_vide", ligne)
        yield CompteRendu(ligne, *cle, *nature, restitution, None, None, None, None, None, "0")


def _read_entete(events: Iterator[XmlEvent]) -> tuple[dict[str, str | None], int, Iterator[XmlEvent]]:
    """Header fields by element name, the root's line, and the events from the first child that is no header."""
    entete: dict[str, str | None] = {}
    ligne = 0
    signatures = []
    for event in events:
        ligne = ligne or event.ligne
        if event.depth == 2 and event.name == "Signature":
            signatures.append(event)
        elif event.is_start and event.depth == 2 and event.name not in ("Enveloppe", "EnTetePES"):
            return entete, ligne, chain(signatures, [event], events)
        elif not event.is_start and event.depth > 2:
            entete[event.name] = _value(event)
    return entete, ligne, iter(signatures)


def _value(event: XmlEvent) -> str | None:
    return event.attributes.get("V", event.text).strip() or None


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _code_collectivite(entete: dict[str, str | None]) -> str | None:
    """The flows say CodCol, the Treasury's reports CodColl."""
    return entete.get("CodCol") or entete.get("CodColl")


def _cle(entete: dict[str, str | None]) -> tuple[str, str, str, str] | None:
    """What identifies a flow: its name, SIRET, collectivité and budget codes; None when one is missing or false."""
    nom, siret = entete.get("NomFic"), siret_of(entete.get("IdColl"))
    code, budget = _code_collectivite(entete), entete.get("CodBud")
    return (nom, siret, code, budget) if nom and siret and code and budget else None


def _judge_entete(entete: dict[str, str | None], ligne: int) -> Iterator[Anomaly]:
    siret = entete.get("IdColl")
    if not entete.get("NomFic"):
        yield Anomaly("rejet", "helios_sans_nom_flux", ligne, "NomFic")
    if not siret_of(siret):
        yield Anomaly("rejet", "helios_siret_invalide", ligne, "IdColl", siret)
    for champ, code, longueur in (("CodCol", _code_collectivite(entete), 3), ("CodBud", entete.get("CodBud"), 2)):
        if not code:
            yield Anomaly("rejet", "helios_sans_code_budget", ligne, champ)
        elif not re.fullmatch(rf"[0-9A-Z]{{{longueur}}}", code):
            yield Anomaly("avertissement", "helios_code_inattendu", ligne, champ, code)
    yield from _judge_date(entete.get("DteStr"), "DteStr", ligne)


def _judge_date(date: str | None, champ: str, ligne: int) -> Iterator[Anomaly]:
    if date_problem(date):
        yield Anomaly("avertissement", "helios_date_invalide", ligne, champ, date)


def _read_aller(event: XmlEvent, flux: _Flux, cle: tuple[str, str, str, str]) -> Iterator[Bordereau | Anomaly]:
    """Count one event of a PES_Aller; yield what it completes."""
    if event.name == "Bordereau" and not event.is_start and flux.bordereau:
        yield from _close_bordereau(flux, flux.bordereau, cle)
    elif event.is_start and event.depth == 2:
        yield from _open_domaine(event, flux)
    elif event.name == "PJ":
        flux.nb_pj += event.is_start
    elif event.name == "InfoDematerialisee" and not event.is_start:
        flux.nb_domaines_dematerialises += _value(event) == "1"
        if _value(event) not in ("0", "1"):
            yield Anomaly("avertissement", "helios_dematerialisation_inconnue", event.ligne, event.name, _value(event))
    else:
        flux.bordereau = _read_bordereau(event, flux.bordereau)


def _open_domaine(event: XmlEvent, flux: _Flux) -> Iterator[Anomaly]:
    if event.name == "Signature":
        flux.est_signature_globale = True
    elif event.name not in DOMAINES:
        yield Anomaly("avertissement", "helios_domaine_inconnu", event.ligne, event.name[:80])
    else:
        flux.nb_domaines_comptables += event.name in SENS
        if DOMAINES[event.name] not in flux.domaines:
            flux.domaines.append(DOMAINES[event.name])


def _read_bordereau(event: XmlEvent, bordereau: _Bordereau | None) -> _Bordereau | None:
    """The bordereau being read once `event` is counted in it; None outside of one."""
    if event.name == "Bordereau" and event.is_start:
        return _Bordereau(event.ligne, SENS[event.parent])
    if bordereau is None:
        return None
    if event.parent == "BlocBordereau" and not event.is_start:
        bordereau.champs[event.name] = _value(event)
    elif event.name == "Signature":
        bordereau.est_signe = True
    elif event.name == "EtatPce" and not event.is_start:
        bordereau.etat = _value(event)
    elif event.name == "Piece" and event.is_start:
        bordereau.nb_pieces += 1
        bordereau.etat = None
    elif event.name == "Piece":
        bordereau.etats[bordereau.etat] += 1
    return bordereau


def _close_bordereau(
    flux: _Flux, bordereau: _Bordereau, cle: tuple[str, str, str, str]
) -> Iterator[Bordereau | Anomaly]:
    """Add a bordereau to the flow's totals; it lands when it has a number and a financial year."""
    flux.bordereau = None
    lu = bordereau.champs
    declare = lu.get("NbrPce") or ""
    flux.nb_bordereaux += 1
    if bordereau.est_signe:
        flux.nb_signes += 1
        flux.nb_pieces_signees += bordereau.nb_pieces
    flux.nb_pieces[bordereau.sens] += bordereau.nb_pieces
    if flux.nb_declarees is not None:
        flux.nb_declarees = flux.nb_declarees + int(declare) if _is_count(declare) else None
    yield from _judge_bordereau(bordereau, declare)
    if lu.get("IdBord") and lu.get("Exer"):
        place = (bordereau.sens, lu["Exer"], lu["IdBord"], lu.get("TypBord"), lu.get("DteBordEm"))
        counts = (str(bordereau.nb_pieces), declare or None, _boolean(bordereau.est_signe))
        yield Bordereau(bordereau.ligne, *cle, *place, *counts, lu.get("MtBordHT"))


def _is_count(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,9}", text))


def _judge_bordereau(bordereau: _Bordereau, declare: str) -> Iterator[Anomaly]:
    ligne, lu = bordereau.ligne, bordereau.champs
    for champ in ("IdBord", "Exer"):
        if not lu.get(champ):
            yield Anomaly("rejet", "helios_bordereau_sans_identifiant", ligne, champ)
    if not _is_count(declare):
        yield Anomaly("avertissement", "helios_nb_pieces_illisible", ligne, "NbrPce", declare)
    elif int(declare) != bordereau.nb_pieces:
        ecart = f"{int(declare)} annoncée(s), {bordereau.nb_pieces} présente(s)"
        yield Anomaly("avertissement", "helios_nb_pieces_incoherent", ligne, "NbrPce", ecart)
    yield from _judge_date(lu.get("DteBordEm"), "DteBordEm", ligne)
    if (montant := lu.get("MtBordHT")) and not is_amount(montant):
        yield Anomaly("avertissement", "helios_montant_illisible", ligne, "MtBordHT", montant)


def _totals(flux: _Flux) -> tuple[str | None, ...]:
    """The counts of a flow, as the fields of FluxPes from nb_bordereaux to nb_pj_dematerialisees.

    Attachments count as dematerialised when every accounting domain of the flow says so (InfoDematerialisee 1); a
    flow of attachments alone has no place to say it, and comes with no paper.
    """
    est_dematerialise = flux.nb_domaines_dematerialises == flux.nb_domaines_comptables
    mandats, titres = flux.nb_pieces["depense"], flux.nb_pieces["recette"]
    counts = (flux.nb_bordereaux, flux.nb_signes, mandats, titres, mandats + titres, flux.nb_pieces_signees)
    return (
        *map(str, counts),
        None if flux.nb_declarees is None else str(flux.nb_declarees),
        str(flux.nb_pj),
        str(flux.nb_pj if est_dematerialise else 0),
    )


def _judge_acquit_entete(entete: dict[str, str | None], ligne: int) -> Iterator[Anomaly | Emitter]:
    """An answer is identified by the flow it names; its SIRET only tells homonyms apart."""
    if siret := siret_of(entete.get("IdColl")):
        yield Emitter(siret[:9])
    elif entete.get("IdColl"):
        yield Anomaly("avertissement", "helios_acquit_siret_invalide", ligne, "IdColl", entete["IdColl"])
    yield from _judge_date(entete.get("DteStr"), "DteStr", ligne)


def _elements(events: Iterator[XmlEvent], name: str) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Line and first value of each field of the elements of an answer."""
    champs: dict[str, str | None] = {}
    for event in events:
        if event.name == name and event.is_start:
            champs = {}
        elif event.name == name:
            yield event.ligne, champs
        elif not event.is_start:
            champs.setdefault(event.name, _value(event))


def _judge_element(champs: dict[str, str | None], ligne: int) -> Iterator[Anomaly]:
    etat, domaine = champs.get("EtatAck"), champs.get("DomaineAck") or ""
    if etat not in ("0", "1"):
        yield Anomaly("avertissement", "helios_acquit_etat_inconnu", ligne, "EtatAck", etat)
    if (domaine.lstrip("0") or domaine[:1]) not in nomenclature("ref_domaines_acquit_pes"):
        yield Anomaly("avertissement", "helios_acquit_domaine_inconnu", ligne, "DomaineAck", domaine)


def _element_key(champs: dict[str, str | None]) -> tuple[str | None, ...]:
    """Domain, state and place of an element: the fields of Acquit from domaine to code_anomalie."""
    names = ("DomaineAck", "EtatAck", "ExerciceBord", "NumBord", "NumPiece", "NumAnoAck")
    return tuple(champs.get(name) for name in names)


def _acquit(
    ligne: int, type_acquit: str, entete: dict[str, str | None], key: tuple[str | None, ...], nb_elements: int
) -> Acquit:
    siret = siret_of(entete.get("IdColl"))
    place = (entete["NomFic"], siret, _code_collectivite(entete), entete.get("CodBud"), entete.get("DteStr"))
    return Acquit(ligne, type_acquit, *place, *key, str(nb_elements))


def _bordereaux_rendus(events: Iterator[XmlEvent]) -> Iterator[tuple[str | None, _Bordereau]]:
    """Each bordereau of a PES_Retour with the kind of restitution that its domain announces."""
    restitution, bordereau = None, None
    for event in events:
        if event.name == "TypRestit" and not event.is_start:
            restitution = _value(event)
        elif event.name == "Bordereau" and not event.is_start and bordereau:
            yield restitution, bordereau
            bordereau = None
        else:
            bordereau = _read_bordereau(event, bordereau)


def _recognises(*names: str) -> Callable[[bytes], bool]:
    return lambda head: (root := xml_root_name(head)) is not None and root[1] in names


SOURCE = Source(
    name="helios",
    version=1,
    formats=(
        Format("PES Aller", _recognises("PES_Aller"), parse_aller),
        Format("acquit PES", _recognises("PES_ACQUIT"), parse_acquit),
        Format("acquit de retour PES", _recognises("PES_ACQUIT_RETOUR"), parse_acquit_retour),
        Format("non-acquit PES", _recognises("PES_NonAcquit", "PES_NonACQUIT"), parse_non_acquit),
        Format("compte rendu PES", _recognises("PES_Retour"), parse_retour),
    ),
    tables={"flux_pes": FluxPes, "bordereaux": Bordereau, "acquits": Acquit, "comptes_rendus": CompteRendu},
    codes=CODES,
)
