"""Surveys: the CSV of LimeSurvey, read through the campaign file that says what its columns mean.

Two headings of the same export: the questions' codes (`id`, `submitdate`, `G01Q02[SQ003]`) or their full French text,
whose near-identical labels are matched in the order of the questionnaire, never by resemblance. A submission date that
is empty tells a partial answer; 1980-01-01 a complete, anonymised one. `N/A` is a question not shown, an empty cell a
question left unanswered (an unticked box, in coded exports).

Only codes leave this module. Names, e-mails, functions, addresses, tokens and free text are never stored: a verbatim
counts through the codes that a person gave it, in a column of the export whose role is `code_verbatim`. A machine
coding by keywords would make figures that nobody has read.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import BinaryIO

from orchestration.ingest.enquetes_campagne import (
    BOXES,
    CODED,
    KEPT_ROLES,
    LISTS,
    YES_NO,
    Campagne,
    Description,
    Question,
    ServiceEnquete,
    Strate,
    describe,
    fold,
    is_campaign,
    parse_campaign,
    vocabulary,
)
from orchestration.ingest.outcome import HIDDEN, Anomaly, Format, RejectedFile, Source
from orchestration.ingest.readers import Table, date_of, decode, read_csv, siren_of

ID_NAMES = frozenset({"id", "id de la reponse", "response id"})
SUBMITTED_NAMES = frozenset({"submitdate", "date de soumission", "date submitted"})
OF_LIMESURVEY = frozenset({"lastpage", "derniere page", "startlanguage", "langue de depart"})
# Columns that LimeSurvey adds and that tell nothing of the answers.
TECHNICAL = re.compile(
    r"|lastpage|derniere page|startlanguage|langue de depart|seed|tete de serie|startdate|datestamp|interviewtime"
    r"|date de (lancement|la derniere action)|date de debut|filecount.*|duree (totale|pour).*|(group|question)time.*"
    r"|temps total"
)
PERSONAL = re.compile(
    r"token|ipaddr|refurl|.*(e-?mail|courriel|invitation|adresse ip|nom et prenom|url de reference).*"
)
ANONYMISED = date(1980, 1, 1)
NOT_SHOWN = "n/a"
YES = frozenset({"oui", "y", "yes", "1", "o"})
NO = frozenset({"non", "n", "no", "0"})
# An export is that of a campaign when it has at least half of its columns.
ENOUGH_COLUMNS = 0.5
MAX_UNKNOWN_COLUMNS = 50


@dataclass(frozen=True, slots=True)
class Repondant:
    """One answer sheet: complete or partial, and the collectivité it speaks for, when it says one."""

    ligne: int
    campagne: str
    id_reponse: str
    etat: str
    date_soumission: str | None
    siren: str | None


@dataclass(frozen=True, slots=True)
class Reponse:
    """One answer: a code of a closed list. `valeur` is NULL when shown and unanswered, `na` when not shown."""

    ligne: int
    campagne: str
    id_reponse: str
    question: str
    role: str
    service: str
    modalite: str
    valeur: str | None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The columns of an export: where the two technical ones are, and what each described one means."""

    description: Description
    is_coded: bool
    id_column: int
    submitted_column: int
    questions: dict[int, Question]
    width: int


def parse_answers(campaigns: dict[str, Description], stream: BinaryIO) -> Iterator[Repondant | Reponse | Anomaly]:
    """Yield the answers of an export whose campaign is among those described."""
    try:
        table = read_csv(stream, "enquetes_illisible")
        rows = list(table.rows)
    except csv.Error as error:
        raise RejectedFile("enquetes_illisible") from error
    names = [fold(cell.strip("\ufeff")) for cell in table.header]
    id_column, submitted_column = _column(names, ID_NAMES), _column(names, SUBMITTED_NAMES)
    dates = [date_of(cells[submitted_column]) for _, cells in rows if len(cells) > submitted_column]
    description, questions = _campaign_of(
        campaigns, table.header, names, [day for day in dates if day and day != ANONYMISED]
    )
    sheet = _Sheet(description, "id" in names, id_column, submitted_column, questions, len(names))
    yield from _oddities_of_header(sheet, table, names)
    yield from _answers(sheet, rows)


def _column(names: list[str], known: frozenset[str]) -> int:
    found = [i for i, name in enumerate(names) if name in known]
    if not found:
        raise RejectedFile("enquetes_colonne_obligatoire_absente", champ=sorted(known)[0])
    return found[0]


def _campaign_of(
    campaigns: dict[str, Description], header: list[str], names: list[str], dates: list[date]
) -> tuple[Description, dict[int, Question]]:
    """The one campaign that an export answers, by its columns, then by its dates when a questionnaire came back."""
    matches = [(d, _match(d, header, names)) for d in campaigns.values() if d.questions]
    matches = [(d, found) for d, found in matches if len(found) >= ENOUGH_COLUMNS * len(d.questions)]
    best = max((len(found) / len(d.questions) for d, found in matches), default=0)
    matches = [(d, found) for d, found in matches if len(found) / len(d.questions) == best]
    if len(matches) > 1:
        matches = [(d, found) for d, found in matches if _share_within(d.campagne, dates) > ENOUGH_COLUMNS]
        if len(matches) != 1:
            raise RejectedFile("enquetes_campagne_ambigue")
    if not matches:
        raise RejectedFile("enquetes_campagne_inconnue")
    return matches[0]


def _match(description: Description, header: list[str], names: list[str]) -> dict[int, Question]:
    """Columns of an export that a campaign describes: by code, else by full text in the questionnaire's order."""
    if "id" in names:
        by_code = {question.code: question for question in description.questions}
        return {i: by_code[name] for i, name in enumerate(header) if name in by_code}
    found, start = {}, 0
    for question in description.questions:
        if question.texte in names[start:]:
            rank = names.index(question.texte, start)
            found[rank] = question
            start = rank + 1
    return found


def _share_within(campagne: Campagne, dates: list[date]) -> float:
    start, end = date_of(campagne.date_debut), date_of(campagne.date_fin)
    within = sum(1 for day in dates if start and end and start <= day <= end)
    return within / len(dates) if dates else 0.0


def _oddities_of_header(sheet: _Sheet, table: Table, names: list[str]) -> Iterator[Anomaly]:
    if table.encoding == "latin-1":
        yield Anomaly("avertissement", "enquetes_encodage_douteux", 0)
    unknown = 0
    for rank, name in enumerate(names):
        if rank in sheet.questions or rank in (sheet.id_column, sheet.submitted_column):
            continue
        if PERSONAL.fullmatch(name):
            yield Anomaly("avertissement", "enquetes_colonne_personnelle", 0, f"colonne {rank + 1}")
        elif not TECHNICAL.fullmatch(name) and (unknown := unknown + 1) <= MAX_UNKNOWN_COLUMNS:
            yield Anomaly("avertissement", "enquetes_colonne_non_decrite", 0, f"colonne {rank + 1}")
    asked = {question.code for question in sheet.questions.values()}
    for question in sheet.description.questions:
        if question.code not in asked and question.role in KEPT_ROLES:
            yield Anomaly("avertissement", "enquetes_question_absente", 0, question.code)


def _answers(sheet: _Sheet, rows: list[tuple[int, list[str]]]) -> Iterator[Repondant | Reponse | Anomaly]:
    ids: set[str] = set()
    sirens: set[str] = set()
    for ligne, cells in rows:
        if len(cells) < sheet.width or any(cell.strip() for cell in cells[sheet.width :]):
            yield Anomaly("rejet", "enquetes_nombre_de_cellules", ligne, "", str(len(cells)))
            continue
        sheet_id = cells[sheet.id_column].strip()
        if not re.fullmatch(r"[0-9]{1,12}", sheet_id):
            yield Anomaly("rejet", "enquetes_sans_identifiant", ligne, "id")
            continue
        if sheet_id in ids:
            yield Anomaly("avertissement", "enquetes_identifiant_en_double", ligne, "id", sheet_id)
        ids.add(sheet_id)
        yield from _one_sheet(sheet, ligne, cells, sirens)


def _one_sheet(
    sheet: _Sheet, ligne: int, cells: list[str], sirens: set[str]
) -> Iterator[Repondant | Reponse | Anomaly]:
    """One answer sheet, what is odd in it, and its answers."""
    submitted = cells[sheet.submitted_column].strip()
    etat = "complete" if submitted and fold(submitted) != NOT_SHOWN else "partielle"
    siren, problems = _identity(sheet, ligne, cells, etat)
    code = sheet.description.campagne.campagne
    repondant = Repondant(ligne, code, cells[sheet.id_column].strip(), etat, submitted or None, siren)
    yield repondant
    yield from problems
    yield from _date_problems(sheet, repondant)
    if siren and etat == "complete":
        if siren in sirens:
            yield Anomaly("avertissement", "enquetes_structure_en_double", ligne, "siret", siren, siren)
        sirens.add(siren)
    reponses: list[Reponse] = []
    for rank, question in sorted(sheet.questions.items()):
        for outcome in _outcomes(sheet, repondant, question, cells[rank].strip()):
            if isinstance(outcome, Reponse):
                reponses.append(outcome)
            yield outcome
    yield from _incoherences(repondant, reponses)
    yield from _uncoded(sheet, repondant, cells)


def _identity(sheet: _Sheet, ligne: int, cells: list[str], etat: str) -> tuple[str | None, list[Anomaly]]:
    """The SIREN of the structure that answers, from a SIRET typed by hand."""
    ranks = [rank for rank, question in sheet.questions.items() if question.role == "siret"]
    typed = cells[ranks[0]].strip() if ranks else ""
    siren = siren_of(typed)
    if siren or not ranks or (etat == "partielle" and not typed):
        return siren, []
    valeur = typed if re.fullmatch(r"[0-9 .\-]{5,25}", typed) else HIDDEN if typed else None
    return None, [Anomaly("avertissement", "enquetes_siret_invalide", ligne, "siret", valeur)]


def _date_problems(sheet: _Sheet, repondant: Repondant) -> Iterator[Anomaly]:
    """A complete answer without a readable day, or out of its campaign's days."""
    text = repondant.date_soumission
    if repondant.etat == "partielle" or text is None:
        return
    day, campagne = date_of(text), sheet.description.campagne
    start, end = date_of(campagne.date_debut), date_of(campagne.date_fin)
    valeur = text if re.fullmatch(r"[0-9T :/.\-]{1,30}", text) else HIDDEN
    if day is None:
        yield _odd(repondant, "enquetes_date_illisible", "submitdate", valeur)
    elif day != ANONYMISED and start and end and not start <= day <= end:
        yield _odd(repondant, "enquetes_hors_campagne", "submitdate", valeur)


def _odd(repondant: Repondant, code: str, champ: str, valeur: str | None = None) -> Anomaly:
    return Anomaly("avertissement", code, repondant.ligne, champ, valeur, repondant.siren)


def _outcomes(sheet: _Sheet, repondant: Repondant, question: Question, text: str) -> Iterator[Reponse | Anomaly]:
    """The answer to one question, coded; an answer of no list is told and counted as unanswered."""
    if question.role == "siret" or question.role not in KEPT_ROLES:
        return
    if question.role == CODED:
        yield from _coded_verbatim(repondant, question, text)
        return
    valeur = _code_of(sheet, repondant, question, text)
    if valeur is None and text:
        yield _odd(repondant, "enquetes_reponse_inconnue", question.code, HIDDEN)
    yield _reponse(repondant, question, question.role, question.modalite, valeur)


def _reponse(repondant: Repondant, question: Question, role: str, modalite: str, valeur: str | None) -> Reponse:
    key = (repondant.ligne, repondant.campagne, repondant.id_reponse, question.code, role)
    return Reponse(*key, question.service, modalite, valeur)


def _code_of(sheet: _Sheet, repondant: Repondant, question: Question, text: str) -> str | None:
    """The code that an answer's text or code means, None when it means none."""
    folded, role = fold(text), question.role
    if folded == NOT_SHOWN:
        return "na"
    listed = question.modalite if role == "strate" else role
    if (said := sheet.description.reponses.get((listed, folded))) is not None:
        return said
    if role in BOXES + YES_NO:
        # In a coded export a box left unticked is empty, like a question left unanswered.
        unticked = not text and role in BOXES and sheet.is_coded and repondant.etat == "complete"
        return "oui" if folded in YES else "non" if folded in NO or unticked else None
    return _listed(role, folded) if role in LISTS else None


def _listed(role: str, folded: str) -> str | None:
    """The code of a list's entry, written as its code, its label or, for a scale, LimeSurvey's own `A4`."""
    for code, label in vocabulary(role).items():
        if folded in (code, fold(label)) or (role == "satisfaction" and folded == f"a{code}"):
            return code
    return None


def _coded_verbatim(repondant: Repondant, question: Question, text: str) -> Iterator[Reponse | Anomaly]:
    """The codes that a person gave to a verbatim: `frein:gouvernance; aide:feder`, or the list of the question."""
    # A code given twice to the same text counts once.
    for entry in dict.fromkeys(part.strip().lower() for part in re.split(r"[;,|]", text) if part.strip()):
        if entry == NOT_SHOWN:
            continue
        dimension, _, code = entry.rpartition(":")
        dimension = dimension or question.modalite
        if dimension in BOXES and code in vocabulary(dimension):
            yield _reponse(repondant, question, dimension, code, "oui")
        else:
            valeur = entry if re.fullmatch(r"[a-z_]{1,30}(:[a-z_]{1,30})?", entry) else HIDDEN
            yield _odd(repondant, "enquetes_code_verbatim_inconnu", question.code, valeur)


def _incoherences(repondant: Repondant, reponses: list[Reponse]) -> Iterator[Anomaly]:
    """A service said to be pooled and not deployed."""
    statuts = {r.service: r.valeur for r in reponses if r.role == "statut_service"}
    for reponse in reponses:
        if reponse.role == "mutualisation" and reponse.valeur == "oui":
            statut = statuts.get(reponse.service)
            if statut not in (None, "deploye"):
                yield _odd(repondant, "enquetes_reponse_incoherente", reponse.question, statut)


def _uncoded(sheet: _Sheet, repondant: Repondant, cells: list[str]) -> Iterator[Anomaly]:
    """Free text that no person has coded: what it says is not counted."""
    by_role: dict[str, list[str]] = {"verbatim": [], CODED: []}
    for rank, question in sheet.questions.items():
        if question.role in by_role and fold(cells[rank]) not in ("", NOT_SHOWN):
            by_role[question.role].append(question.code)
    if by_role["verbatim"] and not by_role[CODED]:
        yield _odd(repondant, "enquetes_verbatim_non_code", by_role["verbatim"][0])


def _recognise_answers(head: bytes) -> bool:
    """The heading of a LimeSurvey export, coded or in full text; a heading may hold line ends in quotes."""
    text = decode(head[: head.rfind(b"\n") + 1] or head)[0] if b"\n" in head else decode(head)[0]
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(";,\t|", key=first_line.count)
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        return False
    names = {fold(cell) for cell in header}
    return bool(names & ID_NAMES and names & (SUBMITTED_NAMES | OF_LIMESURVEY))


def _formats_with(campaigns: dict[str, Description]) -> tuple[Format, ...]:
    parse: Callable[[BinaryIO], Iterator[Repondant | Reponse | Anomaly]] = partial(parse_answers, campaigns)
    return (
        Format("Fichier de campagne d'enquête", is_campaign, parse_campaign),
        Format("Réponses LimeSurvey (CSV)", _recognise_answers, parse),
    )


def formats_knowing(raws: Sequence[bytes]) -> Iterable[Format]:
    """The formats of the source once the campaign files received so far are known, oldest first."""
    return _formats_with(describe(raws))


SOURCE = Source(
    name="enquetes",
    version=1,
    formats=_formats_with({}),
    formats_knowing=formats_knowing,
    tables={
        "campagnes": Campagne,
        "strates": Strate,
        "services": ServiceEnquete,
        "repondants": Repondant,
        "reponses": Reponse,
    },
    codes={
        "enquetes_illisible": "Le fichier ne se lit pas comme un tableau CSV : exportez-le de nouveau, sans l'ouvrir "
        "dans un autre logiciel.",
        "enquetes_campagne_inconnue": "Aucune campagne connue ne décrit ces réponses : déposez d'abord le fichier de "
        "campagne dans ce dossier, puis redéposez ce fichier.",
        "enquetes_campagne_ambigue": "Plusieurs campagnes décrivent ces colonnes et les dates ne les départagent pas : "
        "exportez les réponses avec les questions en texte complet, puis redéposez le fichier.",
        "enquetes_colonne_obligatoire_absente": "Il manque dans l'en-tête la colonne « {champ} » : exportez de nouveau "
        "toutes les colonnes.",
        "enquetes_campagne_incomplete": "Le fichier de campagne ne dit pas : {champ}. Complétez les lignes de la "
        "rubrique « campagne ».",
        "enquetes_campagne_public_inconnu": "Le public « {valeur} » n'est pas connu : écrivez elus, decideurs, "
        "entreprises ou usagers.",
        "enquetes_campagne_dates_fausses": "Les dates de la campagne ne se lisent pas, ou la fin précède le début.",
        "enquetes_campagne_sans_question": "Le fichier de campagne ne décrit aucune question ni aucune population.",
        "enquetes_campagne_rubrique_inconnue": "La rubrique ou l'attribut « {valeur} » n'est pas prévu : la ligne est "
        "ignorée.",
        "enquetes_campagne_role_inconnu": "Le rôle « {valeur} » n'est pas prévu : la question ne sera pas lue.",
        "enquetes_campagne_code_illisible": "Le code « {valeur} » n'est pas un code (lettres, chiffres, tirets) : la "
        "ligne est ignorée.",
        "enquetes_campagne_code_en_double": "Le code « {valeur} » manque ou figure déjà plus haut : la ligne est "
        "ignorée.",
        "enquetes_campagne_modalite_inconnue": "La modalité « {valeur} » n'est dans aucune liste de l'observatoire : "
        "la ligne est ignorée.",
        "enquetes_campagne_effectif_illisible": "L'effectif « {valeur} » n'est pas un nombre entier : la strate est "
        "ignorée.",
        "enquetes_identite_interdite": "La question « {valeur} » demande une identité à des entreprises ou à des "
        "usagers : elle ne sera pas lue.",
        "enquetes_encodage_douteux": "L'encodage du fichier n'est pas reconnu : des accents peuvent être faux.",
        "enquetes_colonne_personnelle": "La {champ} contient des données personnelles : son contenu n'est pas repris.",
        "enquetes_colonne_non_decrite": "La {champ} n'est pas décrite dans le fichier de campagne : son contenu n'est "
        "pas repris.",
        "enquetes_question_absente": "La question « {champ} » de la campagne manque dans l'export.",
        "enquetes_nombre_de_cellules": "La ligne a {valeur} cellules, ce qui ne correspond pas à l'en-tête.",
        "enquetes_sans_identifiant": "La réponse n'a pas d'identifiant : elle est ignorée.",
        "enquetes_identifiant_en_double": "La réponse {valeur} figure deux fois : la dernière ligne est retenue.",
        "enquetes_siret_invalide": "Le SIRET « {valeur} » manque ou n'est pas un numéro valide : la réponse n'est "
        "rattachée à aucune collectivité.",
        "enquetes_structure_en_double": "La structure {valeur} a déjà répondu plus haut : sa dernière réponse complète "
        "est retenue.",
        "enquetes_date_illisible": "La date de soumission « {valeur} » n'est pas lisible.",
        "enquetes_hors_campagne": "La réponse est datée du {valeur}, hors des dates de la campagne.",
        "enquetes_reponse_inconnue": "La réponse à la question « {champ} » n'est dans aucune liste : elle est tenue "
        "pour absente.",
        "enquetes_code_verbatim_inconnu": "Le code « {valeur} » donné à un verbatim n'est dans aucune liste.",
        "enquetes_reponse_incoherente": "La question « {champ} » dit mutualisé un service qui n'est pas déployé "
        "({valeur}).",
        "enquetes_verbatim_non_code": "Le texte libre de la question « {champ} » n'a pas été codé : il n'est pas "
        "compté.",
    },
)
