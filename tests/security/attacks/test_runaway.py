"""Statements that would never end or would fill the memory: stopped in time, with a clear message, alone."""

import shutil
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.browser.superset_server import Superset, serving
from tests.security.attacks.attempt import ADMINISTRATEUR, ANALYSTE, Attempt
from tests.security.attacks.charts import question, sql
from tests.security.attacks.client import Client
from tests.security.attacks.sql_lab import statement
from tests.security.attacks.test_attacks import sessions

pytestmark = pytest.mark.long
DEADLINE_SECONDS = 3
# Reading the statement before, writing the journal after, on a machine that does other things.
MARGIN_SECONDS = 12
OTHERS_SECONDS = 5

LONG_BUT_FINITE = statement(
    "produit fini", "select sum(a.range * b.range % 7) as s from range(45000) a, range(45000) b"
)
ENDLESS = "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) as n from t"
DOUBLINGS = ", ".join(f"a{rank} as (select x || x as x from a{rank - 1})" for rank in range(1, 36))
SORTED = "select row_number() over (order by a.siren || b.siren) as r from marts.fct_actes a, marts.fct_actes b"
RUNAWAYS = [
    LONG_BUT_FINITE,
    statement("produit de suites", "select sum(a.range * b.range) as s from range(100000000) a, range(100000000) b"),
    statement("récursion sans fin", ENDLESS),
    statement("produit de tables", "select count(*) as n from marts.fct_actes a, marts.fct_actes b, marts.fct_actes c"),
    statement("tri d'un produit", SORTED),
    statement("liste d'un produit", "select list(a.siren || b.siren) as l from marts.fct_actes a, marts.fct_actes b"),
    statement("histogramme", "select histogram(a.range) as h from range(100000000) a"),
    statement("quantiles exacts", "select quantile_cont(a.range, 0.5) as q from range(500000000) a"),
    statement(
        "texte d'un produit", "select string_agg(a.nom, ',') as n from marts.dim_collectivites a, range(1000000)"
    ),
    statement("doublements", f"with a0 as (select 'aaaaaaaaaa' as x), {DOUBLINGS} select length(x) as n from a35"),
    question(
        "mesure qui compare tout",
        {"metrics": [sql("sum(levenshtein(lpad(§colonne§, 300, 'x'), lpad(§colonne§, 300, 'y')))")]},
    ),
]


@pytest.fixture(scope="module")
def impatient(superset: Superset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """The same home, copied, with a short deadline."""
    home = tmp_path_factory.mktemp("impatient") / "var"
    home.mkdir()
    (home / "publication").symlink_to(superset.home / "publication")
    shutil.copytree(superset.home / "superset", home / "superset", ignore=shutil.ignore_patterns("caches", "*.log"))
    with serving(home, SUPERSET_DELAI_SQL_S=str(DEADLINE_SECONDS)) as server:
        yield server


@pytest.fixture(scope="module")
def clients(impatient: Superset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Client]:
    return sessions(impatient, tmp_path_factory.mktemp("emballement"))


def _meanwhile(client: Client, attempt: Attempt, other: Client) -> tuple[httpx.Response, list[float]]:
    """Send an attempt; return its answer, and how long another person waited for each of theirs meanwhile."""
    answers: list[httpx.Response] = []
    waits: list[float] = []
    sending = threading.Thread(target=lambda: answers.append(client.send(attempt)))
    sending.start()
    while sending.is_alive():
        start = time.monotonic()
        assert other.http.get("/api/v1/me/").status_code == 200
        waits.append(time.monotonic() - start)
        sending.join(0.2)
    return answers[0], waits


@pytest.mark.parametrize("attempt", RUNAWAYS, ids=lambda attempt: attempt.name)
def test_it_is_stopped_and_nobody_else_waits(clients: dict[str, Client], impatient: Superset, attempt: Attempt) -> None:
    start = time.monotonic()
    answer, waits = _meanwhile(clients[ANALYSTE], attempt, clients[ADMINISTRATEUR])
    assert time.monotonic() - start < DEADLINE_SECONDS + MARGIN_SECONDS
    assert answer.status_code >= 400
    assert "Requête arrêtée : elle" in answer.text, answer.text[:300]
    assert max(waits) < OTHERS_SECONDS
    assert "Worker (pid" not in (impatient.home / "superset" / "serveur.log").read_text("utf-8")
