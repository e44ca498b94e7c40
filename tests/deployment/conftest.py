"""A home of the deployment's own, on a copy of the night's publication."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from orchestration.chromium import launched
from tests.deployment.site import Site, deployed


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole deployment, on the publication that `OBSERVATOIRE_TEST_HOME` names, else on the night's."""
    given = os.environ.get("OBSERVATOIRE_TEST_HOME")
    night = Path(given) if given else request.getfixturevalue("night").home
    home = tmp_path_factory.mktemp("deploiement") / "donnees"
    shutil.copytree(night / "publication", home / "publication", symlinks=True)
    with deployed(home) as running:
        yield running


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """A browser that trusts the certificate of the test, and no other unknown one."""
    with launched(f"--ignore-certificate-errors-spki-list={site.certificate_digest}") as opened:
        yield opened
