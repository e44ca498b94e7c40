"""Consultations of the buyer profile ("salle des marchés"): the CSV that counts withdrawals and bids.

Asked of the platform's publisher (Atexo MPE, local-trust), since it has no public export: one line per consultation,
`;` or `,`, UTF-8 or cp1252, header of 21 columns in any order (see `COLUMNS`). The key is (organisme, reference): a
reference alone comes back from one organisation to another. An export is a photograph: the last one received wins.

The title (`intitule`) only tells the platform's own trials, which are left out; it is free text and is not kept.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from hashlib import blake2b
from operator import attrgetter
from typing import BinaryIO

from orchestration.ingest.outcome import HIDDEN, Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.readers import Table, date_of, date_problem, decode, is_amount, read_csv, siren_of

MANDATORY = ("organisme", "siren", "reference")
DATES = ("date_mise_en_ligne", "date_cloture")
BOOLEANS = ("reponse_electronique_autorisee", "reponse_electronique_obligatoire", "alloti")
WITHDRAWALS = ("nb_retraits_dce_elec", "nb_retraits_dce_papier")
BIDS = ("nb_plis_elec", "nb_plis_papier")
LOST_BIDS = ("nb_plis_annules", "nb_plis_hors_delai")
COUNTS = ("nb_lots", *WITHDRAWALS, *BIDS, *LOST_BIDS)
COLUMNS = (
    "organisme",
    "siren",
    "reference",
    "reference_utilisateur",
    "intitule",
    "type_procedure",
    "categorie",
    "date_mise_en_ligne",
    "date_cloture",
    "reponse_electronique_autorisee",
    "reponse_electronique_obligatoire",
    "alloti",
    "nb_lots",
    "montant_estime",
    "nb_retraits_dce_elec",
    "nb_retraits_dce_papier",
    "nb_plis_elec",
    "nb_plis_papier",
    "nb_plis_annules",
    "nb_plis_hors_delai",
    "statut",
)
TRUE = frozenset({"1", "oui", "true", "vrai", "o"})
FALSE = frozenset({"0", "non", "false", "faux", "n"})
# How the platform's own trials are titled.
TRIALS = ("NE PAS UTILISER", "CONSULTATION TECHNIQUE TEST")
ENOUGH_COLUMNS_TO_RECOGNISE = 6
MAX_AMOUNT_EUR = 1e11
MAX_COUNT = 100_000
# Beyond it a year is a typing error, whatever the day the file is read.
LATEST_YEAR = 2099
MAX_UNKNOWN_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class Consultation:
    """One consultation as exported; text as received, except the SIREN, rid of its typography."""

    ligne: int
    organisme: str
    siren: str
    reference: str
    reference_utilisateur: str | None
    type_procedure: str | None
    categorie: str | None
    date_mise_en_ligne: str | None
    date_cloture: str | None
    reponse_electronique_autorisee: str | None
    reponse_electronique_obligatoire: str | None
    alloti: str | None
    nb_lots: str | None
    montant_estime: str | None
    nb_retraits_dce_elec: str | None
    nb_retraits_dce_papier: str | None
    nb_plis_elec: str | None
    nb_plis_papier: str | None
    nb_plis_annules: str | None
    nb_plis_hors_delai: str | None
    statut: str | None


# Everything but the line. `dataclasses.astuple` copies deeply and costs as much as all the rest.
_content = attrgetter(*(field.name for field in fields(Consultation) if field.name != "ligne"))


def parse(stream: BinaryIO) -> Iterator[Consultation | Anomaly | Emitter]:
    """Yield the consultations of a buyer-profile export."""
    try:
        yield from _outcomes(read_csv(stream, "consultations_illisible"))
    except csv.Error as error:
        # A quote never closed swallows the lines that follow, until a cell passes the reader's bound.
        raise RejectedFile("consultations_illisible") from error


def _outcomes(table: Table) -> Iterator[Consultation | Anomaly | Emitter]:
    names = [_fold(cell) for cell in table.header]
    missing = [name for name in MANDATORY if name not in names]
    if missing:
        raise RejectedFile("consultations_colonne_obligatoire_absente", champ=", ".join(missing))
    if twice := next((name for name in COLUMNS if names.count(name) > 1), None):
        raise RejectedFile("consultations_colonne_en_double", champ=twice)
    yield from _oddities_of_header(table, names)
    seen: dict[tuple[str, str, str], bytes] = {}
    sirens: set[str] = set()
    for ligne, cells in table.rows:
        outcome = _consultation(ligne, names, cells)
        if isinstance(outcome, Anomaly):
            yield outcome
            continue
        sirens.add(outcome.siren)
        duplicate = _duplicate(outcome, seen)
        if duplicate:
            yield duplicate
        if not duplicate or duplicate.code != "consultations_doublon_exact":
            yield outcome
            yield from _oddities(outcome)
    if len(sirens) == 1:
        yield Emitter(sirens.pop())


def _fold(name: str) -> str:
    """A column name without case, accents or spaces around."""
    plain = unicodedata.normalize("NFD", name.strip().strip("\ufeff").lower())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace(" ", "_")


def _oddities_of_header(table: Table, names: list[str]) -> Iterator[Anomaly]:
    if table.encoding == "latin-1":
        yield Anomaly("avertissement", "consultations_encodage_douteux", 0)
    for name in COLUMNS:
        if name not in names:
            yield Anomaly("avertissement", "consultations_colonne_absente", 0, name)
    unknown = [name for name in names if name and name not in COLUMNS]
    for name in unknown[:MAX_UNKNOWN_COLUMNS]:
        champ = name if re.fullmatch(r"[a-z][a-z0-9_\-]{0,59}", name) else HIDDEN
        yield Anomaly("avertissement", "consultations_colonne_inconnue", 0, champ)


def _consultation(ligne: int, names: list[str], cells: list[str]) -> Consultation | Anomaly:
    """The record of a line, or why it is none."""
    if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
        return Anomaly("rejet", "consultations_nombre_de_cellules", ligne, "", str(len(cells)))
    values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name in COLUMNS}
    siren = siren_of(values["siren"])
    if siren is None:
        return Anomaly("rejet", "consultations_siren_invalide", ligne, "siren", _identifier(values["siren"]))
    for name in ("organisme", "reference"):
        if not values[name]:
            return Anomaly("rejet", f"consultations_sans_{name}", ligne, name, None, siren)
    title = " ".join(_fold(values.get("intitule", "")).upper().replace("_", " ").split())
    if any(trial in title for trial in TRIALS):
        return Anomaly("rejet", "consultations_de_test", ligne, "intitule", None, siren)
    kept = {name: values.get(name) or None for name in COLUMNS if name != "intitule"}
    return Consultation(ligne=ligne, **(kept | {"siren": siren}))


def _duplicate(consultation: Consultation, seen: dict[tuple[str, str, str], bytes]) -> Anomaly | None:
    """Tell a key already read in this file: the same content is said and dropped, another content is kept."""
    key = (consultation.siren, consultation.organisme, consultation.reference)
    digest = blake2b(repr(_content(consultation)).encode(errors="replace"), digest_size=16).digest()
    before = seen.get(key)
    seen[key] = digest
    if before is None:
        return None
    code = "consultations_doublon_exact" if before == digest else "consultations_cle_en_double"
    return _odd(consultation, code, "reference", _identifier(consultation.reference))


def _odd(consultation: Consultation, code: str, champ: str, valeur: str | None = None) -> Anomaly:
    return Anomaly("avertissement", code, consultation.ligne, champ, valeur, consultation.siren)


def _identifier(text: str) -> str | None:
    """An identifier that an anomaly may carry: nothing that reads like a sentence or a name."""
    return text if re.fullmatch(r"(?=.*[0-9])[0-9A-Za-z_./ \-]{1,30}", text) else HIDDEN if text else None


def _figure(text: str) -> str:
    return text if re.fullmatch(r"[0-9TZeE :/+.,\-]{1,40}", text) else HIDDEN


def _oddities(consultation: Consultation) -> Iterator[Anomaly]:
    """Everything odd in a consultation that lands, column by column, then across columns."""
    checks: tuple[tuple[tuple[str, ...], Callable[[str], str | None]], ...] = (
        (DATES, _date_problem),
        (BOOLEANS, _boolean_problem),
        (COUNTS, _count_problem),
        (("montant_estime",), _amount_problem),
    )
    for names, problem_of in checks:
        for name in names:
            value = getattr(consultation, name)
            if value and (code := problem_of(value)):
                yield _odd(consultation, code, name, _figure(value))
    if any("\ufffd" in value for value in _content(consultation) if value):
        yield _odd(consultation, "consultations_caracteres_perdus", "")
    yield from _oddities_of_dates(consultation)
    yield from _oddities_of_answers(consultation)
    yield from _oddities_of_bids(consultation)


def _date_problem(text: str) -> str | None:
    problem = date_problem(text)
    day = date_of(text)
    if problem is None and day and day.year > LATEST_YEAR:
        problem = "hors_bornes"
    return f"consultations_date_{problem}" if problem else None


def _boolean_problem(text: str) -> str | None:
    return None if text.lower() in TRUE | FALSE else "consultations_booleen_inconnu"


def _count_problem(text: str) -> str | None:
    if not re.fullmatch(r"-?[0-9 \u00a0\u202f]{1,20}", text) or not re.search(r"[0-9]", text):
        return "consultations_nombre_illisible"
    count = _count(text)
    if count is None:
        return "consultations_nombre_negatif"
    return "consultations_nombre_invraisemblable" if count > MAX_COUNT else None


def _amount_problem(text: str) -> str | None:
    if not is_amount(text):
        return "consultations_montant_illisible"
    amount = float(re.sub(r"[ \u00a0\u202f]", "", text).replace(",", "."))
    return None if 0 <= amount <= MAX_AMOUNT_EUR else "consultations_montant_invraisemblable"


def _count(text: str | None) -> int | None:
    """A count, or None when it is absent, unreadable or negative: the same reading as the staging model's."""
    digits = re.sub(r"[ \u00a0\u202f]", "", text or "")
    return int(digits) if re.fullmatch(r"[0-9]{1,18}", digits) else None


def _total(consultation: Consultation, names: tuple[str, ...]) -> int | None:
    """The sum of counts, None as soon as one is unknown."""
    counts = [_count(getattr(consultation, name)) for name in names]
    return None if any(count is None for count in counts) else sum(count for count in counts if count)


def _is_true(text: str | None) -> bool | None:
    return None if not text or _boolean_problem(text) else text.lower() in TRUE


def _oddities_of_dates(consultation: Consultation) -> Iterator[Anomaly]:
    opening, closing = date_of(consultation.date_mise_en_ligne), date_of(consultation.date_cloture)
    if consultation.date_mise_en_ligne is None or consultation.date_mise_en_ligne.startswith("0000-00-00"):
        yield _odd(consultation, "consultations_sans_date_mise_en_ligne", "date_mise_en_ligne")
    if opening and closing and closing < opening:
        valeur = _figure(consultation.date_cloture or "")
        yield _odd(consultation, "consultations_cloture_avant_mise_en_ligne", "date_cloture", valeur)


def _oddities_of_answers(consultation: Consultation) -> Iterator[Anomaly]:
    is_allowed = _is_true(consultation.reponse_electronique_autorisee)
    is_required = _is_true(consultation.reponse_electronique_obligatoire)
    if is_allowed is False and is_required:
        yield _odd(consultation, "consultations_reponse_incoherente", "reponse_electronique_obligatoire")
    if is_allowed is False and _count(consultation.nb_plis_elec):
        yield _odd(consultation, "consultations_plis_non_autorises", "nb_plis_elec", consultation.nb_plis_elec)
    if _is_true(consultation.alloti) is False and (_count(consultation.nb_lots) or 0) > 1:
        yield _odd(consultation, "consultations_lots_incoherents", "nb_lots", consultation.nb_lots)


def _oddities_of_bids(consultation: Consultation) -> Iterator[Anomaly]:
    bids, withdrawals = _total(consultation, BIDS), _total(consultation, WITHDRAWALS)
    lost = _total(consultation, LOST_BIDS)
    if bids is not None and withdrawals is not None and bids > withdrawals:
        yield _odd(consultation, "consultations_plis_sans_retrait", "nb_plis_elec", str(bids))
    if bids is not None and lost is not None and lost > bids:
        yield _odd(consultation, "consultations_plis_ecartes_en_trop", "nb_plis_annules", str(lost))


def _recognise(head: bytes) -> bool:
    """A first line that holds enough of the column names, whatever their order and separator."""
    text = decode(head[: head.find(b"\n") if b"\n" in head else len(head)])[0]
    names = {_fold(cell.strip().strip('"')) for cell in re.split(r"[;,\t|]", text)}
    own = names & set(COLUMNS) - {"organisme", "siren", "statut"}
    return len(own) >= ENOUGH_COLUMNS_TO_RECOGNISE


SOURCE = Source(
    name="consultations",
    version=1,
    formats=(Format("CSV du profil d'acheteur", _recognise, parse),),
    tables={"consultations": Consultation},
    codes={
        "consultations_illisible": "Le fichier ne se lit pas comme un tableau CSV : exportez-le de nouveau, sans "
        "l'ouvrir dans un autre logiciel.",
        "consultations_colonne_obligatoire_absente": "Il manque dans l'en-tête : {champ}. Sans cela, aucune "
        "consultation ne peut être rattachée.",
        "consultations_colonne_en_double": "La colonne « {champ} » figure deux fois dans l'en-tête : on ne sait "
        "laquelle lire.",
        "consultations_nombre_de_cellules": "La ligne a {valeur} cellules, ce qui ne correspond pas à l'en-tête : un "
        "séparateur se trouve sans doute dans un texte sans guillemets.",
        "consultations_siren_invalide": "Le SIREN « {valeur} » n'est pas un numéro valide : la consultation ne peut "
        "être rattachée.",
        "consultations_sans_organisme": "L'acronyme de l'organisme manque : la consultation est ignorée.",
        "consultations_sans_reference": "La référence manque : la consultation est ignorée.",
        "consultations_de_test": "Cette consultation est un essai de la plate-forme : elle n'est pas comptée.",
        "consultations_encodage_douteux": "L'encodage du fichier n'est pas reconnu : des accents peuvent être faux.",
        "consultations_colonne_absente": "La colonne « {champ} » manque : ce qu'elle compte restera inconnu.",
        "consultations_colonne_inconnue": "La colonne « {champ} » n'est pas attendue : son contenu n'est pas repris.",
        "consultations_caracteres_perdus": "Des caractères ont été perdus avant l'envoi (� à la place des accents).",
        "consultations_sans_date_mise_en_ligne": "La date de mise en ligne manque : la consultation n'est rattachée à "
        "aucun mois.",
        "consultations_date_illisible": "La date « {valeur} » de la colonne « {champ} » n'est pas lisible.",
        "consultations_date_hors_bornes": "La date « {valeur} » de la colonne « {champ} » est invraisemblable.",
        "consultations_cloture_avant_mise_en_ligne": "La clôture ({valeur}) précède la mise en ligne.",
        "consultations_booleen_inconnu": "La colonne « {champ} » attend 0 ou 1 (ou non, oui) : « {valeur} » n'est "
        "pas compris.",
        "consultations_nombre_illisible": "La colonne « {champ} » attend un nombre entier : « {valeur} » n'en est "
        "pas un.",
        "consultations_nombre_negatif": "La colonne « {champ} » contient un nombre négatif ({valeur}) : il est tenu "
        "pour inconnu.",
        "consultations_nombre_invraisemblable": "La colonne « {champ} » contient un nombre invraisemblable ({valeur}).",
        "consultations_montant_illisible": "Le montant estimé « {valeur} » n'est pas un nombre.",
        "consultations_montant_invraisemblable": "Le montant estimé « {valeur} » est négatif ou dépasse cent "
        "milliards d'euros.",
        "consultations_reponse_incoherente": "La réponse électronique est dite obligatoire sans être autorisée.",
        "consultations_plis_non_autorises": "{valeur} plis électroniques sont comptés alors que la réponse "
        "électronique n'est pas autorisée.",
        "consultations_lots_incoherents": "{valeur} lots sont comptés pour une consultation dite sans lots.",
        "consultations_plis_sans_retrait": "{valeur} plis sont comptés, plus que de dossiers retirés.",
        "consultations_plis_ecartes_en_trop": "{valeur} plis annulés ou hors délai sont comptés, plus que de plis "
        "reçus.",
        "consultations_doublon_exact": "La consultation « {valeur} » figure deux fois à l'identique : elle est "
        "comptée une fois.",
        "consultations_cle_en_double": "La consultation « {valeur} » figure deux fois avec des contenus différents : "
        "la dernière ligne est retenue.",
    },
)
