"""Where each role lands: on a dashboard of the tree, the list being for whoever has none of the roles."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml


@pytest.fixture(scope="module")
def landing(project: Path) -> ModuleType:
    """superset/landing.py; its folder is no package and is only on the path while it is imported."""
    sys.path.insert(0, str(project / "superset"))
    try:
        import landing
    finally:
        sys.path.pop(0)
    return landing


@pytest.mark.parametrize(
    ("roles", "page"),
    [
        (["Comité"], "/superset/dashboard/comite/"),
        (["Collectivité"], "/superset/dashboard/ma-collectivite/"),
        (["Collectivité", "Comité"], "/superset/dashboard/comite/"),
        ([], "/dashboard/list/"),
        (["Inconnu"], "/dashboard/list/"),
    ],
)
def test_the_first_known_role_decides(landing: ModuleType, roles: list[str], page: str) -> None:
    assert landing.landing_page(roles) == page


def test_every_landing_page_and_no_other_is_a_dashboard_of_the_tree(landing: ModuleType, project: Path) -> None:
    folder = project / "superset" / "assets" / "dashboards"
    slugs = {yaml.safe_load(path.read_text("utf-8"))["slug"] for path in folder.glob("*.yaml")}
    assert set(landing.DASHBOARD_OF_ROLE.values()) <= slugs
    assert set(landing.READING_ORDER) == slugs
