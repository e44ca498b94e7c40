"""Action plans of the "projets numériques de territoire": one CSV line per thing that the plan holds.

Filled in by the chargé de mission of an EPCI from our template (`ingest/modeles/programmes/`) and saved by Excel as
CSV (`;`, cp1252 or UTF-8). Each line says its EPCI, its project, the day it describes, then its `rubrique` (project,
condition, stage, axis, action, indicator…) and the columns which that rubrique uses:
`siren;collectivite;projet;date_situation;rubrique;code;rattachement;annee;etat;…`.

A file is a photograph of whole projects: a later `date_situation` takes the place of the former photograph. What an
action sheet says is told by oui or non, never by its text: text can name people, so what is no controlled value, date
or number is told and doesn't land. Dates land in ISO form, whichever way they were written.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from orchestration.ingest.outcome import HIDDEN, Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.readers import (
    OLDEST_DATE,
    Table,
    date_of,
    decode,
    is_amount,
    nomenclature,
    read_csv,
    siren_of,
)

MANDATORY = ("siren", "projet", "date_situation", "rubrique", "code")
REAL_DATES = ("date_debut", "date_fin", "date_validation")
DATES = ("date_debut_prevue", "date_fin_prevue", *REAL_DATES)
NUMBERS = ("prevu", "realise")
SCORES = ("attente", "cout", "faisabilite")
CHAMPS_ACTION = (
    "equipe",
    "prerequis",
    "partenaires",
    "public",
    "impacts",
    "risques",
    "moyens",
    "calendrier",
    "mode_evaluation",
    "indicateurs",
)
COLUMNS = (
    "siren",
    "collectivite",
    "projet",
    "date_situation",
    "rubrique",
    "code",
    "rattachement",
    "annee",
    "etat",
    "thematique",
    "sens",
    *DATES,
    *NUMBERS,
    *SCORES,
    *CHAMPS_ACTION,
    "commentaire",
)
LANDED = tuple(name for name in COLUMNS if name not in ("collectivite", "commentaire"))
OUI_NON = {"oui": "oui", "o": "oui", "1": "oui", "non": "non", "n": "non", "0": "non"}
# What `etat` may say in each rubrique: as written, and as it lands.
ETATS = {
    "condition": {**OUI_NON, "inconnu": "inconnu", "nc": "inconnu", "?": "inconnu"},
    "etape": {name: name for name in ("a_venir", "en_cours", "close")},
    "action": {name: name for name in ("proposee", "validee", "en_cours", "achevee", "abandonnee")},
    "evaluation": OUI_NON,
}
RUBRIQUES = (
    *ETATS,
    "projet",
    "mandat",
    "territoire",
    "axe",
    "indicateur",
    "participation",
    "budget",
    "etp",
)
# Codes that a rubrique accepts; the others number their lines freely.
CODES = {
    "projet": frozenset({"projet"}),
    "mandat": frozenset({"mandat"}),
    "territoire": frozenset({"communes", "habitants"}),
    "condition": nomenclature("ref_conditions_projet"),
    "etape": nomenclature("ref_etapes_projet"),
    "evaluation": frozenset({"annuelle", "fin_de_mandat"}),
    "participation": frozenset({"entretiens", "reponses", "ateliers"}),
    "budget": frozenset({"budget"}),
    "etp": frozenset({"etp"}),
}
BY_YEAR = frozenset({"evaluation", "participation", "budget", "etp"})
PARENT = {"action": "axe", "indicateur": "action"}
SENS = {"hausse": "hausse", "baisse": "baisse"}
ETAPES = ("lancement", "diagnostic", "programme_actions", "mise_en_oeuvre", "evaluation")
LATEST_YEAR = 2099
MAX_NUMBER = 1e11
MAX_UNKNOWN_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class Ligne:
    """One line of a plan: controlled values, ISO dates, numbers as received; `oui` or `non` for what is filled in."""

    ligne: int
    siren: str
    projet: str
    date_situation: str
    rubrique: str
    code: str
    rattachement: str | None
    annee: str | None
    etat: str | None
    thematique: str | None
    sens: str | None
    date_debut_prevue: str | None
    date_fin_prevue: str | None
    date_debut: str | None
    date_fin: str | None
    date_validation: str | None
    prevu: str | None
    realise: str | None
    attente: str | None
    cout: str | None
    faisabilite: str | None
    equipe: str | None
    prerequis: str | None
    partenaires: str | None
    public: str | None
    impacts: str | None
    risques: str | None
    moyens: str | None
    calendrier: str | None
    mode_evaluation: str | None
    indicateurs: str | None


def parse(stream: BinaryIO) -> Iterator[Ligne | Anomaly | Emitter]:
    """Yield the lines of the plans, then what only the whole file shows."""
    try:
        yield from _outcomes(read_csv(stream, "programmes_illisible"))
    except csv.Error as error:
        # A quote never closed swallows the lines that follow, until a cell passes the reader's bound.
        raise RejectedFile("programmes_illisible") from error


def _outcomes(table: Table) -> Iterator[Ligne | Anomaly | Emitter]:
    names = [_fold(cell) for cell in table.header]
    if missing := [name for name in MANDATORY if name not in names]:
        raise RejectedFile("programmes_entete_incomplet", champ=", ".join(missing))
    if twice := next((name for name in COLUMNS if names.count(name) > 1), None):
        raise RejectedFile("programmes_colonne_en_double", champ=twice)
    yield from _oddities_of_header(table, names)
    lines: dict[tuple[str | None, ...], Ligne] = {}
    for ligne, cells in table.rows:
        for outcome in _read_line(ligne, names, cells):
            if isinstance(outcome, Ligne):
                key = _key(outcome)
                if key in lines:
                    yield Anomaly("rejet", "programmes_ligne_en_double", ligne, "code", outcome.code, outcome.siren)
                    continue
                lines[key] = outcome
            yield outcome
    yield from _oddities_of_plans(list(lines.values()))
    sirens = {line.siren for line in lines.values()}
    if len(sirens) == 1:
        yield Emitter(sirens.pop())


def _key(line: Ligne) -> tuple[str | None, ...]:
    # An evaluation or a budget comes back every year; the rest is told once.
    return (line.siren, line.projet, line.date_situation, line.rubrique, line.code, line.annee)


def _fold(text: str) -> str:
    """A title or a controlled value without case, accents, ligatures nor spaces around."""
    plain = unicodedata.normalize("NFD", text.strip().strip("\ufeff").lower().replace("œ", "oe"))
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\s'’\-]+", "_", bare)


def _oddities_of_header(table: Table, names: list[str]) -> Iterator[Anomaly]:
    if table.encoding == "latin-1":
        yield Anomaly("avertissement", "programmes_encodage_douteux", 0)
    for name in LANDED:
        if name not in names:
            yield Anomaly("avertissement", "programmes_colonne_absente", 0, name)
    unknown = [name for name in names if name and name not in COLUMNS]
    for name in unknown[:MAX_UNKNOWN_COLUMNS]:
        champ = name if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name) else HIDDEN
        yield Anomaly("avertissement", "programmes_colonne_inconnue", 0, champ)


# --- One line ---------------------------------------------------------------------------------------------------------


def _read_line(ligne: int, names: list[str], cells: list[str]) -> Iterator[Ligne | Anomaly]:
    """The record of a line then its oddities, or why it is no record."""
    if any(cell.strip() for cell in cells[len(names) :]):
        yield Anomaly("rejet", "programmes_ligne_mal_decoupee", ligne, "", str(len(cells)))
        return
    # Excel leaves out the separators of the empty cells that end a line.
    padded = cells + [""] * (len(names) - len(cells))
    values = {name: cell.strip() for name, cell in zip(names, padded, strict=False) if name in LANDED}
    values = {name: values.get(name, "") for name in LANDED}
    if refusal := _refusal(ligne, values):
        yield refusal
        return
    line, odd = _line(ligne, values)
    yield line
    yield from odd


def _refusal(ligne: int, values: dict[str, str]) -> Anomaly | None:
    """Why a line can't be tied to a project, a day, a rubrique and a code; None when it can."""
    siren, rubrique, code = siren_of(values["siren"]), _fold(values["rubrique"]), _fold(values["code"])
    if siren is None:
        return Anomaly("rejet", "programmes_siren_invalide", ligne, "siren", _identifier(values["siren"]))
    reason, champ = None, "code"
    if not _is_reference(values["projet"]):
        reason, champ = "projet_invalide", "projet"
    elif (jour := date_of(values["date_situation"])) is None or not OLDEST_DATE.year <= jour.year <= LATEST_YEAR:
        reason, champ = "date_situation_illisible", "date_situation"
    elif rubrique not in RUBRIQUES:
        reason, champ = "rubrique_inconnue", "rubrique"
    elif code not in CODES[rubrique] if rubrique in CODES else not _is_reference(values["code"]):
        reason = "code_inconnu"
    elif rubrique in BY_YEAR and not _is_year(values["annee"]):
        reason, champ = "annee_invalide", "annee"
    if reason is None:
        return None
    return Anomaly("rejet", f"programmes_{reason}", ligne, champ, _identifier(values[champ]), siren)


def _is_reference(text: str) -> bool:
    """A number of project, axis, action or indicator: short, and with a digit, so that it is no one's name."""
    return bool(re.fullmatch(r"(?=.*[0-9])[0-9A-Za-z_.\-]{1,20}", text))


def _is_year(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{4}", text)) and OLDEST_DATE.year <= int(text) <= LATEST_YEAR


def _identifier(text: str) -> str | None:
    """What an anomaly may repeat: a number, a date or a short reference, nothing that reads like a sentence."""
    return text if re.fullmatch(r"(?=.*[0-9])[0-9A-Za-z_./ \-]{1,30}", text) else HIDDEN if text else None


def _line(ligne: int, values: dict[str, str]) -> tuple[Ligne, list[Anomaly]]:
    """A line with only what can be read in it, and what could not."""
    rubrique, odd = _fold(values["rubrique"]), []
    siren, jour = siren_of(values["siren"]) or "", date_of(values["date_situation"])
    kept: dict[str, str | None] = {}
    for name in LANDED[4:]:
        value, problem = _value(rubrique, name, values[name])
        kept[name] = value
        if problem:
            told = _identifier(values[name])
            odd.append(Anomaly("avertissement", f"programmes_{problem}", ligne, name, told, siren))
    if rubrique in CODES:
        kept["code"] = _fold(values["code"])
    identity = {"siren": siren, "projet": values["projet"], "date_situation": str(jour), "rubrique": rubrique}
    line = Ligne(ligne=ligne, **(identity | kept))
    line, told = _without_future(line)
    return line, [*odd, *told, *_order_of_dates(line)]


def _value(rubrique: str, name: str, text: str) -> tuple[str | None, str | None]:
    """What lands of a cell, and the problem that kept it from landing."""
    if not text:
        return None, None
    if name in ("code", "rattachement"):
        is_known = name == "code" or _is_reference(text)
        return (text, None) if is_known else (None, "valeur_inconnue")
    if name == "annee":
        return (text, None) if _is_year(text) else (None, "valeur_inconnue")
    if name in DATES:
        return _date(text)
    if name in NUMBERS:
        return _number(rubrique, text)
    if name in SCORES:
        return (text, None) if re.fullmatch("[1-5]", text) else (None, "note_hors_bornes")
    allowed = _allowed(rubrique, name)
    return (allowed[_fold(text)], None) if _fold(text) in allowed else (None, _controlled(name))


def _allowed(rubrique: str, name: str) -> dict[str, str]:
    if name == "etat":
        return ETATS.get(rubrique, {})
    if name == "sens":
        return SENS
    if name == "thematique":
        return {code: code for code in nomenclature("ref_thematiques_projet")}
    return OUI_NON


def _controlled(name: str) -> str:
    return "champ_redige" if name in CHAMPS_ACTION else "valeur_inconnue"


def _date(text: str) -> tuple[str | None, str | None]:
    day = date_of(text)
    if day is None:
        return None, "date_illisible"
    if day < OLDEST_DATE or day.year > LATEST_YEAR:
        return None, "date_hors_bornes"
    return day.isoformat(), None


def _number(rubrique: str, text: str) -> tuple[str | None, str | None]:
    if not is_amount(text):
        return None, "nombre_illisible"
    number = float(re.sub(r"[ \u00a0\u202f]", "", text).replace(",", "."))
    # Only the target of an indicator may be below zero: everything else counts something.
    if number < 0 and rubrique != "indicateur":
        return None, "nombre_negatif"
    return (text, None) if abs(number) <= MAX_NUMBER else (None, "nombre_invraisemblable")


def _without_future(line: Ligne) -> tuple[Ligne, list[Anomaly]]:
    """A photograph knows nothing of what follows its day: real dates after it are not kept."""
    if line.rubrique == "mandat":
        return line, []
    later = [name for name in REAL_DATES if (getattr(line, name) or "") > line.date_situation]
    odd = [
        Anomaly("avertissement", "programmes_date_a_venir", line.ligne, name, getattr(line, name), line.siren)
        for name in later
    ]
    return replace(line, **dict.fromkeys(later)), odd


def _order_of_dates(line: Ligne) -> list[Anomaly]:
    pairs = (("date_debut", "date_fin"), ("date_debut_prevue", "date_fin_prevue"))
    return [
        Anomaly("avertissement", "programmes_fin_avant_debut", line.ligne, end, getattr(line, end), line.siren)
        for start, end in pairs
        if getattr(line, start) and getattr(line, end) and getattr(line, end) < getattr(line, start)
    ]


# --- The whole file ---------------------------------------------------------------------------------------------------


def _oddities_of_plans(lines: list[Ligne]) -> Iterator[Anomaly]:
    plans: defaultdict[tuple[str, str, str], list[Ligne]] = defaultdict(list)
    for line in lines:
        plans[line.siren, line.projet, line.date_situation].append(line)
    for plan in plans.values():
        if not any(line.rubrique == "projet" for line in plan):
            first = plan[0]
            yield Anomaly("avertissement", "programmes_sans_ligne_projet", first.ligne, "rubrique", None, first.siren)
        yield from _orphans(plan)
        yield from _skipped_stages(plan)


def _orphans(plan: list[Ligne]) -> Iterator[Anomaly]:
    """Actions of no axis, indicators of no action."""
    known = {(line.rubrique, line.code) for line in plan}
    for line in plan:
        parent = PARENT.get(line.rubrique)
        if parent and (parent, line.rattachement or "") not in known:
            code = "programmes_rattachement_inconnu"
            yield Anomaly("avertissement", code, line.ligne, "rattachement", line.rattachement, line.siren)


def _skipped_stages(plan: list[Ligne]) -> Iterator[Anomaly]:
    """A stage said closed when one before it is not, or without the day it was closed."""
    stages = {line.code: line for line in plan if line.rubrique == "etape"}
    is_open = False
    for code in ETAPES:
        line = stages.get(code)
        if line is None or line.etat != "close":
            is_open = True
        elif is_open:
            yield Anomaly("avertissement", "programmes_etape_sautee", line.ligne, "etat", None, line.siren)
        elif line.date_fin is None:
            yield Anomaly("avertissement", "programmes_etape_close_sans_date", line.ligne, "date_fin", None, line.siren)


def _recognise(head: bytes) -> bool:
    """A first line that names a project and its rubriques, whatever the order and separator."""
    lines = head.removeprefix(b"\xef\xbb\xbf").lstrip().splitlines() or [b""]
    names = {_fold(cell.strip('" ')) for cell in re.split(r"[;,\t|]", decode(lines[0])[0])}
    return len(names & {"rubrique", "projet", "date_situation", "rattachement", "date_debut_prevue"}) >= 3


SOURCE = Source(
    name="programmes",
    version=1,
    formats=(Format("Plan d'actions d'un projet numérique de territoire (CSV)", _recognise, parse),),
    tables={"lignes": Ligne},
    codes={
        # The whole file is refused.
        "programmes_illisible": "Le fichier ne se lit pas comme un tableau CSV : repartez du modèle de fichier et "
        "enregistrez-le en CSV (séparateur point-virgule).",
        "programmes_entete_incomplet": "Il manque dans la première ligne : {champ}. Reprenez les titres du modèle de "
        "fichier.",
        "programmes_colonne_en_double": "La colonne « {champ} » figure deux fois : gardez celle qui est remplie.",
        # The line is rejected.
        "programmes_ligne_mal_decoupee": "La ligne a {valeur} cellules, plus que de titres : un point-virgule s'est "
        "glissé dans un texte. Retirez-le.",
        "programmes_siren_invalide": "Le SIREN « {valeur} » n'est pas un numéro valide : recopiez les 9 chiffres de "
        "celui de l'intercommunalité.",
        "programmes_projet_invalide": "Le numéro du projet manque ou n'en est pas un ({valeur}) : écrivez un code "
        "court avec un chiffre, comme PNT-1.",
        "programmes_date_situation_illisible": "La date de situation manque ou ne se lit pas ({valeur}) : écrivez le "
        "jour que le fichier décrit, JJ/MM/AAAA.",
        "programmes_rubrique_inconnue": "La rubrique manque ou n'est pas dans la liste ({valeur}) : recopiez celle du "
        "modèle de fichier.",
        "programmes_code_inconnu": "Le code manque ou ne convient pas à cette rubrique ({valeur}) : recopiez celui du "
        "modèle, ou numérotez l'axe, l'action ou l'indicateur, comme A1.",
        "programmes_annee_invalide": "L'année manque ou ne se lit pas ({valeur}) : écrivez-la en quatre chiffres.",
        "programmes_ligne_en_double": "La ligne « {valeur} » est déjà dans le fichier pour ce projet : seule la "
        "première compte. Supprimez l'autre.",
        # The line lands, without what could not be read.
        "programmes_encodage_douteux": "L'encodage du fichier n'est pas reconnu : des accents peuvent être faux.",
        "programmes_colonne_absente": "La colonne « {champ} » manque : ce qu'elle dit restera inconnu.",
        "programmes_colonne_inconnue": "La colonne « {champ} » n'est pas attendue : son contenu n'est pas repris.",
        "programmes_valeur_inconnue": "La colonne « {champ} » ne contient pas une valeur de la liste ({valeur}) : "
        "elle n'est pas prise en compte. Voyez le dictionnaire du modèle.",
        "programmes_champ_redige": "La colonne « {champ} » attend oui ou non, selon que la fiche action la renseigne : "
        "le texte n'est pas repris.",
        "programmes_note_hors_bornes": "La note de la colonne « {champ} » doit être un entier de 1 à 5 ({valeur}) : "
        "elle n'est pas prise en compte.",
        "programmes_date_illisible": "La date de la colonne « {champ} » ne se lit pas ({valeur}) : écrivez-la "
        "JJ/MM/AAAA.",
        "programmes_date_hors_bornes": "La date {valeur} de la colonne « {champ} » est antérieure à 2000 ou trop "
        "lointaine : vérifiez l'année.",
        "programmes_date_a_venir": "La date {valeur} de la colonne « {champ} » suit la date de situation : une date "
        "réelle est passée. Mettez-la en date prévue, ou corrigez la date de situation.",
        "programmes_fin_avant_debut": "La date de fin {valeur} précède la date de début : vérifiez les deux.",
        "programmes_nombre_illisible": "La colonne « {champ} » n'est pas un nombre ({valeur}) : écrivez un nombre "
        "seul, sans unité.",
        "programmes_nombre_negatif": "Le nombre {valeur} de la colonne « {champ} » est négatif : il n'est pas pris en "
        "compte.",
        "programmes_nombre_invraisemblable": "Le nombre de la colonne « {champ} » est invraisemblable : il n'est pas "
        "pris en compte.",
        "programmes_rattachement_inconnu": "La ligne ne se rattache à rien de connu ({valeur}) : une action se "
        "rattache au code d'un axe, un indicateur à celui d'une action du même projet.",
        "programmes_sans_ligne_projet": "Le projet n'a pas de ligne « projet » : ses dates resteront inconnues.",
        "programmes_etape_sautee": "L'étape est dite close alors qu'une étape précédente ne l'est pas : elle ne "
        "compte pas comme atteinte. Complétez les étapes dans l'ordre.",
        "programmes_etape_close_sans_date": "L'étape est close sans date de fin : elle est comptée à la date de "
        "situation.",
    },
)
