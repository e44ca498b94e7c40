"""The way back from the browser to the tree: nothing without an edit, one line for one edit, no SQL, nobody's own."""

import json
import os
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.browser.superset_server import PROJECT, PYTHON, prepare

pytestmark = pytest.mark.long
TITLE = "Titre changé dans le navigateur"


class Edited:
    """A copy of superset/, the home that was prepared from it, and its metadata to edit as the browser would."""

    def __init__(self, home: Path, tree: Path) -> None:
        self.home, self.tree = home, tree
        self.committed = self.texts()

    def texts(self) -> dict[str, str]:
        assets = self.tree / "assets"
        return {str(path.relative_to(assets)): path.read_text("utf-8") for path in sorted(assets.rglob("*.yaml"))}

    def execute(self, sql: str, values: tuple = ()) -> list[tuple]:
        with sqlite3.connect(self.home / "superset" / "superset.db") as connection:
            return connection.execute(sql, values).fetchall()

    def retrieve(self) -> tuple[int, str]:
        """Run the command; its status and what it says."""
        command = [PYTHON, self.tree / "retrieve.py"]
        place = os.environ | {"OBSERVATOIRE_HOME": str(self.home)}
        done = subprocess.run(command, env=place, cwd=self.tree, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def changed(self) -> dict[str, list[str]]:
        """The lines that each file gained or lost."""
        found = {}
        now = self.texts()
        for name in sorted(self.committed.keys() | now.keys()):
            before, after = (texts.get(name, "").splitlines() for texts in (self.committed, now))
            lines = [line for line in unified_diff(before, after, n=0, lineterm="") if line[0] in "+-"][2:]
            found |= {name: lines} if lines else {}
        return found

    def place(self, slug: str, params: dict[str, Any]) -> None:
        """Make a chart as a person would, on the dataset of the first chart of a dashboard, and place it there."""
        ((dashboard, text),) = self.execute("select id, position_json from dashboards where slug = ?", (slug,))
        position = json.loads(text)
        ((dataset,),) = self.execute("select id from tables where table_name = 'fct_fichiers_recus'")
        identity = uuid.uuid4()
        columns = "(slice_name, datasource_type, datasource_id, viz_type, params, uuid, created_on, changed_on)"
        values = ("Fichiers : le mien", "table", dataset, "table", json.dumps(params), identity.bytes)
        now = "datetime('now'), datetime('now')"
        self.execute(f"insert into slices {columns} values (?, ?, ?, ?, ?, ?, {now})", values)
        ((chart,),) = self.execute("select id from slices where uuid = ?", (identity.bytes,))
        self.execute("insert into dashboard_slices (dashboard_id, slice_id) values (?, ?)", (dashboard, chart))
        meta = {"chartId": chart, "width": 12, "height": 20, "uuid": str(identity), "sliceName": "Fichiers : le mien"}
        parents = ["ROOT_ID", "GRID_ID", "ROW-mien"]
        row = {"type": "ROW", "id": "ROW-mien", "children": ["CHART-mien"], "parents": parents[:2], "meta": {}}
        tile = {"type": "CHART", "id": "CHART-mien", "children": [], "parents": parents, "meta": meta}
        position |= {"ROW-mien": row, "CHART-mien": tile}
        position["GRID_ID"]["children"].append("ROW-mien")
        self.execute("update dashboards set position_json = ? where id = ?", (json.dumps(position), dashboard))


@pytest.fixture(scope="module")
def first(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Edited:
    """Prepared once, and never edited."""
    folder = tmp_path_factory.mktemp("retour")
    tree, copy = folder / "projet" / "superset", folder / "var"
    shutil.copytree(PROJECT / "superset", tree, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "publication").mkdir(parents=True)
    (copy / "publication" / "observatoire.duckdb").symlink_to((home / "publication" / "observatoire.duckdb").resolve())
    prepare(copy, tree)
    return Edited(copy, tree)


@pytest.fixture
def edited(first: Edited, tmp_path: Path) -> Edited:
    """A copy of it, for one test to edit."""
    shutil.copytree(first.tree, tmp_path / "projet" / "superset")
    shutil.copytree(first.home, tmp_path / "var", symlinks=True)
    return Edited(tmp_path / "var", tmp_path / "projet" / "superset")


def _edit_params(edited: Edited, title: str, change: Callable[[dict[str, Any]], None]) -> None:
    ((text,),) = edited.execute("select params from slices where slice_name = ?", (title,))
    params = json.loads(text)
    change(params)
    edited.execute("update slices set params = ? where slice_name = ?", (json.dumps(params), title))


def test_without_an_edit_the_tree_is_the_same_to_the_byte(first: Edited) -> None:
    status, said = first.retrieve()
    assert status == 0 and "Rien n’a été modifié" in said
    assert first.texts() == first.committed


def test_an_edit_changes_its_line_and_no_other(edited: Edited) -> None:
    edited.execute("update slices set slice_name = ? where slice_name = 'Chiffres clés par processus'", (TITLE,))
    edited.execute("update dashboards set dashboard_title = 'Qualité relue' where slug = 'qualite'")
    title = yaml.safe_load(edited.committed["charts/pilotage__jalons.yaml"])["slice_name"]
    _edit_params(edited, title, lambda params: params.update(row_limit=7, datasource="3__table", slice_id=12))
    assert edited.retrieve()[0] == 0
    changed = edited.changed()
    assert changed.keys() == {
        "charts/pilotage__chiffres_cles.yaml",
        "charts/pilotage__jalons.yaml",
        "dashboards/qualite.yaml",
    }
    assert changed["charts/pilotage__chiffres_cles.yaml"] == [
        "-slice_name: Chiffres clés par processus",
        f"+slice_name: {TITLE}",
    ]
    assert changed["dashboards/qualite.yaml"][1:] == ["+dashboard_title: Qualité relue"]
    assert "+  row_limit: 7" in changed["charts/pilotage__jalons.yaml"]
    # Prepared again from that tree, the edit is there and there is nothing left to bring back.
    prepare(edited.home, edited.tree)
    assert "Rien n’a été modifié" in edited.retrieve()[1]


def test_a_chart_placed_on_our_page_becomes_a_file_and_someone_s_own_does_not(edited: Edited) -> None:
    params = {"viz_type": "table", "query_mode": "aggregate", "groupby": ["source"], "metrics": ["nb_lignes"]}
    edited.place("qualite", params | {"datasource": "3__table", "adhoc_filters": [], "order_desc": True})
    columns = "(slice_name, datasource_type, viz_type, params, uuid, created_on, changed_on)"
    own = ("À part", "table", "table", "{}", uuid.uuid4().bytes)
    edited.execute(f"insert into slices {columns} values (?, ?, ?, ?, ?, datetime('now'), datetime('now'))", own)
    status, said = edited.retrieve()
    assert status == 0, said
    assert edited.changed().keys() == {"charts/qualite__fichiers_le_mien.yaml", "dashboards/qualite.yaml"}
    chart = yaml.safe_load(edited.texts()["charts/qualite__fichiers_le_mien.yaml"])
    assert chart["params"] == params | {"adhoc_filters": [], "order_desc": True}
    dashboard = yaml.safe_load(edited.texts()["dashboards/qualite.yaml"])
    numbers = [
        t["meta"]["chartId"] for t in dashboard["position"].values() if isinstance(t, dict) and t["type"] == "CHART"
    ]
    before = yaml.safe_load(edited.committed["dashboards/qualite.yaml"])["position"].values()
    known = [t["meta"]["chartId"] for t in before if isinstance(t, dict) and t["type"] == "CHART"]
    assert numbers == [*known, max(known) + 1]


def test_sql_in_a_chart_is_refused_and_nothing_is_written(edited: Edited) -> None:
    metric = {"expressionType": "SQL", "sqlExpression": "count(*) / 2", "label": "moitié"}
    edited.place("qualite", {"viz_type": "table", "groupby": [], "metrics": [metric]})
    status, said = edited.retrieve()
    assert status == 1 and "contient du SQL" in said and "Rien n’a été écrit" in said
    assert edited.changed() == {}


def test_a_file_changed_on_both_sides_is_told_and_left(edited: Edited) -> None:
    edited.execute("update slices set slice_name = ? where slice_name = 'Chiffres clés par processus'", (TITLE,))
    path = edited.tree / "assets" / "charts" / "pilotage__chiffres_cles.yaml"
    path.write_text(path.read_text("utf-8").replace("Chiffres clés", "Chiffres"), "utf-8")
    status, said = edited.retrieve()
    assert status == 1 and "changé aussi dans le dépôt" in said
    assert TITLE not in path.read_text("utf-8")
