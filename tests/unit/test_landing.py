"""The lake's writer: nothing is lost, nothing counts twice, whatever happens and whenever it happens."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.ingest import landing
from orchestration.ingest.outcome import Anomaly, Emitter, Format, RejectedFile, Source

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Chose:
    """A record of the source made up for these tests."""

    ligne: int
    cle: str | None
    valeur: str | None


def parse_choses(stream: BinaryIO) -> Iterator[Any]:
    """One `cle=valeur` per line; `?` is a line without a key, `!` a file that is no file."""
    for ligne, raw in enumerate(stream, start=1):
        text = raw.decode("utf-8", "surrogatepass").strip()
        if text == "!":
            raise RejectedFile("choses_illisible", "!")
        if text.startswith("siren:"):
            yield Emitter(text.removeprefix("siren:"))
        elif text == "?":
            yield Anomaly("rejet", "choses_sans_cle", ligne, "cle")
        elif text != "CHOSES":
            yield Chose(ligne, *text.split("=", 1))


CODES = {"choses_illisible": "Fichier illisible ({valeur}).", "choses_sans_cle": "Ligne sans {champ}."}
CHOSES = Source(
    "choses",
    1,
    (Format("choses 1", lambda head: head.startswith(b"CHOSES"), parse_choses),),
    {"choses": Chose},
    CODES,
)


@dataclass(frozen=True, slots=True)
class Autre(Chose):
    """A record of another source, which tells when a file is in the wrong folder."""


def parse_autres(stream: BinaryIO) -> Iterator[Any]:
    """Every line after the first is a record."""
    return (Autre(n, "x", line.decode().strip()) for n, line in enumerate(stream, start=1) if n > 1)


AUTRES = replace(
    CHOSES,
    name="autres",
    formats=(Format("autres 1", lambda head: head.startswith(b"AUTRES"), parse_autres),),
    tables={"autres": Autre},
)
SOURCES = (CHOSES, AUTRES)


def drop(home: Path, name: str, content: bytes, source: str = "choses") -> str:
    """Write a file in a deposit folder and return its SHA-256."""
    path = home / "depot" / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def ingest(home: Path, source: Source = CHOSES, now: datetime = NOW) -> landing.LotReport:
    """Ingest one of the test sources."""
    return landing.ingest(home, source, SOURCES, now)


def rows(home: Path, table: str = "choses", source: str = "choses") -> list[dict[str, Any]]:
    """Rows of a landing table as SQL sees them, over all lots."""
    glob = home / "lac" / source / "lot=*" / f"{table}.parquet"
    query = "select * from read_parquet(?, union_by_name=true, hive_partitioning=true, hive_types_autocast=false)"
    found = duckdb.connect().execute(query, [str(glob)])
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def statuts(home: Path) -> list[tuple[str, str]]:
    """(file name, status) of every line of the journal."""
    return [(row["nom_fichier"], row["statut"]) for row in landing.read_journal(home / "lac" / "choses")]


def kept_bytes(home: Path) -> list[str]:
    """SHA-256 of everything that archives/ and rejets/ hold, motives apart."""
    files = [p for d in ("archives", "rejets") for p in (home / d).rglob("*") if p.is_file()]
    return sorted(hashlib.sha256(p.read_bytes()).hexdigest() for p in files if not p.name.endswith(".motif.txt"))


def deposit(home: Path) -> list[str]:
    """Names left in the deposit folder."""
    return sorted(p.name for p in (home / "depot" / "choses").rglob("*") if p.is_file())


def test_accepted_file_lands_is_archived_and_leaves_the_deposit(tmp_path: Path) -> None:
    sha256 = drop(tmp_path, "un.txt", b"CHOSES\nsiren:213502388\na=1\nb=2\n")
    report = ingest(tmp_path)
    assert report.statuts == {"integre": 1} and report.nb_enregistrements == 2
    assert [(r["ligne"], r["cle"], r["valeur"], r["lot"]) for r in rows(tmp_path)] == [
        (3, "a", "1", report.lot),
        (4, "b", "2", report.lot),
    ]
    (line,) = landing.read_journal(tmp_path / "lac" / "choses")
    assert {r["_fichier_sha256"] for r in rows(tmp_path)} == {sha256}
    assert {r["_fichier_id"] for r in rows(tmp_path)} == {line["fichier_id"]}
    assert line["siren_emetteur"] == "213502388" and line["format_reconnu"] == "choses 1"
    assert line["recu_le"] == NOW.replace(tzinfo=None)
    assert deposit(tmp_path) == [] and kept_bytes(tmp_path) == [sha256]


def test_nothing_dropped_makes_no_lot_but_sql_finds_empty_tables(tmp_path: Path) -> None:
    assert ingest(tmp_path).lot is None
    assert rows(tmp_path) == [] and rows(tmp_path, "_fichiers") == [] and rows(tmp_path, "_anomalies") == []
    assert (tmp_path / "depot" / "choses").is_dir()


def test_same_bytes_again_are_a_doublon_and_add_nothing(tmp_path: Path) -> None:
    content = b"CHOSES\na=1\n"
    sha256 = drop(tmp_path, "un.txt", content)
    drop(tmp_path, "une copie.txt", content)
    ingest(tmp_path)
    drop(tmp_path, "un.txt", content)
    report = ingest(tmp_path, now=NOW + timedelta(days=1))
    assert report.statuts == {"doublon": 1} and len(rows(tmp_path)) == 1
    assert statuts(tmp_path) == [("un.txt", "integre"), ("une copie.txt", "doublon"), ("un.txt", "doublon")]
    assert set(kept_bytes(tmp_path)) == {sha256} and deposit(tmp_path) == []


def test_line_without_key_is_an_anomaly_and_the_others_land(tmp_path: Path) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n?\n")
    assert ingest(tmp_path).statuts == {"integre_avec_rejets": 1}
    (anomaly,) = rows(tmp_path, "_anomalies")
    assert (anomaly["ligne"], anomaly["code"], anomaly["message"]) == (3, "choses_sans_cle", "Ligne sans cle.")
    assert len(rows(tmp_path)) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "fichier_vide"),
        (b"\xef\xbb\xbf \n", "fichier_vide"),
        (b"PK\x03\x04", "fichier_non_reconnu"),
        (b"AUTRES\na=1\n", "fichier_mauvaise_source"),
        (b"CHOSES\n?\n?\n", "fichier_sans_enregistrement"),
        (b"CHOSES\na=1\n!\n", "choses_illisible"),
    ],
)
def test_refused_file_lands_nothing_and_says_why_beside_its_bytes(tmp_path: Path, content: bytes, code: str) -> None:
    sha256 = drop(tmp_path, "un.txt", content)
    assert ingest(tmp_path).statuts == {"rejete": 1}
    (line,) = landing.read_journal(tmp_path / "lac" / "choses")
    assert line["motif_code"] == code and rows(tmp_path) == [] and line["nb_enregistrements"] == 0
    (motif,) = (tmp_path / "rejets" / "choses").glob("*.motif.txt")
    assert motif.read_text("utf-8").strip() == line["motif"]
    assert kept_bytes(tmp_path) == [sha256] and deposit(tmp_path) == []
    assert code in {row["code"] for row in rows(tmp_path, "_anomalies")}


def test_wrong_folder_message_names_the_right_one(tmp_path: Path) -> None:
    drop(tmp_path, "un.txt", b"AUTRES\na=1\n")
    ingest(tmp_path)
    (line,) = landing.read_journal(tmp_path / "lac" / "choses")
    assert "autres 1" in line["motif"] and "dossier autres" in line["motif"]


def mended(version: int) -> Source:
    """The source with a parser that has learnt to read the files it refused."""

    def parse_more(stream: BinaryIO) -> Iterator[Any]:
        return (Chose(n, "lu", line.decode().strip()) for n, line in enumerate(stream, start=1) if n > 1)

    return replace(CHOSES, version=version, formats=(replace(CHOSES.formats[0], parse=parse_more),))


def test_rejected_file_is_read_again_when_the_parser_changed(tmp_path: Path) -> None:
    sha256 = drop(tmp_path, "un.txt", b"CHOSES\n!\n")
    drop(tmp_path, "la copie.txt", b"CHOSES\n!\n")
    ingest(tmp_path)
    identifiers = {row["nom_fichier"]: row["fichier_id"] for row in landing.read_journal(tmp_path / "lac" / "choses")}
    assert ingest(tmp_path, now=NOW + timedelta(days=1)).lot is None, "the same parser does not look again"
    report = ingest(tmp_path, mended(2), NOW + timedelta(days=2))
    assert report.statuts == {"doublon": 1, "integre": 1}
    journal = landing.read_journal(tmp_path / "lac" / "choses")
    assert {row["nom_fichier"]: row["fichier_id"] for row in journal} == identifiers, "one line per file ever dropped"
    assert len(rows(tmp_path, "_fichiers")) == 2 and rows(tmp_path, "_anomalies") == [], "SQL sees one line as well"
    assert {row["recu_le"] for row in journal} == {NOW.replace(tzinfo=None)}
    assert [r["valeur"] for r in rows(tmp_path)] == ["!"]
    assert not list((tmp_path / "rejets" / "choses").iterdir()) and set(kept_bytes(tmp_path)) == {sha256}
    assert ingest(tmp_path, mended(2), NOW + timedelta(days=3)).lot is None


def test_rejected_file_dropped_twice_under_one_name_is_integrated_once(tmp_path: Path) -> None:
    for day in range(2):
        drop(tmp_path, "un.txt", b"CHOSES\n!\n")
        ingest(tmp_path, now=NOW + timedelta(days=day))
    ingest(tmp_path, mended(2), NOW + timedelta(days=2))
    assert statuts(tmp_path) == [("un.txt", "integre"), ("un.txt", "doublon")] and len(rows(tmp_path)) == 1


def test_replay_keeps_the_journal_and_replaces_every_lot(tmp_path: Path) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    drop(tmp_path, "deux.txt", b"CHOSES\n!\n")
    ingest(tmp_path)
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    drop(tmp_path, "trois.txt", b"CHOSES\nb=2\n?\n")
    ingest(tmp_path, now=NOW + timedelta(days=1))
    key = ("fichier_id", "nom_fichier", "sha256", "recu_le", "statut")
    before = sorted([tuple(row[k] for k in key) for row in landing.read_journal(tmp_path / "lac" / "choses")])
    values, kept = sorted((r["cle"], r["valeur"]) for r in rows(tmp_path)), kept_bytes(tmp_path)
    report = landing.replay(tmp_path, CHOSES, SOURCES, NOW + timedelta(days=2))
    after = sorted([tuple(row[k] for k in key) for row in landing.read_journal(tmp_path / "lac" / "choses")])
    assert after == before and kept_bytes(tmp_path) == kept
    assert sorted((r["cle"], r["valeur"]) for r in rows(tmp_path)) == values
    assert {r["lot"] for r in rows(tmp_path)} == {report.lot}
    assert len(rows(tmp_path, "_anomalies")) == 2


def test_replay_of_nothing_does_nothing(tmp_path: Path) -> None:
    assert landing.replay(tmp_path, CHOSES, SOURCES, NOW).lot is None


def test_demonstration_flag_survives_a_replay_without_its_list(tmp_path: Path) -> None:
    sha256 = drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    listing = tmp_path / "demonstration" / "fichiers.csv"
    listing.parent.mkdir()
    listing.write_text(f"sha256,source\n{sha256},choses\n", "utf-8")
    drop(tmp_path, "deux.txt", b"CHOSES\nb=2\n")
    ingest(tmp_path)
    flags = {r["cle"]: r["_est_demonstration"] for r in rows(tmp_path)}
    assert flags == {"a": True, "b": False}
    listing.unlink()
    landing.replay(tmp_path, CHOSES, SOURCES, NOW + timedelta(days=1))
    assert {r["cle"]: r["_est_demonstration"] for r in rows(tmp_path)} == flags


def test_identifiers_and_lots_are_unique_over_sources_on_a_stopped_clock(tmp_path: Path) -> None:
    for content in (b"CHOSES\na=1\n", b"CHOSES\na=2\n"):
        drop(tmp_path, "un.txt", content)
        drop(tmp_path, "un.txt", b"AUTRES" + content, "autres")
        ingest(tmp_path)
        ingest(tmp_path, AUTRES)
    ingest(tmp_path, now=NOW - timedelta(days=30))
    journals = [row for name in ("choses", "autres") for row in landing.read_journal(tmp_path / "lac" / name)]
    assert len({row["fichier_id"] for row in journals}) == 4
    assert len({row["fichier_id"].split("-")[0] for row in journals}) == 4


def test_lot_written_with_a_clock_set_back_is_still_the_newest(tmp_path: Path) -> None:
    drop(tmp_path, "un.txt", b"AUTRES\na=1\n", "autres")
    first = ingest(tmp_path, AUTRES).lot
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    second = ingest(tmp_path, now=NOW - timedelta(days=365)).lot
    assert first and second and second > first


def test_file_modified_while_read_waits_for_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")

    class SlowHash:
        """A digest that takes so long that somebody writes to the file meanwhile."""

        def update(self, chunk: bytes) -> None:
            (tmp_path / "depot" / "choses" / "un.txt").write_bytes(b"CHOSES\na=1\nb=2\n")

    monkeypatch.setattr(landing.hashlib, "sha256", SlowHash)
    report = ingest(tmp_path)
    monkeypatch.undo()
    assert report.lot is None and report.nb_laisses == 1 and deposit(tmp_path) == ["un.txt"]
    assert ingest(tmp_path).nb_enregistrements == 2


def test_file_taken_back_before_it_is_read_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    ghost = tmp_path / "depot" / "choses" / "parti.txt"
    real = landing.dropped_files
    monkeypatch.setattr(landing, "dropped_files", lambda folder: [ghost, *real(folder)])
    report = ingest(tmp_path)
    assert report.statuts == {"integre": 1} and report.nb_laisses == 1


def test_hidden_files_and_links_are_not_deliveries(tmp_path: Path) -> None:
    drop(tmp_path, ".en-cours.txt", b"CHOSES\na=1\n")
    drop(tmp_path, "~$un.xlsx", b"CHOSES\na=1\n")
    drop(tmp_path, ".cache/un.txt", b"CHOSES\na=1\n")
    (tmp_path / "depot" / "choses" / "lien.txt").symlink_to("/etc/hostname")
    assert ingest(tmp_path).lot is None


def test_files_outside_every_source_are_told(tmp_path: Path) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\n")
    drop(tmp_path, "deux.txt", b"", "inconnue")
    (tmp_path / "depot" / "trois.txt").touch()
    assert landing.misplaced_files(tmp_path, SOURCES) == ["inconnue/deux.txt", "trois.txt"]
    assert landing.misplaced_files(tmp_path / "ailleurs", SOURCES) == []


def test_file_name_of_an_old_share_is_read_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "depot" / "choses"
    folder.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(folder) + b"/d\xe9lib.txt")).write_bytes(b"CHOSES\na=1\n")
    assert ingest(tmp_path).statuts == {"integre": 1}
    assert statuts(tmp_path) == [("délib.txt", "integre")]
    landing.replay(tmp_path, CHOSES, SOURCES, NOW + timedelta(days=1))
    assert list(folder.iterdir()) == []


def test_lone_surrogate_lands_as_a_replacement_mark(tmp_path: Path) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\na=" + "\ud800".encode("utf-8", "surrogatepass") + b"z\n")
    ingest(tmp_path)
    assert [r["valeur"] for r in rows(tmp_path)] == ["?z"]


def test_large_file_goes_through_the_disk_and_a_late_refusal_lands_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.ingest.spool.MAX_ROWS_IN_MEMORY", 10)
    body = b"".join(b"k%d=%d\n" % (n, n) for n in range(95))
    drop(tmp_path, "bon.txt", b"CHOSES\n" + body)
    drop(tmp_path, "tronque.txt", b"CHOSES\n" + body + b"!\n")
    assert ingest(tmp_path).statuts == {"integre": 1, "rejete": 1}
    assert sorted(int(r["valeur"]) for r in rows(tmp_path)) == list(range(95))
    assert not list((tmp_path / "lac").rglob(".*.spool"))


def test_older_lot_without_a_new_column_still_reads(tmp_path: Path) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    lot = ingest(tmp_path).lot
    path = tmp_path / "lac" / "choses" / f"lot={lot}" / "choses.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["valeur"]), path)
    assert [(r["cle"], r["valeur"]) for r in rows(tmp_path)] == [("a", None)]


def test_empty_lot_follows_the_schema_of_the_code(tmp_path: Path) -> None:
    ingest(tmp_path)
    folder = tmp_path / "lac" / "choses" / "lot=0"
    renamed = replace(CHOSES, tables={"objets": Chose})
    landing.write_empty_lot(tmp_path / "lac" / "choses", renamed)
    assert sorted(p.name for p in folder.iterdir()) == ["_anomalies.parquet", "_fichiers.parquet", "objets.parquet"]


class Death(BaseException):
    """The process dies here."""


CRASH_POINTS = ["_keep", "_read_one", "_put_away", "commit", "rename", "finish_interrupted", "_empty_deposit"]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("point", CRASH_POINTS)
def test_crash_at_any_point_loses_nothing_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, moment: str
) -> None:
    hashes = {drop(tmp_path, f"{n}.txt", b"CHOSES\na=%d\n" % n) for n in range(3)}
    hashes |= {drop(tmp_path, "refus.txt", b"CHOSES\n!\n")}
    ingest(tmp_path, now=NOW - timedelta(days=1))  # so that the crash is not on the first lot
    hashes |= {drop(tmp_path, f"{n}.txt", b"CHOSES\na=%d\n" % n) for n in range(3, 6)}
    owner = Path if point == "rename" else landing
    real = getattr(owner, point)
    calls = iter(range(100))

    def dying(*args: Any, **kwargs: Any) -> Any:
        # finish_interrupted runs once before anything is written: the second call is the one after the commit.
        fatal = next(calls) == (1 if point == "finish_interrupted" else 0)
        if fatal and moment == "before":
            raise Death
        result = real(*args, **kwargs)
        if fatal:
            raise Death
        return result

    monkeypatch.setattr(owner, point, dying)
    with pytest.raises(Death):
        ingest(tmp_path)
    monkeypatch.undo()
    ingest(tmp_path, now=NOW + timedelta(minutes=1))
    assert sorted(r["valeur"] for r in rows(tmp_path)) == list("012345")
    assert sorted(statuts(tmp_path)) == sorted([(f"{n}.txt", "integre") for n in range(6)] + [("refus.txt", "rejete")])
    assert set(kept_bytes(tmp_path)) == hashes and len(kept_bytes(tmp_path)) == 7
    assert deposit(tmp_path) == [] and not list((tmp_path / "lac" / "choses").glob(".lot=*"))
    assert not list((tmp_path / "lac").rglob(landing.PENDING))


def test_crash_between_the_new_lot_of_a_replay_and_the_removal_of_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    ingest(tmp_path)

    commit = landing.commit

    def commit_and_die(aside: Path, lot: Path) -> None:
        commit(aside, lot)
        raise Death

    monkeypatch.setattr(landing, "commit", commit_and_die)
    with pytest.raises(Death):
        landing.replay(tmp_path, CHOSES, SOURCES, NOW + timedelta(days=1))
    assert len(rows(tmp_path)) == 2, "the new lot is committed and the old one still there"
    monkeypatch.undo()
    landing.prepare_lake(tmp_path, CHOSES)
    assert len(rows(tmp_path)) == 1 and statuts(tmp_path) == [("un.txt", "integre")]


def test_crash_while_a_mended_parser_reads_a_rejected_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\n!\n")
    ingest(tmp_path)

    def dying(aside: Path, lot: Path) -> None:
        raise Death

    monkeypatch.setattr(landing, "commit", dying)
    with pytest.raises(Death):
        ingest(tmp_path, mended(2), NOW + timedelta(days=1))
    monkeypatch.undo()
    ingest(tmp_path, mended(2), NOW + timedelta(days=2))
    assert statuts(tmp_path) == [("un.txt", "integre")] and len(rows(tmp_path)) == 1


def test_other_bytes_dropped_under_the_same_name_after_a_crash_are_not_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")

    def dying(path: Path, sha256: str) -> None:
        raise Death

    monkeypatch.setattr(landing, "_empty_deposit", dying)
    with pytest.raises(Death):
        ingest(tmp_path)
    monkeypatch.undo()
    drop(tmp_path, "un.txt", b"CHOSES\na=2\n")
    ingest(tmp_path, now=NOW + timedelta(days=1))
    assert sorted(r["valeur"] for r in rows(tmp_path)) == ["1", "2"]


SLOW_RUN = """
import sys, time
from pathlib import Path
from tests.unit import test_landing as t
real = t.landing.{point}
def slow(*args, **kwargs):
    print("ici", flush=True)
    time.sleep(60)
    return real(*args, **kwargs)
t.landing.{point} = slow
t.ingest(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("point", ["_put_away", "commit", "_empty_deposit"])
def test_sigkill_loses_nothing_and_repeats_nothing(tmp_path: Path, point: str) -> None:
    sha256 = drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    command = [sys.executable, "-c", SLOW_RUN.format(point=point), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}) as process:
        assert process.stdout and process.stdout.readline() == b"ici\n"
        os.kill(process.pid, signal.SIGKILL)
    ingest(tmp_path, now=NOW + timedelta(minutes=1))
    assert [r["valeur"] for r in rows(tmp_path)] == ["1"] and statuts(tmp_path) == [("un.txt", "integre")]
    assert kept_bytes(tmp_path) == [sha256] and deposit(tmp_path) == []


def test_bug_in_a_parser_stops_the_run_and_lands_nothing(tmp_path: Path) -> None:
    def buggy(stream: BinaryIO) -> Iterator[Any]:
        raise KeyError("bug")

    source = replace(CHOSES, formats=(replace(CHOSES.formats[0], parse=buggy),))
    drop(tmp_path, "un.txt", b"CHOSES\na=1\n")
    with pytest.raises(KeyError):
        ingest(tmp_path, source)
    assert deposit(tmp_path) == ["un.txt"]
    ingest(tmp_path)
    assert statuts(tmp_path) == [("un.txt", "integre")]
