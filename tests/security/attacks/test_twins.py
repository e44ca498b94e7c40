"""The twin of each family: the same attempt, with the hardening off, succeeds. Otherwise its refusal proves nothing."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.superset_server import PROJECT, Superset, serving
from tests.security.attacks.attempt import COMITE, Attempt
from tests.security.attacks.client import Client
from tests.security.attacks.disclosure import ELSEWHERE
from tests.security.attacks.test_attacks import FAMILIES, SECRET, sessions, signs_in_to
from tests.security.attacks.test_runaway import DEADLINE_SECONDS, LONG_BUT_FINITE

pytestmark = pytest.mark.long
OFF = PROJECT / "tests" / "security" / "attacks" / "hardening_off.py"

# The attempts that are run, and what the answer holds when they succeed.
TWINS = [
    ("SQL Lab, fichiers", "read_text", SECRET),
    ("SQL Lab, écriture", "create table as", "success"),
    ("SQL Lab, moteur", "réglage courant", "GiB"),
    ("SQL Lab, échappement", "fonction entre guillemets", SECRET),
    ("SQL Lab, bombes", "list_reduce", "success"),
    ("graphiques, SQL libre", "mesure", "fuite"),
    ("graphiques, SQL libre", "fichier", SECRET),
    ("graphiques, SQL libre", "texte de la requête", "SELECT"),
    ("autres jeux", "autre jeu sans page", "nb_lignes"),
    ("exports", "tout", "PK"),
    ("adresses directes", "comptes par l'API", "administrateur"),
    ("adresses directes", "comptes par le choix d'un propriétaire", "@"),
    ("escalade", "créer un rôle", "Intrus"),
    ("jetons et sessions", "sans jeton", "key"),
    ("divulgation", "version", "6.1.0"),
    ("adresses forgées", "hôte et port", "/superset/welcome/"),
    ("divulgation", "page inconnue", "fonts.gstatic"),
]


def _copied(home: Path, copy: Path) -> Path:
    """Copy what a server needs of a home; the database of the copy accepts writing."""
    (copy / "publication").mkdir(parents=True)
    shutil.copy((home / "publication" / "observatoire.duckdb").resolve(), copy / "publication" / "observatoire.duckdb")
    shutil.copytree(home / "superset", copy / "superset", ignore=shutil.ignore_patterns("caches", "*.log", "*.db-*"))
    with sqlite3.connect(home / "superset" / "superset.db") as source:
        source.backup(sqlite3.connect(copy / "superset" / "superset.db"))
    with sqlite3.connect(copy / "superset" / "superset.db") as metadata:
        metadata.execute("update dbs set allow_dml = 1")
    return copy


@pytest.fixture(scope="module")
def unprotected(superset: Superset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """The same home, copied, served with the hardening off."""
    home = _copied(superset.home, tmp_path_factory.mktemp("sans_defense") / "var")
    with serving(home, SUPERSET_CONFIG_PATH=str(OFF)) as server:
        yield server


@pytest.fixture(scope="module")
def clients(unprotected: Superset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Client]:
    return sessions(unprotected, tmp_path_factory.mktemp("attaques"))


def _attempt(family: str, name: str) -> Attempt:
    (found,) = [attempt for attempt in FAMILIES[family] if attempt.name == name]
    return found


def test_every_family_has_a_twin() -> None:
    assert {family for family, _, _ in TWINS} == FAMILIES.keys()


@pytest.mark.parametrize(("family", "name", "proof"), TWINS)
def test_the_attempt_succeeds_when_the_hardening_is_off(
    clients: dict[str, Client], family: str, name: str, proof: str
) -> None:
    answer = clients[COMITE].send(_attempt(family, name))
    assert proof in answer.text, f"{answer.status_code} {answer.text[:300]}"


def test_who_signs_in_is_sent_elsewhere_when_the_hardening_is_off(unprotected: Superset) -> None:
    assert signs_in_to(unprotected, COMITE, ELSEWHERE[0]) == ELSEWHERE[0]


def test_a_long_statement_is_not_stopped_when_the_hardening_is_off(clients: dict[str, Client]) -> None:
    start = time.monotonic()
    answer = clients[COMITE].send(LONG_BUT_FINITE)
    assert answer.status_code == 200, answer.text[:300]
    assert time.monotonic() - start > DEADLINE_SECONDS
