"""Preparing again: same ids, same passwords, what left the tree is gone, what people made is still there."""

import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.browser.expected import dashboard_slugs
from tests.browser.superset_server import PROJECT, prepare

pytestmark = pytest.mark.long


def _query(home: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(home / "superset" / "superset.db") as connection:
        return connection.execute(sql).fetchall()


def _slugs(home: Path) -> set[str]:
    return {slug for (slug,) in _query(home, "select slug from dashboards")}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own, without a publication: there is no answer to compute in advance."""
    home = tmp_path_factory.mktemp("preparation") / "var"
    home.mkdir()
    prepare(home)
    return home


@pytest.fixture
def smaller_tree(tmp_path: Path) -> Path:
    """The project's superset/ without the quality dashboard."""
    tree = tmp_path / "superset"
    shutil.copytree(PROJECT / "superset", tree, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "assets" / "dashboards" / "qualite.yaml").unlink()
    for chart in (tree / "assets" / "charts").glob("qualite__*.yaml"):
        chart.unlink()
    return tree


def test_secrets_are_for_their_owner_only(prepared: Path) -> None:
    for name in ("secret_key", "guest_secret", "identifiants.csv", "habilitations.csv"):
        assert stat.S_IMODE((prepared / "superset" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((prepared / "superset").stat().st_mode) == 0o700


def test_preparing_again_changes_nothing(prepared: Path) -> None:
    ids = "select id, slug from dashboards union all select id, slice_name from slices order by 1, 2"
    accounts = (prepared / "superset" / "identifiants.csv").read_text("utf-8")
    before = _query(prepared, ids)
    prepare(prepared)
    assert _query(prepared, ids) == before
    assert (prepared / "superset" / "identifiants.csv").read_text("utf-8") == accounts


def test_what_left_the_tree_leaves_superset_and_what_people_made_stays(prepared: Path, smaller_tree: Path) -> None:
    with sqlite3.connect(prepared / "superset" / "superset.db") as connection:
        values = "('Le mien', 'le-mien', datetime('now'), datetime('now'))"
        connection.execute(f"insert into dashboards (dashboard_title, slug, created_on, changed_on) values {values}")
    ours = set(dashboard_slugs())
    prepare(prepared, smaller_tree)
    assert _slugs(prepared) == {*ours - {"qualite"}, "le-mien"}
    prepare(prepared)
    assert _slugs(prepared) == {*ours, "le-mien"}
