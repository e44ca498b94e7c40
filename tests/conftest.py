"""Fixtures shared by the suites: the project's folder, the parsed manifest, the samples when they are here."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.browser.superset_server import Superset, running
from tests.end_to_end.night import Night, run_job

PROJECT = Path(__file__).parents[1]
# A file is one worker's: the longest, which wait for nothing, must not be the last to begin.
LONGEST = ("test_deposits.py", "test_kills.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


@pytest.fixture(scope="session")
def samples() -> Path:
    """Real public files laid beside the project on the founders' machines; a clone elsewhere goes without."""
    folder = PROJECT.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("pas d'échantillons réels à côté du projet : les fixtures de tests/fixtures couvrent les formats")
    return folder


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest, parsed afresh with every deprecation shown."""
    target = tmp_path_factory.mktemp("manifest")
    env = os.environ | {"OBSERVATOIRE_HOME": str(target / "var"), "DBT_PROFILES_DIR": str(PROJECT)}
    command = [sys.executable, "-m", "dbt.cli.main", "parse", "--show-all-deprecations", "--no-partial-parse"]
    command += ["--target-path", str(target), "--log-path", str(target)]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "Deprecat" not in done.stdout, done.stdout
    return json.loads((target / "manifest.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """One real night on the demonstration deposit, done once for all the tests that look at its result.

    Workers of one run share their parent folder: the first to ask does the night, the others wait for it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "nuit"
    home, said = shared / "var", shared / "dit.txt"
    shared.mkdir(exist_ok=True)
    with FileLock(shared / "verrou"):
        if not said.exists():
            done = run_job(home, DEMO="1", ECHELLE="0.02")
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
            said.write_text(done.stdout, "utf-8")
    return Night(home, said.read_text("utf-8"))


@pytest.fixture(scope="session")
def home(request: pytest.FixtureRequest) -> Path:
    """A home with a publication: the one that `OBSERVATOIRE_TEST_HOME` names, else the one of the night."""
    given = os.environ.get("OBSERVATOIRE_TEST_HOME")
    return Path(given) if given else request.getfixturevalue("night").home


@pytest.fixture(scope="session")
def superset(home: Path) -> Iterator[Superset]:
    """One Superset for the tests that open pages and for those that attack."""
    with running(home) as server:
        yield server
