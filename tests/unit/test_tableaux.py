"""Superset is prepared once for what it is made of, whoever asks."""

import sys
from pathlib import Path

import duckdb
import pytest

from orchestration import tableaux

PREPARE = """
import os, pathlib
folder = pathlib.Path(os.environ["OBSERVATOIRE_HOME"], "superset")
folder.mkdir(parents=True, exist_ok=True)
for name in ("superset.db", "identifiants.csv"):
    (folder / name).touch()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose preparation takes no time."""
    project = tmp_path / "projet"
    (project / "superset" / "assets").mkdir(parents=True)
    (project / "superset" / "prepare.py").write_text(PREPARE, "utf-8")
    (project / "superset" / "assets" / "un.yaml").write_text("titre: un", "utf-8")
    monkeypatch.setattr(tableaux, "PYTHON", Path(sys.executable))
    monkeypatch.setenv("OBSERVATOIRE_HOME", str(tmp_path / "var"))
    return project


def test_it_is_prepared_again_only_when_something_that_makes_it_changed(tmp_path: Path, project: Path) -> None:
    home, drawn = tmp_path / "var", list[bool]()
    assert tableaux.prepare(home, project=project)
    assert not tableaux.prepare(home, project=project)
    (project / "superset" / "__pycache__").mkdir()
    (project / "superset" / "__pycache__" / "prepare.pyc").touch()
    (project / "superset" / "prepare.py").touch()
    assert not tableaux.prepare(home, project=project), "the same bytes make the same dashboards"
    (project / "superset" / "assets" / "un.yaml").write_text("titre: deux", "utf-8")
    assert tableaux.prepare(home, project=project)
    published = home / "publication" / "observatoire.duckdb"
    published.parent.mkdir()
    for text in ("une loi", "une loi", "une autre loi"):
        with duckdb.connect(str(published)) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute(f"create or replace table marts.dim_jalons as select '{text}' as libelle_jalon")
        drawn.append(tableaux.prepare(home, project=project))
    assert drawn == [True, False, True], "milestones are drawn again when others are published"
    (home / "superset" / "identifiants.csv").unlink()
    assert tableaux.prepare(home, project=project), "lost accounts are made again"


def test_a_failed_preparation_is_tried_again(tmp_path: Path, project: Path) -> None:
    (project / "superset" / "prepare.py").write_text("raise SystemExit(1)", "utf-8")
    for _ in range(2):
        with pytest.raises(tableaux.NotPrepared):
            tableaux.prepare(tmp_path / "var", project=project)


def test_another_base_for_the_metadata_is_prepared_and_needs_no_file(tmp_path: Path, project: Path) -> None:
    home, base = tmp_path / "var", "postgresql://observatoire:secret@/observatoire"
    assert tableaux.prepare(home, project=project)
    assert tableaux.prepare(home, base, project)
    (home / "superset" / "superset.db").unlink()
    assert not tableaux.prepare(home, base, project)
    assert "secret" not in (home / "superset" / ".prepare").read_text("utf-8")
    assert tableaux.prepare(home, project=project), "back to the file, which is missing"


def test_what_needs_no_figure_is_prepared_while_these_are_computed(tmp_path: Path, project: Path) -> None:
    home = tmp_path / "var"
    with tableaux.preparing(home, project=project):
        pass
    assert not tableaux.is_prepared(home), "the night failed: the preparation was not ended"
    with tableaux.preparing(home, project=project) as end:
        published = home / "publication" / "observatoire.duckdb"
        published.parent.mkdir(parents=True)
        with duckdb.connect(str(published)) as connection:
            connection.execute("create schema marts; create table marts.dim_jalons as select 1 as libelle_jalon")
        end()
    assert tableaux.is_prepared(home) and not tableaux.prepare(home, project=project)
    with tableaux.preparing(home, project=project) as end:
        assert tableaux.is_prepared(home), "nothing changed: nothing begins"
        end()
