"""Extract of S2LOW's transactions: CSV with a header, `,` or `;`, one line per transaction, all types together.

Transactions of type 1 are acts; the others (letters of the prefecture, answers, cancellations, classification) are
events. `last_status_id` is the last status only: an act acknowledged long ago may show the status of its archiving.
"""

import csv
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from orchestration.ingest.actes_records import (
    Acte,
    Evenement,
    Identite,
    check_numero,
    code_visible,
    est_acquitte_par_statut,
    identite_du_contenu,
    identite_of,
    matiere_of,
    numero_visible,
    papier_of,
    reconcile,
    settle,
)
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile
from orchestration.ingest.readers import date_of, date_problem, decode, read_csv, siren_of

COLONNES = (
    "acte_id", "authority_siren", "type", "nature_code", "number", "decision_date", "submission_date", "date_ar",
    "last_status_id", "classification", "nb_fichiers", "taille", "document_papier", "unique_id",
)  # fmt: skip
# Enough of the header to know the export, even when a column was lost.
ENOUGH_COLUMNS = 6
MAX_NAME_CHARS = 60

Outcome = Acte | Evenement | Anomaly | Emitter


def is_extraction(head: bytes) -> bool:
    """Whether a file's first line is the header of the extract, complete or not."""
    line = decode(head.lstrip(b"\r\n").split(b"\n", 1)[0])[0].replace(";", ",").replace('"', "")
    names = {name.strip().lower() for name in line.split(",")}
    return len(names & set(COLONNES)) >= ENOUGH_COLUMNS


def parse_extraction(stream: BinaryIO) -> Iterator[Outcome]:
    """Yield the acts and the events of an extract; the emitter too, when all its lines are of one collectivité."""
    try:
        table = read_csv(stream, "actes_csv_illisible")
        header = [name.lower() for name in table.header]
        yield from _check_header(header)
        sirens: set[str] = set()
        seen: set[tuple[str | None, ...]] = set()
        for ligne, cells in table.rows:
            _refuse_open_quote(ligne, cells)
            for outcome in _parse_line(ligne, header, cells):
                if isinstance(outcome, Acte):
                    sirens.add(outcome.siren)
                if isinstance(outcome, Acte | Evenement):
                    yield from _check_repeated(outcome, seen)
                yield outcome
    except csv.Error as error:
        raise RejectedFile("actes_csv_illisible", "cellule démesurée ou caractères interdits") from error
    if len(sirens) == 1:
        yield Emitter(sirens.pop())


def _check_header(header: list[str]) -> Iterator[Anomaly]:
    missing = [name for name in COLONNES if name not in header]
    if missing:
        raise RejectedFile("actes_colonnes_manquantes", ", ".join(missing))
    for name in header:
        if name not in COLONNES:
            yield Anomaly("avertissement", "actes_colonne_inconnue", 1, name[:MAX_NAME_CHARS])


def _refuse_open_quote(ligne: int, cells: list[str]) -> None:
    """No column of the extract holds several lines: a cell that does has swallowed other transactions."""
    if any("\n" in cell for cell in cells):
        raise RejectedFile("actes_csv_illisible", f"guillemet non fermé ligne {ligne}")


def _check_repeated(record: Acte | Evenement, seen: set[tuple[str | None, ...]]) -> Iterator[Anomaly]:
    """A transaction met before in this extract; without its number, an act or an event met before."""
    key = (record.transaction_id,) if record.transaction_id else (type(record).__name__, record.acte_id)
    if key in seen:
        yield Anomaly("avertissement", "actes_ligne_repetee", record.ligne, "acte_id", record.acte_id, record.siren)
    seen.add(key)


def _parse_line(ligne: int, header: list[str], cells: list[str]) -> Iterator[Outcome]:
    if len(cells) != len(header):
        yield Anomaly("rejet", "actes_ligne_mal_decoupee", ligne, valeur=str(len(cells)))
        return
    row = {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)}
    if row["type"] not in ("1", "2", "3", "4", "5", "6", "7"):
        yield Anomaly("rejet", "actes_type_inconnu", ligne, "type", code_visible(row["type"]))
        return
    if not (siren := siren_of(row["authority_siren"])):
        valeur = code_visible(row["authority_siren"])
        yield Anomaly("rejet", "actes_siren_invalide", ligne, "authority_siren", valeur)
        return
    if row["type"] == "7":
        yield _evenement(ligne, row, Identite(siren=siren))
        return
    declared = identite_of(row["unique_id"])
    if row["unique_id"] and not declared:
        yield Anomaly("avertissement", "actes_idacte_illisible", ligne, "unique_id", None, siren)
    contenu, brut = identite_du_contenu(row["decision_date"], row["number"], row["nature_code"])
    identite, anomalies = reconcile(ligne, declared, replace(contenu, siren=siren), defaut=brut)
    yield from anomalies
    if identite:
        yield from _record(ligne, row, identite)


def _record(ligne: int, row: dict[str, str | None], identite: Identite) -> Iterator[Outcome]:
    if row["type"] != "1":
        evenement = _evenement(ligne, row, identite)
        if problem := date_problem(evenement.date_evenement):
            valeur = code_visible(evenement.date_evenement)
            yield Anomaly("avertissement", f"actes_date_{problem}", ligne, "date_evenement", valeur, identite.siren)
        yield replace(evenement, date_evenement=code_visible(evenement.date_evenement))
        return
    yield from check_numero(ligne, row["number"], identite.siren)
    yield from settle(_acte(ligne, row, identite))


def _acte(ligne: int, row: dict[str, str | None], identite: Identite) -> Acte:
    return Acte(
        ligne=ligne,
        acte_id=identite.acte_id or "",
        siren=identite.siren or "",
        origine="extraction",
        numero=numero_visible(row["number"]) or identite.numero,
        nature_code=row["nature_code"] or identite.nature_code,
        matiere_code=matiere_of(row["classification"]),
        date_decision=row["decision_date"] or identite.date_decision,
        date_transmission=row["submission_date"],
        date_ar=row["date_ar"],
        nb_fichiers=row["nb_fichiers"],
        taille_octets=row["taille"],
        document_papier=papier_of(row["document_papier"]),
        transaction_id=row["acte_id"],
        statut_code=row["last_status_id"],
    )


def _evenement(ligne: int, row: dict[str, str | None], identite: Identite) -> Evenement:
    """The event of a transaction that is no act; a cancellation is `6-2` once acknowledged, `6-1` before."""
    type_message, statut = row["type"] or "", row["last_status_id"]
    if type_message == "6":
        acquitte = date_of(row["date_ar"]) or est_acquitte_par_statut().get(statut or "", False)
        type_message = "6-2" if acquitte else "6-1"
    return Evenement(
        ligne=ligne,
        acte_id=identite.acte_id,
        siren=identite.siren,
        type_message=type_message,
        date_evenement=row["date_ar"] if date_of(row["date_ar"]) else row["submission_date"],
        motif_code=None,
        transaction_id=code_visible(row["acte_id"]),
        statut_code=code_visible(statut),
    )
