"""Returns of the collectivités: what only they can count (totals, paper, costs), month by month.

Sent by the secretaries of the mairies, filled in from our own model (`ingest/modeles/`), as CSV (`;`, cp1252 or UTF-8)
or as `.xlsx`; one file per collectivité and per period of one to twelve months, one line per month and code:
`siren;collectivite;mois;version;date_envoi;code;libelle;valeur;commentaire`.

A correction is a line sent again with a higher version. An empty value is no answer, `NC` answers "not known".
A rejected line is one that can't be tied to a collectivité, a month, a version and a code. An odd value is a warning:
the line lands, and the models do not count it. A value that is no number never lands, since a cell where a number is
expected may hold a sentence about someone; comments never land for the same reason.
"""

import csv
import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from lxml import etree
from openpyxl.utils import column_index_from_string

from orchestration.ingest.outcome import HIDDEN, Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.readers import (
    NOMENCLATURES,
    OLDEST_DATE,
    Table,
    date_of,
    decode,
    iter_xml,
    read_csv,
    siren_of,
)

COLONNES = ("siren", "collectivite", "mois", "version", "date_envoi", "code", "libelle", "valeur", "commentaire")
OBLIGATOIRES = ("siren", "mois", "version", "date_envoi", "code", "valeur")
MAX_MOIS = 12
MAX_EXPANDED_BYTES = 64 << 20
MAX_EXPANSION = 200
MAX_MEMBERS = 1000
MAX_COLUMNS = 50
MAX_ROWS = 100_000
MAX_TITLES = 12


@dataclass(frozen=True, slots=True)
class Valeur:
    """One line of a return: what a collectivité declares for one month and one code, as received."""

    ligne: int
    siren: str
    nom_collectivite: str | None
    mois: str
    version: str
    date_envoi: str | None
    code: str
    valeur: str | None


CODES = {
    # The whole file is refused.
    "retours_tableur_non_accepte": "Ce fichier est un ancien classeur Excel (.xls), un classeur protégé par un mot de "
    "passe, un fichier LibreOffice (.ods) ou du « texte Unicode » : enregistrez-le en CSV (séparateur point-virgule) "
    "ou en classeur Excel .xlsx sans mot de passe, puis renvoyez-le.",
    "retours_classeur_illisible": "Le classeur Excel est abîmé et ne s’ouvre pas ({valeur}) : ouvrez-le dans Excel, "
    "enregistrez-le à nouveau en .xlsx ou en CSV, puis renvoyez-le.",
    "retours_classeur_demesure": "Le classeur Excel est anormalement gros ({valeur}) : supprimez les lignes vides sous "
    "le tableau et les feuilles inutiles, ou repartez du modèle de fichier.",
    "retours_formule_non_calculee": "Les formules du classeur n’ont pas été calculées (la première est en {valeur}) : "
    "le logiciel qui l’a rempli les a écrites sans leur résultat. Ouvrez le fichier dans Excel ou LibreOffice, "
    "enregistrez-le, puis renvoyez-le.",
    "retours_guillemet_non_ferme": "Un guillemet n’est pas refermé et avale la suite du fichier ({valeur}) : "
    "retirez les guillemets du commentaire, puis renvoyez le fichier.",
    "retours_entete_incomplet": "Il manque des colonnes ({valeur}) : la première ligne doit reprendre les titres du "
    "modèle de fichier, de « siren » à « commentaire ». Titres reçus : {champ}.",
    "retours_colonne_en_double": "La colonne « {valeur} » figure deux fois : gardez celle qui est remplie, supprimez "
    "l’autre, puis renvoyez le fichier.",
    "retours_plusieurs_sirens": "Le fichier mêle plusieurs collectivités ({valeur}) : envoyez un fichier par "
    "collectivité.",
    "retours_periode_trop_longue": "Le fichier couvre plus de douze mois ({valeur}) : vérifiez l’année de chaque "
    "ligne, ou envoyez un fichier par année.",
    # The line is rejected.
    "retours_ligne_mal_decoupee": "La ligne n’a pas les mêmes colonnes que l’en-tête : un séparateur s’est glissé dans "
    "le nom, la valeur ou le commentaire. Retirez-le, ou repartez du modèle de fichier.",
    "retours_siren_invalide": "Le SIREN manque ou n’existe pas : recopiez les 9 chiffres de celui de votre "
    "collectivité. Reçu : « {valeur} ».",
    "retours_siren_incomplet": "Le SIREN doit avoir 9 chiffres : mettez la colonne au format Texte, puis recopiez-le "
    "en entier. Reçu : « {valeur} ».",
    "retours_siren_notation_scientifique": "Excel a remplacé le SIREN par « {valeur} » et des chiffres sont perdus : "
    "mettez la colonne au format Texte, recopiez les 9 chiffres du SIREN, puis renvoyez le fichier.",
    "retours_mois_illisible": "Le mois manque ou ne se lit pas : écrivez-le MM/AAAA, comme 03/2024 pour mars 2024. "
    "Reçu : « {valeur} ».",
    "retours_mois_hors_bornes": "Le mois « {valeur} » est antérieur à 2000 ou postérieur à la date d’envoi : corrigez "
    "l’année du mois ou la date d’envoi.",
    "retours_version_absente": "Le numéro de version manque : écrivez 1 pour un premier envoi, 2 pour une première "
    "correction, et ainsi de suite.",
    "retours_version_illisible": "La version doit être un nombre entier : écrivez 1 pour un premier envoi, 2 pour une "
    "première correction. Reçu : « {valeur} ».",
    "retours_code_inconnu": "Le code manque ou n’est pas dans la liste : recopiez celui du modèle de fichier sans le "
    "modifier. Reçu : « {valeur} ».",
    "retours_valeurs_contradictoires": "Plusieurs lignes donnent des valeurs différentes pour le même mois et le même "
    "code {valeur} : aucune n’est prise en compte. Gardez la bonne et supprimez les autres.",
    # The line lands; its value may not be counted.
    "retours_valeur_illisible": "La valeur n’est pas un nombre et n’est pas prise en compte : écrivez un nombre seul, "
    "sans unité ni texte, ou NC si vous ne le connaissez pas, ou laissez la case vide. Reçu : « {valeur} ».",
    "retours_valeur_negative": "La valeur {valeur} est négative et n’est pas prise en compte : corrigez-la.",
    "retours_valeur_decimale": "La valeur {valeur} a des décimales et n’est pas prise en compte : écrivez ici un "
    "nombre entier.",
    "retours_valeur_ambigue": "La valeur {valeur} peut se lire de deux façons et n’est pas prise en compte : écrivez "
    "1250 pour mille deux cent cinquante, ou 1,25 pour un et quart.",
    "retours_annee_attendue": "La valeur {valeur} n’est pas prise en compte : cette question attend une année sur "
    "quatre chiffres, comme 2019, ou 0 si ce n’est pas encore le cas.",
    "retours_date_envoi_illisible": "La date d’envoi manque ou ne se lit pas ; les valeurs sont prises en compte. La "
    "prochaine fois, écrivez-la JJ/MM/AAAA. Reçu : « {valeur} ».",
    "retours_mois_en_lettres": "Excel a réécrit le mois en « {valeur} » : il a été compris. Pour l’éviter, mettez la "
    "colonne au format Texte.",
    "retours_ligne_repetee": "La ligne répète une ligne précédente (même mois, même code {valeur}, même valeur) : elle "
    "ne compte qu’une fois.",
    "retours_sans_valeur": "Le retour ne contient aucune valeur : remplissez la colonne « valeur », puis renvoyez le "
    "fichier.",
    "retours_entete_different": "Des titres de colonnes manquent ou diffèrent du modèle ({valeur}) : le fichier est "
    "lu. La prochaine fois, repartez du modèle de fichier.",
    "retours_colonne_inconnue": "La colonne « {champ} » n’est pas attendue et n’est pas lue.",
    "retours_colonnes_sans_titre": "Des colonnes sans titre figurent dans le tableau et ne sont pas lues : "
    "supprimez-les.",
    "retours_lignes_vides": "Des lignes vides figurent dans le tableau : elles sont ignorées.",
}


# --- The doors --------------------------------------------------------------------------------------------------------


def parse_csv(stream: BinaryIO) -> Iterator[Valeur | Anomaly | Emitter]:
    """Yield what a CSV return declares, once the whole file has been seen to be one return."""
    try:
        table = read_csv(stream, "retours_entete_incomplet")
        rows = list(table.rows)
    except csv.Error as error:
        # The reader's one complaint is a cell beyond its bound, and only a quote that never closes makes such a cell.
        raise RejectedFile("retours_guillemet_non_ferme", "cellule de plus d’un million de caractères") from error
    _refuse_open_quote(rows, table.separator)
    yield from _retour(Table(table.encoding, table.separator, table.header, iter(rows)))
    stream.seek(0)
    if any(not line.strip(b';,\t|" \r\n') for line in stream):
        yield Anomaly("avertissement", "retours_lignes_vides", 0)


def parse_xlsx(stream: BinaryIO) -> Iterator[Valeur | Anomaly | Emitter]:
    """Yield what the first sheet of an Excel workbook declares; a formula counts for the value Excel last saved."""
    _refuse_oversized(stream)
    rows, uncomputed = _sheet_rows(stream)
    filled = [(ligne, cells) for ligne, cells in rows if any(cells)]
    if not filled:
        raise RejectedFile("retours_entete_incomplet", ", ".join(OBLIGATOIRES), "aucun")
    width = max(rank for _, cells in filled for rank, cell in enumerate(cells, start=1) if cell)
    _, header = filled[0]
    table = Table("xlsx", ";", header[:width], ((ligne, cells[:width]) for ligne, cells in filled[1:]))
    if cell := _first_unknown(uncomputed, table.header):
        yield from _emitter(table)
        raise RejectedFile("retours_formule_non_calculee", cell)
    yield from _retour(table)
    if len(filled) < len(rows):
        yield Anomaly("avertissement", "retours_lignes_vides", 0)


def parse_other(stream: BinaryIO) -> Iterator[Any]:
    """Refuse a spreadsheet that is not read here, in words that say how to save it."""
    raise RejectedFile("retours_tableur_non_accepte")
    yield  # a generator like every parser: it raises when it is consumed


def _has_header(line: str) -> bool:
    names = {_column_name(cell.strip('"')) for cell in re.split("[;,\t|]", line)} & set(COLONNES)
    return len(names) >= 3 and len(names & {"mois", "version", "date_envoi", "code", "valeur"}) >= 2


def _is_csv(head: bytes) -> bool:
    lines = head.removeprefix(b"\xef\xbb\xbf").lstrip().splitlines() or [b""]
    return _has_header(decode(lines[0])[0])


def _is_xlsx(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04") and (b"[Content_Types].xml" in head or b"xl/" in head)


def _is_other(head: bytes) -> bool:
    """An old or encrypted Excel workbook, an OpenDocument sheet, or a return saved as UTF-16 text."""
    if head.startswith(b"\xff\xfe"):
        return _has_header(head[: len(head) & ~1].decode("utf-16", "replace").split("\r")[0])
    return head.startswith(b"\xd0\xcf\x11\xe0") or b"application/vnd.oasis.opendocument.spreadsheet" in head[:200]


# --- Bytes to rows ----------------------------------------------------------------------------------------------------

# What zipfile and openpyxl raise on a damaged workbook: openpyxl trusts the parts it reads, so a missing or altered one
# surfaces as whatever its code trips on.
_BROKEN_WORKBOOK = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    etree.XMLSyntaxError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
)


def _refuse_open_quote(rows: list[tuple[int, list[str]]], separator: str) -> None:
    """Refuse the file when a quoted cell has swallowed whole lines: they would be lost in silence."""
    for ligne, cells in rows:
        swallowed = (line for cell in cells for line in cell.split("\n")[1:])
        if any(line.count(separator) >= len(OBLIGATOIRES) - 1 for line in swallowed):
            raise RejectedFile("retours_guillemet_non_ferme", f"ligne {ligne}")


def _refuse_oversized(stream: BinaryIO) -> None:
    """Refuse a workbook that expands out of measure: zipfile never reads more than the sizes declared and added here.

    Only stored and deflated members are read: the other methods expand without such a limit.
    """
    try:
        members = zipfile.ZipFile(stream).infolist()
    except _BROKEN_WORKBOOK as error:
        raise RejectedFile("retours_classeur_illisible", "archive abîmée") from error
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise RejectedFile("retours_classeur_illisible", "compression inconnue d’Excel")
    expanded = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if expanded > MAX_EXPANDED_BYTES or (expanded > 8 << 20 and expanded > MAX_EXPANSION * packed):
        raise RejectedFile("retours_classeur_demesure", f"{expanded >> 20} Mio une fois déplié")
    if len(members) > MAX_MEMBERS:
        raise RejectedFile("retours_classeur_demesure", f"{len(members)} éléments")
    stream.seek(0)


def _sheet_rows(stream: BinaryIO) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Rows of the first sheet, by their number in Excel, and the cells whose formula has no result.

    The size that the sheet claims is not believed.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # openpyxl tells of the styles and lists that it leaves aside
            workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()
            cells = islice(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), MAX_ROWS + 1)
            rows = [(ligne, [_cell_text(cell) for cell in row]) for ligne, row in enumerate(cells, start=1)]
            # openpyxl reads as empty both a formula that gives nothing and one that nobody computed.
            with sheet._get_source() as source:
                uncomputed = _uncomputed(source.read())
    except _BROKEN_WORKBOOK as error:
        raise RejectedFile("retours_classeur_illisible", type(error).__name__) from error
    if len(rows) > MAX_ROWS:
        raise RejectedFile("retours_classeur_demesure", f"plus de {MAX_ROWS} lignes")
    return rows, uncomputed


def _uncomputed(sheet: bytes) -> list[str]:
    """The cells (A2…) whose formula came without its result: a result that is an empty text says that it is a text."""
    if b"<f" not in sheet:
        return []
    found = []
    for event, element in iter_xml(io.BytesIO(sheet), "retours_classeur_illisible"):
        if event == "start" or etree.QName(element).localname != "c":
            continue
        texts = {etree.QName(child).localname: child.text for child in element}
        if "f" in texts and not texts.get("v") and element.get("t") != "str":
            found.append(element.get("r", ""))
        element.clear()
    return found


def _first_unknown(cells: list[str], header: list[str]) -> str | None:
    """The first of some cells that stands in a column that a return cannot do without."""
    names = [_column_name(title) for title in header]
    for cell in cells:
        column = column_index_from_string(match[0]) if (match := re.match("[A-Z]{1,3}", cell)) else 0
        if 0 < column <= len(names) and names[column - 1] in OBLIGATOIRES:
            return cell
    return None


def _cell_text(cell: Any) -> str:
    """The text that a French CSV would hold for an Excel cell."""
    if cell is None:
        return ""
    if isinstance(cell, date):  # a datetime is a date
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, float):
        return f"{cell:.6f}".rstrip("0").rstrip(".").replace(".", ",")
    return str(cell).strip()


# --- Header -----------------------------------------------------------------------------------------------------------


def _column_name(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[\s\-]+", "_", plain.strip().lower())


def _titles(header: list[str]) -> str:
    """The titles that a message may quote: a few words each, no figure, so that a line of data is not told."""
    quotable = [title.strip() for title in header if re.fullmatch(r"[^\W\d][^\d@]{0,29}", title.strip())]
    return ", ".join(f"« {title} »" for title in quotable[:MAX_TITLES]) or "aucun"


def _emitter(table: Table) -> Iterator[Emitter]:
    """Who sent a file that will be refused: the one SIREN that fills a column, whatever its title."""
    rows = [cells for _, cells in table.rows]
    for rank in range(len(table.header)):
        sirens = {siren_of(cells[rank]) for cells in rows if rank < len(cells) and cells[rank].strip()}
        if len(sirens) == 1 and (siren := sirens.pop()):
            yield Emitter(siren)
            return


def _columns(header: list[str]) -> dict[str, int]:
    """The rank of each expected column. Raises `RejectedFile` when one that is needed is missing or doubled."""
    names = [_column_name(title) for title in header]
    if missing := [column for column in OBLIGATOIRES if column not in names]:
        raise RejectedFile("retours_entete_incomplet", ", ".join(missing), _titles(header))
    if doubled := [column for column in COLONNES if names.count(column) > 1]:
        raise RejectedFile("retours_colonne_en_double", doubled[0])
    return {column: names.index(column) for column in COLONNES if column in names}


def _header_warnings(header: list[str]) -> Iterator[Anomaly]:
    names = [_column_name(title) for title in header]
    unknown = (title.strip()[:60] for title, name in zip(header, names, strict=True) if name not in ("", *COLONNES))
    for title in dict.fromkeys(unknown):
        yield Anomaly("avertissement", "retours_colonne_inconnue", 1, title)
    if "" in names:
        yield Anomaly("avertissement", "retours_colonnes_sans_titre", 1)
    written = {title.strip() for title in header}
    if different := [column for column in COLONNES if column not in written]:
        yield Anomaly("avertissement", "retours_entete_different", 1, valeur=", ".join(different))


# --- Rows to records --------------------------------------------------------------------------------------------------


def _retour(table: Table) -> Iterator[Valeur | Anomaly | Emitter]:
    """Judge each line, then the return as a whole, and only then yield."""
    try:
        colonnes = _columns(table.header)
    except RejectedFile:
        yield from _emitter(table)
        raise
    read = [_line(ligne, cells, colonnes, table) for ligne, cells in table.rows]
    valeurs = [line for line in read if isinstance(line, Valeur)]
    siren = _only_siren(valeurs)
    _refuse_long_period(valeurs)
    if siren:
        yield Emitter(siren)
    yield from _header_warnings(table.header)
    if valeurs and not any(line.valeur for line in valeurs):
        yield Anomaly("avertissement", "retours_sans_valeur", 0, "valeur", siren=siren)
    yield from (line for line in read if isinstance(line, Anomaly))
    yield from _calendar_warnings(valeurs)
    yield from _settle(valeurs)


def _line(ligne: int, cells: list[str], colonnes: dict[str, int], table: Table) -> Valeur | Anomaly:
    """The record of one line, or why it is none."""
    if _is_badly_cut(cells, colonnes, table):
        return Anomaly("rejet", "retours_ligne_mal_decoupee", ligne)
    text = {column: cells[rank].strip() if rank < len(cells) else "" for column, rank in colonnes.items()}
    siren = siren_of(text["siren"])
    for champ, problem in _identity_problems(text):
        if problem:
            return Anomaly("rejet", problem, ligne, champ, _shown(text[champ]), siren)
    return Valeur(
        ligne=ligne,
        siren=siren or "",
        nom_collectivite=text.get("collectivite", "")[:200] or None,
        mois=text["mois"],
        version=text["version"],
        date_envoi=text["date_envoi"] if date_of(text["date_envoi"]) else None,
        code=text["code"],
        valeur=text["valeur"] or None,
    )


def _is_badly_cut(cells: list[str], colonnes: dict[str, int], table: Table) -> bool:
    """Whether a line was cut elsewhere than between its columns, so that its cells are not what their titles say.

    With a comma as separator, an unquoted "12,5" pushes its decimals into the comment.
    """
    extra = cells[len(table.header) :]
    if len(cells) <= max(colonnes[column] for column in OBLIGATOIRES) or any(cell.strip() for cell in extra):
        return True
    rank = colonnes.get("commentaire", len(cells))
    comment = cells[rank] if rank < len(cells) else ""
    return table.separator == "," and (bool(extra) or bool(re.fullmatch(r"\d{1,3}", comment)))


def _identity_problems(text: dict[str, str]) -> Iterator[tuple[str, str | None]]:
    yield "siren", _siren_problem(text["siren"])
    yield "mois", _mois_problem(text["mois"], date_of(text["date_envoi"]))
    yield "version", _version_problem(text["version"])
    yield "code", None if text["code"].upper() in unites() else "retours_code_inconnu"


def _siren_problem(text: str) -> str | None:
    if re.fullmatch(r"\d[.,]?\d*[eE]\+?\d+", text):
        return "retours_siren_notation_scientifique"
    if siren_of(text):
        return None
    digits = re.sub(r"[\s.\-\u00a0\u202f]", "", text)
    return "retours_siren_incomplet" if digits.isdecimal() and len(digits) not in (9, 14) else "retours_siren_invalide"


def _mois_problem(text: str, envoi: date | None) -> str | None:
    mois = mois_of(text)
    if mois is None:
        return "retours_mois_illisible"
    if mois < OLDEST_DATE or (envoi and mois > envoi):
        return "retours_mois_hors_bornes"
    return None


def _version_problem(text: str) -> str | None:
    if not text:
        return "retours_version_absente"
    return None if re.fullmatch(r"0*[1-9][0-9]{0,4}", text) else "retours_version_illisible"


_MOIS = re.compile(r"([0-9]{1,2})/([0-9]{4})")
_MOIS_EN_LETTRES = re.compile(
    "(?:(janv)|(f[eé]vr)|(mars)|(avr)|(mai)|(juin)|(juil)|(ao[uû]t)|(sept)|(oct)|(nov)|(d[eé]c))"
    r"[a-zé]*\.?[ -](?:20)?([0-9]{2})",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def mois_of(text: str) -> date | None:
    """The first day of the month that a text writes, or None: MM/AAAA, the date of a first of month, or `janv-24`.

    Excel turns 01/2024 into a date and saves what it displays, `janv-24`. Another day than the first is refused: Excel
    reads 03/12 as the 3rd of December, where March 2012 was meant. The model `stg_retours__valeurs` reads the same.
    """
    if match := _MOIS.fullmatch(text):
        return date_of(f"01/{text}")
    if match := _MOIS_EN_LETTRES.fullmatch(text):
        *months, year = match.groups()
        return date(2000 + int(year), 1 + next(i for i, name in enumerate(months) if name), 1)
    day = date_of(text)
    return day if day and day.day == 1 else None


_TELEPHONE = re.compile(r"(\+33|0033|0)[1-9][0-9]{8}")


def _shown(text: str) -> str | None:
    """What an anomaly may carry of a cell: a code, a number or a date, never a sentence nor a telephone number."""
    compact = re.sub(r"[\s\u00a0\u202f]", "", text)
    is_code = re.fullmatch(r"[A-Z0-9_\-]{2,40}", text)
    is_figure = re.fullmatch(r"[\w.,/+\-%€]{1,20}", compact) and re.search(r"\d", text)
    if _TELEPHONE.fullmatch(re.sub(r"[.\-/]", "", compact)) or not (is_code or is_figure):
        return HIDDEN if text else None
    return " ".join(text.split())


# --- The return as a whole --------------------------------------------------------------------------------------------


def _only_siren(valeurs: list[Valeur]) -> str | None:
    sirens = sorted({line.siren for line in valeurs})
    if len(sirens) > 1:
        raise RejectedFile("retours_plusieurs_sirens", ", ".join(sirens[:3]))
    return sirens[0] if sirens else None


def _refuse_long_period(valeurs: list[Valeur]) -> None:
    """Refuse the file beyond twelve months: a mistyped year would overwrite what was declared for another one."""
    months = sorted(mois for line in valeurs if (mois := mois_of(line.mois)))
    if not months:
        return
    first, last = months[0], months[-1]
    if 12 * (last.year - first.year) + last.month - first.month >= MAX_MOIS:
        raise RejectedFile("retours_periode_trop_longue", f"de {first:%m/%Y} à {last:%m/%Y}")


def _calendar_warnings(valeurs: list[Valeur]) -> Iterator[Anomaly]:
    """One warning per file for a missing date, one per month for a month that Excel rewrote: not one per line."""
    dateless = [line for line in valeurs if line.date_envoi is None]
    for line in dateless[:1]:
        yield Anomaly("avertissement", "retours_date_envoi_illisible", line.ligne, "date_envoi", siren=line.siren)
    seen: set[str] = set()
    for line in valeurs:
        if line.mois not in seen and _MOIS_EN_LETTRES.fullmatch(line.mois):
            yield Anomaly("avertissement", "retours_mois_en_lettres", line.ligne, "mois", line.mois, line.siren)
        seen.add(line.mois)


def _settle(valeurs: Iterable[Valeur]) -> Iterator[Valeur | Anomaly]:
    """Yield the lines that stand, with what is odd in their values; lines that contradict each other all fall."""
    answers: dict[tuple[date | None, int, str], set[Any]] = defaultdict(set)
    for line in valeurs:
        if line.valeur:
            answers[_key(line)].add(_meaning(line.valeur))
    seen: set[tuple[date | None, int, str]] = set()
    for line in valeurs:
        key = _key(line)
        if line.valeur and len(answers[key]) > 1:
            yield _about(line, "rejet", "retours_valeurs_contradictoires", "code", line.code)
            continue
        if line.valeur and key in seen:
            yield _about(line, "avertissement", "retours_ligne_repetee", "code", line.code)
        if line.valeur:
            seen.add(key)
        yield from _judge(line)


def _judge(line: Valeur) -> Iterator[Valeur | Anomaly]:
    problem = _value_problem(line.valeur or "", unites()[line.code.upper()])
    if problem:
        yield _about(line, "avertissement", problem, "valeur", _shown(line.valeur or ""))
    if problem == "retours_valeur_illisible":
        line = replace(line, valeur=None)
    yield line


def _about(line: Valeur, gravite: Any, code: str, champ: str, valeur: str | None) -> Anomaly:
    return Anomaly(gravite, code, line.ligne, champ, valeur, line.siren)


def _key(line: Valeur) -> tuple[date | None, int, str]:
    return mois_of(line.mois), int(line.version), line.code.upper()


# Nine digits before the comma: a longer number, or one that starts with a zero, is a telephone or a SIREN.
_NOMBRE = re.compile(r"-?(?:0|[1-9][0-9]{0,8})(?:[.,][0-9]+)?")
# Years since which an obligation may be met; 0 when it is not yet.
ANNEES = frozenset({0, *range(1990, 2100)})
# "1.250" is a thousand for some and one for others; Excel never writes it so in France.
_AMBIGUOUS = re.compile(r"-?[0-9]+\.[0-9]{3}")


def _compact(text: str) -> str:
    return re.sub(r"[ \u00a0\u202f]", "", text)


def _number(text: str) -> Decimal | None:
    compact = _compact(text)
    return Decimal(compact.replace(",", ".")) if _NOMBRE.fullmatch(compact) else None


def _meaning(text: str) -> Decimal | str:
    number = _number(text)
    return text.upper() if number is None else number


def _value_problem(text: str, unite: str) -> str | None:
    if not text or text.upper() == "NC":
        return None
    number = _number(text)
    if number is None:
        return "retours_valeur_illisible"
    if number < 0:
        return "retours_valeur_negative"
    if _AMBIGUOUS.fullmatch(_compact(text)):
        return "retours_valeur_ambigue"
    if unite == "annee" and number not in ANNEES:
        return "retours_annee_attendue"
    return "retours_valeur_decimale" if unite == "nombre" and number % 1 else None


@cache
def unites() -> dict[str, str]:
    """The unit of each code that a return may declare, from the seed that the models read too."""
    with (NOMENCLATURES / "ref_codes_retour.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["unite"] for row in csv.DictReader(file)}


SOURCE = Source(
    name="retours",
    version=1,
    formats=(
        Format("Retour CSV", _is_csv, parse_csv),
        Format("Retour Excel (.xlsx)", _is_xlsx, parse_xlsx),
        Format("Retour de tableur (.xls, .ods)", _is_other, parse_other),
    ),
    tables={"valeurs": Valeur},
    codes=CODES,
)
