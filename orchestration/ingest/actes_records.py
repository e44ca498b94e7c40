"""Acts and their events as they land, and how an act is known: IDActe, file names, content.

An IDActe reads `DDD-SIREN-AAAAMMJJ-NUMERO-NAT` (département on three characters, date of decision, number, short form
of the nature), for instance `035-213502388-20240201-D2024_001-DE`. Names of files start with it, sometimes after the
type of the piece (`32_DP-035-…-1-1_1.pdf`).
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cache

from orchestration.ingest.outcome import Anomaly
from orchestration.ingest.readers import NOMENCLATURES, date_of, date_problem, nomenclature, siren_of

# Written in place of a département that the extract does not give.
DEPARTEMENT_INCONNU = "000"
MAX_NUMERO_CHARS = 20

_ID_ACTE = re.compile(
    r"(?<![0-9A-Za-z])([0-9]{2}[0-9AB])-(\d{9})-(\d{8})-([A-Za-z0-9_]{1,15})-([A-Z]{2})(?![0-9A-Za-z])",
    re.ASCII,
)
_NUMERO = re.compile(r"[0-9A-Z_]{1,15}")
_MATIERE = re.compile(r"(\d{1,2})(?:\.(\d{1,2}))?(?:\.\d{1,3}){0,3}", re.ASCII)
_SANS_NOM = re.compile(r"[0-9TZ:/.,+\- ]{1,40}")
_CODES = (
    "nature_code",
    "matiere_code",
    "date_decision",
    "date_transmission",
    "date_ar",
    "transaction_id",
    "statut_code",
)
_NOMBRES = ("nb_fichiers", "taille_octets")


@dataclass(frozen=True, slots=True)
class Acte:
    """One transmission of an act as one file tells it; `origine` is `1-1`, `1-2`, `1-3` or `extraction`.

    `date_transmission` comes from the envelope's name or the extract, `taille_octets` counts the pieces. The object of
    the act and its referents never land.
    """

    ligne: int
    acte_id: str
    siren: str
    origine: str
    numero: str | None
    nature_code: str | None
    matiere_code: str | None
    date_decision: str | None
    date_transmission: str | None
    date_ar: str | None
    nb_fichiers: str | None
    taille_octets: str | None
    document_papier: str | None
    transaction_id: str | None
    statut_code: str | None


@dataclass(frozen=True, slots=True)
class Evenement:
    """Something that happened to an act: `type_message` is `1-2` (acknowledged), `1-3` (anomaly), `6-2` (cancelled)…

    `ANO_EACT` is an anomaly of a whole envelope, `EACT` and `TACT` an envelope that came without its messages. The
    extract gives the type of a transaction only: `2` to `5`, and `7`, have no second digit there. `acte_id` and `siren`
    are None when the message speaks of no act (classification).
    """

    ligne: int
    acte_id: str | None
    siren: str | None
    type_message: str
    date_evenement: str | None
    motif_code: str | None
    transaction_id: str | None
    statut_code: str | None


@dataclass(frozen=True, slots=True)
class Identite:
    """What one place of a file says of an act's identity, part by part; None for a part it does not say."""

    departement: str | None = None
    siren: str | None = None
    jour: str | None = None
    numero: str | None = None
    nature: str | None = None

    @property
    def acte_id(self) -> str | None:
        """The IDActe, or None when a part is missing; an unknown département does not prevent it."""
        parts = (self.departement or DEPARTEMENT_INCONNU, self.siren, self.jour, self.numero, self.nature)
        return "-".join(part for part in parts if part) if all(parts) else None

    @property
    def nature_code(self) -> str | None:
        """Code of the nature; None when its short form is unknown."""
        return next((code for code, abreviation in natures().items() if abreviation == self.nature), None)

    @property
    def date_decision(self) -> str | None:
        """Date of decision, ISO."""
        return f"{self.jour[:4]}-{self.jour[4:6]}-{self.jour[6:]}" if self.jour else None


PARTS = tuple(part.name for part in fields(Identite))

# An extract says the same few thousand SIRENs and days again and again.


def identite_of(text: str | None) -> Identite | None:
    """The identity that an IDActe or a file's name tells, or None."""
    match = _ID_ACTE.search(text or "")
    return Identite(match[1], match[2], match[3], match[4].upper(), match[5]) if match else None


def identite_du_contenu(jour: str | None, numero: str | None, nature_code: str | None) -> tuple[Identite, Identite]:
    """What an act's own fields tell of it, twice: the parts as an IDActe can carry them, then as a last resort."""
    decision = date_of(jour)
    digits = decision.isoformat().replace("-", "") if decision else None
    number = "".join((numero_visible(numero) or "").upper().split()) or None
    sound = Identite(
        jour=digits if not date_problem(jour) else None,
        numero=number if number and _NUMERO.fullmatch(number) else None,
        nature=natures().get(nature_code or ""),
    )
    return sound, Identite(jour=digits, numero=number, nature=code_visible(nature_code))


def reconcile(
    ligne: int, *temoins: Identite | None, defaut: Identite | None = None
) -> tuple[Identite | None, list[Anomaly]]:
    """One identity out of several witnesses, the first to speak of a part being believed; differences are warnings.

    `defaut` is only heard on the parts of which no witness speaks. A SIREN that fails its check is never believed.
    None, with its rejection, when a part is known by no one.
    """
    heard = [temoin for temoin in temoins if temoin]
    voices = {champ: [v for temoin in heard if (v := getattr(temoin, champ))] for champ in PARTS}
    parts = {champ: said[0] if said else getattr(defaut, champ, None) for champ, said in voices.items()}
    parts["siren"] = next((siren for text in voices["siren"] if (siren := siren_of(text))), None)
    if voices["siren"] and not parts["siren"]:
        return None, [Anomaly("rejet", "actes_siren_invalide", ligne, "siren", code_visible(voices["siren"][0]))]
    if not (identite := Identite(**parts)).acte_id:
        return None, [Anomaly("rejet", "actes_sans_identite", ligne, _first_missing(identite), siren=identite.siren)]
    champs = [champ for champ, said in voices.items() if any(v != said[0] for v in said[1:])]
    if not champs:
        return identite, []
    valeur = identite.acte_id if identite_of(identite.acte_id) else None
    code = "actes_identifiants_incoherents"
    return identite, [Anomaly("avertissement", code, ligne, ", ".join(champs), valeur, identite.siren)]


def _first_missing(identite: Identite) -> str:
    return next(name for name in ("siren", "jour", "numero", "nature") if not getattr(identite, name))


def matiere_of(text: str | None) -> str | None:
    """The national matter of a classification, two levels at most, as text: `7.10.2` gives `7.10`, never 7.1."""
    match = _MATIERE.fullmatch(text or "")
    return ".".join(level for level in match.groups() if level) if match else text


def settle(acte: Acte) -> Iterator[Acte | Anomaly]:
    """What is odd in an act, then the act as it lands: where a code is expected, words never do."""
    for code, champ, valeur in _odd_values(acte):
        yield Anomaly("avertissement", code, acte.ligne, champ, code_visible(valeur), acte.siren)
    decision, accuse = date_of(acte.date_decision), date_of(acte.date_ar)
    if decision and accuse and accuse < decision:
        yield Anomaly("avertissement", "actes_ar_avant_decision", acte.ligne, "date_ar", acte.date_ar, acte.siren)
    words = [champ for champ in _CODES if (valeur := getattr(acte, champ)) and not code_visible(valeur)]
    words += [champ for champ in _NOMBRES if (valeur := getattr(acte, champ)) and not valeur.isdecimal()]
    yield replace(acte, **dict.fromkeys(words)) if words else acte


def _odd_values(acte: Acte) -> Iterator[tuple[str, str, str | None]]:
    for champ in ("date_decision", "date_transmission", "date_ar"):
        if problem := date_problem(getattr(acte, champ)):
            yield f"actes_date_{problem}", champ, getattr(acte, champ)
    for champ in _NOMBRES:
        if (valeur := getattr(acte, champ)) and not valeur.isdecimal():
            yield "actes_nombre_illisible", champ, valeur
    if acte.nature_code not in natures():
        yield "actes_nature_inconnue", "nature_code", acte.nature_code
    if acte.matiere_code not in nomenclature("ref_matieres_acte"):
        yield "actes_matiere_inconnue", "matiere_code", acte.matiere_code
    if acte.statut_code and acte.statut_code not in nomenclature("ref_statuts_acte"):
        yield "actes_statut_inconnu", "statut_code", acte.statut_code


def numero_visible(text: str | None) -> str | None:
    """A number that can land: one word of 20 characters at most, or several that are no names."""
    words = (text or "").split()
    can_land = len(words) == 1 or all(len(word) <= 2 or any(c.isdigit() for c in word) for word in words)
    return text if words and can_land and len("".join(words)) <= MAX_NUMERO_CHARS else None


def papier_of(text: str | None) -> str | None:
    """Whether a paper document follows: `O`, `N`, `0` or `1`; anything else is not kept."""
    return text if text in ("O", "N", "0", "1") else None


def code_visible(text: str | None) -> str | None:
    """The value, when it can be shown in an anomaly: digits and punctuation, never words, which could be a name."""
    return text if text and _SANS_NOM.fullmatch(text) else None


def check_numero(ligne: int, numero: str | None, siren: str | None) -> Iterator[Anomaly]:
    """A number that no IDActe can carry: files of the same act may not be recognised as such."""
    if numero and not _NUMERO.fullmatch(numero.upper()):
        yield Anomaly("avertissement", "actes_numero_hors_norme", ligne, "numero", code_visible(numero), siren)


@cache
def natures() -> dict[str, str]:
    """Short form of each nature's code: `1` gives `DE`."""
    return _read_seed("ref_natures_acte", "abreviation")


@cache
def est_acquitte_par_statut() -> dict[str, bool]:
    """Whether a status of the platform is only reached once the act was acknowledged."""
    return {code: value == "true" for code, value in _read_seed("ref_statuts_acte", "est_acquitte").items()}


def _read_seed(name: str, column: str) -> dict[str, str]:
    with (NOMENCLATURES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row[column] for row in csv.DictReader(file)}
