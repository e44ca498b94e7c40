"""The published file and a browser, for the tests that compare what is shown with what is published."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser

from orchestration.chromium import launched


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
