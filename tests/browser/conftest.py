"""One Superset for the browser tests, on the home of the night that the end-to-end tests ran, or on a given one."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser

from tests.browser.superset_server import Superset, running
from tests.browser.visitor import launched


@pytest.fixture(scope="session")
def home(request: pytest.FixtureRequest) -> Path:
    """A home with a publication: the one that `OBSERVATOIRE_TEST_HOME` names, else the one of the night."""
    given = os.environ.get("OBSERVATOIRE_TEST_HOME")
    return Path(given) if given else request.getfixturevalue("night").home


@pytest.fixture(scope="session")
def superset(home: Path) -> Iterator[Superset]:
    with running(home) as server:
        yield server


@pytest.fixture(scope="session")
def published(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    path = home / "publication" / "observatoire.duckdb"
    with duckdb.connect(str(path.resolve()), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser per module: its event loop must not outlive the tests that use it."""
    with launched() as opened:
        yield opened
