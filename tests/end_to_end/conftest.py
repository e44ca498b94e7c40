"""One real night on the demonstration deposit, done once for all the tests that look at its result."""

import pytest

from tests.end_to_end.night import Night, run_job


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    home = tmp_path_factory.mktemp("nuit") / "var"
    done = run_job(home, DEMO="1", ECHELLE="0.02")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return Night(home, done.stdout)
