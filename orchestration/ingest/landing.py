"""The one writer of the lake: from dropped files to committed lots.

    depot/<source>/…  →  archives/<source>/ab/abcd…-nom   (bytes kept)            when something of it landed
                      →  rejets/<source>/abcd…-nom        (+ .motif.txt beside)   when nothing did
                      →  lac/<source>/lot=<id>/<table>.parquet, _fichiers.parquet, _anomalies.parquet

A lot is written in a hidden sibling folder and renamed: the rename is the commit. Bytes are kept before it, the
deposit is emptied after it, so a crash at any point loses nothing and repeats nothing: what a committed lot still has
to do (`_a_faire.json`: empty the deposit, drop the lots it replaces, take out of older journals the files it read
again) is finished by the next run.
"""

import csv
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.ingest.outcome import Anomaly, Emitter, Format, RejectedFile, Source
from orchestration.ingest.spool import LotWriter, Spool

HEAD_BYTES = 1 << 16
COPY_CHUNK_BYTES = 1 << 20
EMPTY_LOT = "0"
PENDING = "_a_faire.json"
RECEPTION = ".reception"

FILE_CODES = {
    "fichier_vide": "Le fichier est vide : exportez-le de nouveau, puis redéposez-le.",
    "fichier_non_reconnu": "Le contenu n'est d'aucun format attendu dans ce dossier ({champ}). "
    "Vérifiez que c'est bien l'export demandé, non ouvert puis réenregistré par un autre logiciel.",
    "fichier_mauvaise_source": "Ce fichier est du format « {valeur} » : déposez-le dans le dossier {champ}.",
    "fichier_sans_enregistrement": "Aucune ligne du fichier n'est exploitable : voyez le motif de chacune.",
}

FICHIERS = pa.schema(
    [
        ("fichier_id", pa.string()),
        ("sha256", pa.string()),
        ("source", pa.string()),
        ("nom_fichier", pa.string()),
        ("format_reconnu", pa.string()),
        ("statut", pa.string()),
        ("motif_code", pa.string()),
        ("motif", pa.string()),
        ("nb_enregistrements", pa.int64()),
        ("nb_rejets", pa.int64()),
        ("nb_avertissements", pa.int64()),
        ("taille_octets", pa.int64()),
        ("siren_emetteur", pa.string()),
        ("version_analyseur", pa.int64()),
        ("recu_le", pa.timestamp("us")),
        ("est_demonstration", pa.bool_()),
    ]
)
ANOMALIES = pa.schema(
    [
        ("fichier_id", pa.string()),
        ("sha256", pa.string()),
        ("source", pa.string()),
        ("nom_fichier", pa.string()),
        ("ligne", pa.int64()),
        ("champ", pa.string()),
        ("code", pa.string()),
        ("gravite", pa.string()),
        ("valeur", pa.string()),
        ("message", pa.string()),
        ("siren", pa.string()),
    ]
)
PROVENANCE = [("_fichier_sha256", pa.string()), ("_fichier_id", pa.string()), ("_est_demonstration", pa.bool_())]

INTEGRATED = ("integre", "integre_avec_rejets")


@dataclass(frozen=True, slots=True)
class Received:
    """One file to read: its bytes kept on disk, and what the journal says of its reception."""

    fichier_id: str
    sha256: str
    nom_fichier: str
    recu_le: datetime
    kept: Path
    est_demonstration: bool


@dataclass(frozen=True, slots=True)
class LotReport:
    """What one run of one source did: the lot's id (None when there was nothing to read) and files by status.

    `nb_laisses` counts the files left in the deposit: still being written, or not readable by this account.
    """

    source: str
    lot: str | None
    statuts: dict[str, int]
    nb_enregistrements: int
    nb_laisses: int = 0


def table_schema(record: type) -> pa.Schema:
    """Parquet schema of a landing table: `ligne` is an integer, every other field text, then the provenance."""
    columns = [(f.name, pa.int64() if f.name == "ligne" else pa.string()) for f in fields(record)]
    return pa.schema(columns + PROVENANCE)


def ingest(
    home: Path,
    source: Source,
    others: Sequence[Source],
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> LotReport:
    """Read everything dropped for `source` into one new lot; `now` is UTC and names the lot.

    Files that an older version of the parser had rejected are read again in the same lot, under their first
    identifier. `others` are the sources whose formats tell a file in the wrong folder. `progress` is called after
    each file.
    """
    lake = home / "lac" / source.name
    prepare_lake(home, source)
    lot = new_lot_id(home / "lac", now)
    journal = read_journal(lake)
    again = _rejected_before(home, source, journal)
    dropped, emptied, nb_laisses = _receive(home, source, lot, now)
    received = again + dropped
    if not received:
        return LotReport(source.name, None, {}, 0, nb_laisses)
    integrated = {row["sha256"] for row in journal if row["statut"] in INTEGRATED}
    source = _knowing(home, source, journal, received)
    todo = {"vider": emptied, "oublier": [file.fichier_id for file in again]}
    report = _write_lot(home, source, others, lot, received, [], integrated, todo, progress)
    finish_interrupted(home, source)
    return replace(report, nb_laisses=nb_laisses)


def replay(
    home: Path,
    source: Source,
    others: Sequence[Source],
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> LotReport:
    """Read archives/ and rejets/ of `source` again, in their order of reception, into one lot that replaces all.

    The journal keeps one line per file ever dropped, with its first identifier and date; a `doublon` stays one.
    """
    lake = home / "lac" / source.name
    prepare_lake(home, source)
    old_lots = [path.name for path in _lots(lake)]
    journal = sorted(read_journal(lake), key=lambda row: (row["recu_le"], row["fichier_id"]))
    if not journal:
        return LotReport(source.name, None, {}, 0)
    return _read_again(home, source, others, now, journal, {"remplacer": old_lots}, progress)


def withdraw_demonstration(home: Path, source: Source, others: Sequence[Source], now: datetime) -> int:
    """Take the demonstration files of `source` out of the deposit, the lake, archives/ and rejets/; return how many.

    What is left is read again into one lot that replaces all, since a lot may mix demonstration and real files. The
    list of demonstration files stays: dropped once more, one of them would still be known for what it is.
    """
    lake = home / "lac" / source.name
    prepare_lake(home, source)
    waiting = _waiting_demonstration(home, source)
    for path, sha256 in waiting:
        _empty_deposit(path, sha256)
    journal = sorted(read_journal(lake), key=lambda row: (row["recu_le"], row["fichier_id"]))
    invented = [row for row in journal if row["est_demonstration"]]
    if invented:
        kept = [row for row in journal if not row["est_demonstration"]]
        places = (path for row in invented for path in _places(home, source, row["sha256"], row["nom_fichier"]))
        erased = sorted({str(p.relative_to(home)) for path in places for p in (path, _motif_path(path)) if p.exists()})
        todo = {"remplacer": [path.name for path in _lots(lake)], "effacer": erased}
        _read_again(home, source, others, now, kept, todo, lambda done, total: None)
    return len(waiting) + len(invented)


def _waiting_demonstration(home: Path, source: Source) -> list[tuple[Path, str]]:
    """The demonstration files that still wait in the deposit of a source, with their SHA-256."""
    demonstration, found = _demonstration_files(home), []
    for path in dropped_files(home / "depot" / source.name):
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        if sha256 in demonstration:
            found.append((path, sha256))
    return found


def _read_again(
    home: Path,
    source: Source,
    others: Sequence[Source],
    now: datetime,
    journal: list[dict[str, Any]],
    todo: dict[str, Any],
    progress: Callable[[int, int], None],
) -> LotReport:
    """Read the kept bytes of journal lines into a new lot, then do what it has to do."""
    doublons = [row for row in journal if row["statut"] == "doublon"]
    received = [_received_again(home, source, row) for row in journal if row["statut"] != "doublon"]
    source = _knowing(home, source, [], received)
    lot = new_lot_id(home / "lac", now)
    report = _write_lot(home, source, others, lot, received, doublons, set(), todo, progress)
    finish_interrupted(home, source)
    return report


def prepare_lake(home: Path, source: Source) -> None:
    """Make a source readable by SQL: its deposit folder exists, what died is finished, lot=0 holds its schema."""
    (home / "depot" / source.name).mkdir(parents=True, exist_ok=True)
    finish_interrupted(home, source)
    write_empty_lot(home / "lac" / source.name, source)


def read_journal(lake: Path) -> list[dict[str, Any]]:
    """The journal of files of one source, over its committed lots: of a file read again, its last reading."""
    rows = (row for lot in _lots(lake) for row in pq.read_table(lot / "_fichiers.parquet").to_pylist())
    return list({row["fichier_id"]: row for row in rows}.values())


def finish_interrupted(home: Path, source: Source) -> None:
    """Finish what a committed lot still had to do when its run died, and drop what was never committed."""
    lake = home / "lac" / source.name
    for leftover in lake.glob(".lot=*"):
        shutil.rmtree(leftover)
    for todo in sorted(lake.glob(f"lot=*/{PENDING}")):
        tasks = json.loads(todo.read_text("utf-8"))
        for item in tasks.get("vider", []):
            _empty_deposit(home / item["chemin"], item["sha256"])
        for name in tasks.get("remplacer", []):
            # A replaced lot that stayed would count its rows twice: failing to remove it must stop the run.
            if (lake / name).exists():
                shutil.rmtree(lake / name)
        for name in tasks.get("effacer", []):
            (home / name).unlink(missing_ok=True)
        if tasks.get("oublier"):
            for lot in (lot for lot in _lots(lake) if lot.name < todo.parent.name):
                _forget(lot, tasks["oublier"])
        todo.unlink()
    shutil.rmtree(home / "archives" / source.name / RECEPTION, ignore_errors=True)


def _forget(lot: Path, fichier_ids: list[str]) -> None:
    """Take out of a lot's journal the files that a newer lot speaks of; rejected then, they had landed nothing."""
    for name in ("_fichiers", "_anomalies"):
        path, aside = lot / f"{name}.parquet", lot / f".{name}.parquet"
        if not path.exists():
            continue
        table = pq.read_table(path, partitioning=None)
        kept = table.filter(~pc.field("fichier_id").isin(fichier_ids))
        if kept.num_rows < table.num_rows:
            pq.write_table(kept, aside)
            aside.replace(path)


def write_empty_lot(lake: Path, source: Source) -> None:
    """Rewrite lot=0, which holds no row and the current schema of every table, so that SQL always finds them."""
    folder = lake / f"lot={EMPTY_LOT}"
    schemas = {name: table_schema(record) for name, record in source.tables.items()}
    schemas |= {"_fichiers": FICHIERS, "_anomalies": ANOMALIES}
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas.items():
        path = folder / f"{name}.parquet"
        if path.exists() and pq.read_schema(path).equals(schema):
            continue
        aside = folder / f".{name}.parquet"
        pq.write_table(schema.empty_table(), aside)
        aside.replace(path)
    for stale in set(folder.glob("*.parquet")) - {folder / f"{name}.parquet" for name in schemas}:
        stale.unlink()


def _lots(lake: Path) -> list[Path]:
    return sorted(path for path in lake.glob("lot=*") if path.name != f"lot={EMPTY_LOT}")


def new_lot_id(lac: Path, now: datetime) -> str:
    """Lots sort by name as they were written: UTC to the microsecond, after the last one of every source.

    Incremental facts that read two sources look for lots newer than their last one: a clock set back must not make
    one source's lot look older than what the other's already brought.
    """
    lot = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
    last = max((path.name.removeprefix("lot=") for path in lac.glob("*/lot=*")), default="")
    return lot if lot > last else f"{last}b"


def dropped_files(folder: Path) -> Iterator[Path]:
    """Files of a deposit folder; hidden ones and the lock files of office programs are not deliveries."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden:
            yield path


def has_work(home: Path, source: Source) -> bool:
    """Whether something waits in the deposit of a source, or deserves a second reading by a mended parser."""
    waiting = any(True for _ in dropped_files(home / "depot" / source.name))
    return waiting or bool(_rejected_before(home, source, read_journal(home / "lac" / source.name)))


def _receive(home: Path, source: Source, lot: str, now: datetime) -> tuple[list[Received], list[dict[str, str]], int]:
    """Copy what was dropped: files to read, what to empty once they are committed, how many were left there."""
    depot = home / "depot" / source.name
    demonstration = _demonstration_files(home)
    received, emptied, nb_laisses = [], [], 0
    for rank, path in enumerate(list(dropped_files(depot)), start=1):
        kept = _keep(path, home / "archives" / source.name / RECEPTION / f"{rank:06d}")
        if kept is None:
            nb_laisses += 1
            continue
        sha256, copy = kept
        nom = readable_name(path.relative_to(depot))
        received.append(Received(f"{lot}-{rank:06d}", sha256, nom, now, copy, sha256 in demonstration))
        emptied.append({"chemin": str(path.relative_to(home)), "sha256": sha256})
    return received, emptied, nb_laisses


def _rejected_before(home: Path, source: Source, journal: list[dict[str, Any]]) -> list[Received]:
    """Files that an older version of the parser rejected, unless their bytes were removed since."""
    return [
        _received_again(home, source, row)
        for row in journal
        if row["statut"] == "rejete"
        and row["version_analyseur"] < source.version
        and any(place.exists() for place in _places(home, source, row["sha256"], row["nom_fichier"]))
    ]


def _knowing(home: Path, source: Source, journal: list[dict[str, Any]], received: list[Received]) -> Source:
    """The source whose formats know the files that say how to read the others: archived ones, then those received."""
    if source.formats_knowing is None:
        return source
    key = source.formats[0]
    archived = [row for row in journal if row["statut"] in INTEGRATED and row["format_reconnu"] == key.name]
    archived.sort(key=lambda row: (row["recu_le"], row["fichier_id"]))
    paths = [_archive_path(home, source, row["sha256"], row["nom_fichier"]) for row in archived]
    raws = []
    for path in (*(path for path in paths if path.exists()), *(file.kept for file in received)):
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            if key.recognise(head):
                raws.append(head + stream.read())
    return replace(source, formats=tuple(source.formats_knowing(raws)))


def _received_again(home: Path, source: Source, row: dict[str, Any]) -> Received:
    known = {field.name: row[field.name] for field in fields(Received) if field.name != "kept"}
    return Received(**known, kept=_kept_copy(home, source, row["sha256"], row["nom_fichier"]))


def readable_name(path: Path) -> str:
    """A dropped file's name as text: names that are not UTF-8 come from old shares, which write cp1252."""
    raw = os.fsencode(path.as_posix())
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def misplaced_files(home: Path, sources: Sequence[Source]) -> list[str]:
    """Files dropped outside every source's folder: nobody reads them, so somebody must be told."""
    depot, names = home / "depot", {source.name for source in sources}
    paths = (path.relative_to(depot) for path in dropped_files(depot))
    return [readable_name(path) for path in paths if len(path.parts) == 1 or path.parts[0] not in names]


def _keep(path: Path, copy: Path) -> tuple[str, Path] | None:
    """Copy a dropped file; None when it is being written, was taken back or can't be read: a later run may take it."""
    try:
        origin = path.open("rb")
    except (FileNotFoundError, PermissionError):
        return None
    copy.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with origin, copy.open("wb") as target:
        before = os.fstat(origin.fileno())
        while chunk := origin.read(COPY_CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
        after = os.fstat(origin.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        copy.unlink()
        return None
    return digest.hexdigest(), copy


def _kept_name(sha256: str, nom_fichier: str) -> str:
    return f"{sha256[:16]}-{re.sub(r'[^A-Za-z0-9._-]', '_', Path(nom_fichier).name)[:120]}"


def _archive_path(home: Path, source: Source, sha256: str, nom_fichier: str) -> Path:
    return home / "archives" / source.name / sha256[:2] / _kept_name(sha256, nom_fichier)


def _reject_path(home: Path, source: Source, sha256: str, nom_fichier: str) -> Path:
    return home / "rejets" / source.name / _kept_name(sha256, nom_fichier)


def _motif_path(reject: Path) -> Path:
    return reject.with_name(f"{reject.name}.motif.txt")


def _places(home: Path, source: Source, sha256: str, nom_fichier: str) -> tuple[Path, Path]:
    return _archive_path(home, source, sha256, nom_fichier), _reject_path(home, source, sha256, nom_fichier)


def _kept_copy(home: Path, source: Source, sha256: str, nom_fichier: str) -> Path:
    """Where the bytes of a journal line are; a missing copy is a damaged archive and stops the replay."""
    for path in _places(home, source, sha256, nom_fichier):
        if path.exists():
            return path
    raise FileNotFoundError(f"{nom_fichier} ({sha256}) n'est ni dans archives/ ni dans rejets/")


def _empty_deposit(path: Path, sha256: str) -> None:
    """Delete a deposit file whose lot is committed, unless other bytes were dropped under its name since."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        same = hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    if same:
        path.unlink()


def _demonstration_files(home: Path) -> frozenset[str]:
    path = home / "demonstration" / "fichiers.csv"
    if not path.exists():
        return frozenset()
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(row["sha256"] for row in csv.DictReader(file))


def _write_lot(
    home: Path,
    source: Source,
    others: Sequence[Source],
    lot: str,
    received: list[Received],
    journal: list[dict[str, Any]],
    integrated: set[str],
    todo: dict[str, Any],
    progress: Callable[[int, int], None],
) -> LotReport:
    """Read files into a lot written aside, then commit it: bytes and lot are on disk before the rename."""
    lake = home / "lac" / source.name
    aside = lake / f".lot={lot}"
    aside.mkdir(parents=True)
    schemas = {name: table_schema(record) for name, record in source.tables.items()} | {"_anomalies": ANOMALIES}
    lines = list(journal)
    with LotWriter(aside, schemas) as writer:
        for done, file in enumerate(received, start=1):
            lines.append(_read_and_put_away(home, source, others, file, integrated, writer))
            progress(done, len(received))
    pq.write_table(pa.Table.from_pylist(lines, FICHIERS), aside / "_fichiers.parquet")
    (aside / PENDING).write_text(json.dumps(todo), "utf-8")
    commit(aside, lake / f"lot={lot}")
    statuts = Counter(line["statut"] for line in lines)
    return LotReport(source.name, lot, dict(sorted(statuts.items())), sum(line["nb_enregistrements"] for line in lines))


def _read_and_put_away(
    home: Path, source: Source, others: Sequence[Source], file: Received, integrated: set[str], writer: LotWriter
) -> dict[str, Any]:
    """Read one file and move its bytes where its outcome says; what it integrates joins `integrated`."""
    # The bytes of a file dropped twice may just have moved, with its first reading.
    kept = file.kept if file.kept.exists() else _kept_copy(home, source, file.sha256, file.nom_fichier)
    file = replace(file, kept=kept)
    line = _read_one(source, others, file, file.sha256 in integrated, writer)
    if line["statut"] in INTEGRATED:
        integrated.add(file.sha256)
    _put_away(home, source, file, line)
    return line


def commit(aside: Path, lot: Path) -> None:
    """Make a lot visible, at once and durably.

    One flush for the archives and the lot: an fsync per small file costs more than reading it.
    """
    os.sync()
    aside.rename(lot)
    folder = os.open(lot.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _put_away(home: Path, source: Source, file: Received, line: dict[str, Any]) -> None:
    """Move the kept bytes where the outcome says; a file accepted at last leaves rejets/."""
    archive = _archive_path(home, source, file.sha256, file.nom_fichier)
    reject = _reject_path(home, source, file.sha256, file.nom_fichier)
    motif = _motif_path(reject)
    target = reject if line["statut"] == "rejete" else archive
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.kept != target:
        file.kept.replace(target)
    if line["statut"] == "rejete":
        motif.write_text(f"{line['motif']}\n", "utf-8")
    else:
        reject.unlink(missing_ok=True)
        motif.unlink(missing_ok=True)


def _read_one(
    source: Source, others: Sequence[Source], file: Received, is_double: bool, writer: LotWriter
) -> dict[str, Any]:
    """Parse one file to its end, land what it holds, and return its line of the journal."""
    line = _journal_line(source, file)
    if is_double:
        return line | {"statut": "doublon", "motif": "Fichier déjà intégré : rien n'a été ajouté."}
    with Spool(writer.folder, {name: table_schema(record) for name, record in source.tables.items()}) as spool:
        try:
            chosen = _recognise(source, others, file.kept)
            line["format_reconnu"] = chosen.name
            _parse(source, chosen, file, spool)
            if spool.nb_rows == 0:
                raise RejectedFile("fichier_sans_enregistrement")
            line["statut"] = "integre_avec_rejets" if spool.nb_rejets else "integre"
            writer.take(spool)
        except RejectedFile as refusal:
            _refuse(source, refusal, spool, line)
        line["nb_enregistrements"] = spool.nb_rows if line["statut"] in INTEGRATED else 0
        line["nb_rejets"], line["nb_avertissements"] = spool.nb_rejets, spool.nb_avertissements
        line["siren_emetteur"] = spool.emitter
        writer.write("_anomalies", [_anomaly_row(source, a, file, spool.emitter) for a in spool.anomalies])
    return line


def _journal_line(source: Source, file: Received) -> dict[str, Any]:
    """What the journal says of a file before it is read."""
    return {
        "fichier_id": file.fichier_id,
        "sha256": file.sha256,
        "source": source.name,
        "nom_fichier": file.nom_fichier,
        "nb_enregistrements": 0,
        "nb_rejets": 0,
        "nb_avertissements": 0,
        "taille_octets": file.kept.stat().st_size,
        "version_analyseur": source.version,
        "recu_le": file.recu_le.astimezone(UTC).replace(tzinfo=None) if file.recu_le.tzinfo else file.recu_le,
        "est_demonstration": file.est_demonstration,
    }


def _refuse(source: Source, refusal: RejectedFile, spool: Spool, line: dict[str, Any]) -> None:
    """A file that is no file of this format keeps one anomaly; one without a usable line keeps each line's."""
    if refusal.code != "fichier_sans_enregistrement":
        spool.forget_anomalies()
    spool.add_anomaly(Anomaly("rejet", refusal.code, 0, refusal.champ, refusal.valeur or None))
    line["statut"], line["motif_code"] = "rejete", refusal.code
    line["motif"] = message_of(source, refusal.code, refusal.champ, refusal.valeur)


def message_of(source: Source, code: str, champ: str, valeur: str | None) -> str:
    """The French sentence of an anomaly code, with its value; an undeclared code is a bug and raises KeyError."""
    template = FILE_CODES.get(code) or source.codes[code]
    return template.format(valeur=valeur or "", champ=champ)


def _anomaly_row(source: Source, anomaly: Anomaly, file: Received, emitter: str | None) -> tuple[Any, ...]:
    return (
        file.fichier_id,
        file.sha256,
        source.name,
        file.nom_fichier,
        anomaly.ligne,
        anomaly.champ,
        anomaly.code,
        anomaly.gravite,
        anomaly.valeur,
        message_of(source, anomaly.code, anomaly.champ, anomaly.valeur),
        anomaly.siren or emitter,
    )


def _recognise(source: Source, others: Sequence[Source], path: Path) -> Format:
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise RejectedFile("fichier_vide")
    for candidate in source.formats:
        if candidate.recognise(head):
            return candidate
    for other in others:
        for candidate in other.formats:
            if other.name != source.name and candidate.recognise(head):
                raise RejectedFile("fichier_mauvaise_source", candidate.name, other.name)
    raise RejectedFile("fichier_non_reconnu", champ=", ".join(candidate.name for candidate in source.formats))


def _parse(source: Source, chosen: Format, file: Received, spool: Spool) -> None:
    """Consume the parser to its end: a generator may discover at its last line that the file is truncated."""
    # attrgetter, because dataclasses.astuple copies every value deeply.
    tables = {record: (name, attrgetter(*(f.name for f in fields(record)))) for name, record in source.tables.items()}
    provenance = (file.sha256, file.fichier_id, file.est_demonstration)
    with file.kept.open("rb") as stream:
        outcomes: Iterable[Any] = chosen.parse(stream)
        for outcome in outcomes:
            if isinstance(outcome, Anomaly):
                spool.add_anomaly(outcome)
            elif isinstance(outcome, Emitter):
                spool.emitter = outcome.siren
            else:
                name, values = tables[type(outcome)]
                spool.add(name, values(outcome) + provenance)
