"""Versions published one after the other under the eyes of many readers: no error, and no figure of an earlier one."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.chromium import launched
from tests.benchmarks.dashboards import Questions, questions_of_browser
from tests.browser.publishing import publish_copy
from tests.browser.reader import Question, Reader
from tests.browser.superset_server import Superset, running

pytestmark = [pytest.mark.browser, pytest.mark.long]
SLUGS = ("pilotage", "qualite", "economies")
TABLES = ("ind_pilotage_mois", "fct_fichiers_recus", "ind_economies")
READERS, VERSIONS, SECONDS_PER_VERSION = 6, 4, 4.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the table counted (None for a dashboard's own question), when it was asked and came, what it says."""

    table: str | None
    asked: float
    came: float
    status: int
    figure: int | None
    was_kept: bool


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """A home of its own, on a copy of the publication."""
    copy = tmp_path_factory.mktemp("charge") / "var"
    versions = copy / "publication" / "versions"
    versions.mkdir(parents=True)
    published = (home / "publication" / "observatoire.duckdb").resolve()
    (versions / published.name).write_bytes(published.read_bytes())
    (copy / "publication" / "observatoire.duckdb").symlink_to(Path("versions") / published.name)
    with running(copy) as server:
        yield server


@pytest.fixture(scope="module")
def asked(served: Superset) -> Questions:
    with launched() as browser:
        return questions_of_browser(browser, served, SLUGS)


def _count_of(served: Superset, table: str) -> Question:
    """Ask how many rows a published table has, as a chart would."""
    with sqlite3.connect(served.home / "superset" / "superset.db") as connection:
        ((dataset,),) = connection.execute("select id from tables where table_name = ?", [table]).fetchall()
    query = {"columns": [], "metrics": ["nb_lignes"], "filters": [], "row_limit": 1}
    body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query], "result_format": "json"}
    return {"path": "/api/v1/chart/data", "body": {**body, "result_type": "full"}}


def _ask(reader: Reader, table: str | None, question: Question) -> Answer:
    start = time.monotonic()
    answer = reader.ask(question)
    end = time.monotonic()
    (result,) = answer.json().get("result") or [{}]
    figure = result["data"][0]["nb_lignes"] if table and answer.status_code == 200 else None
    return Answer(table, start, end, answer.status_code, figure, bool(result.get("is_cached")))


def _read(reader: Reader, todo: list[tuple[str | None, Question]], stop: threading.Event, seen: list[Answer]) -> None:
    while not stop.is_set():
        for table, question in todo:
            if stop.is_set():
                return
            seen.append(_ask(reader, table, question))


def _publish_fewer(served: Superset) -> dict[str, int]:
    """Publish a version where each table has lost its last row; the numbers of rows that are left."""
    statements = [f"delete from marts.{t} where rowid = (select max(rowid) from marts.{t})" for t in TABLES]
    version = publish_copy(served.home, "; ".join(statements))
    with duckdb.connect(str(version), read_only=True) as connection:
        return {t: connection.execute(f"select count(*) from marts.{t}").fetchone()[0] for t in TABLES}


def test_no_error_and_no_figure_of_an_earlier_version(served: Superset, asked: Questions) -> None:
    first = Reader.signed_in(served, "administrateur")
    counts = [(table, _count_of(served, table)) for table in TABLES]
    tiles = [(None, question) for questions in asked.values() for question in questions]
    seen: list[Answer] = []
    stop, flips = threading.Event(), []
    readers = [
        threading.Thread(target=_read, args=(first.fork(), _mixed(counts, tiles, rank), stop, seen))
        for rank in range(READERS)
    ]
    for reader in readers:
        reader.start()
    for _ in range(VERSIONS):
        time.sleep(SECONDS_PER_VERSION)
        begun = time.monotonic()
        figures = _publish_fewer(served)
        flips.append((begun, time.monotonic(), figures))
    time.sleep(SECONDS_PER_VERSION)
    stop.set()
    for reader in readers:
        reader.join()
    assert [answer for answer in seen if answer.status != 200] == []
    after = [answer for answer in seen if answer.table and answer.asked > flips[0][1]]
    assert {answer.was_kept for answer in after} == {True, False}, "both kinds of answers were met"
    assert [answer for answer in after if answer.figure not in _possible(answer, flips)] == []
    assert {answer.figure for answer in after if answer.table == TABLES[0]} >= {flips[-1][2][TABLES[0]]}


def _mixed(counts: list[tuple], tiles: list[tuple], rank: int) -> list[tuple]:
    """Return the questions of one reader: the counts among some tiles, each reader elsewhere in the pages."""
    some = tiles[rank::READERS]
    return [pair for tile in some for pair in (tile, counts[(rank + some.index(tile)) % len(counts)])]


def _possible(answer: Answer, flips: list[tuple[float, float, dict[str, int]]]) -> set[int]:
    """Return the figures of the version served when it was asked, and of those published before it came."""
    served_then = [figures for _, done, figures in flips if done < answer.asked][-1:]
    meanwhile = [figures for begun, done, figures in flips if done >= answer.asked and begun <= answer.came]
    return {figures[answer.table] for figures in served_then + meanwhile}
