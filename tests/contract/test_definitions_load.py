"""Importing does nothing; the definitions hold the whole lineage, from every dropped file to every dashboard."""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration import job
from orchestration.assets import JOURNAL, PUBLICATION
from orchestration.definitions import build_definitions
from orchestration.ingest.sources import SOURCES
from orchestration.settings import PROJECT, Settings

IMPORT_ALL = """
import importlib, os, pkgutil, orchestration
names = [m.name for m in pkgutil.walk_packages(orchestration.__path__, "orchestration.")]
before = dict(os.environ)
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
assert dict(os.environ) == before, "an import wrote the environment"
print(len(names))
"""


def test_importing_everything_without_an_environment_does_nothing(tmp_path: Path) -> None:
    existed = (PROJECT / "var").exists()
    command = [sys.executable, "-c", IMPORT_ALL]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20 and list(tmp_path.iterdir()) == []
    assert (PROJECT / "var").exists() == existed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home."""
    return tmp_path_factory.mktemp("maison")


@pytest.fixture(scope="module")
def definitions(home: Path) -> dg.Definitions:
    """The real definitions over an empty home."""
    return build_definitions(Settings.from_env({"OBSERVATOIRE_HOME": str(home)}))


@pytest.fixture(scope="module")
def manifest(home: Path, definitions: dg.Definitions) -> dict:
    """The manifest that the definitions were drawn from."""
    return json.loads(job.manifest_path(home).read_text("utf-8"))


def materializable(definitions: dg.Definitions) -> set[dg.AssetKey]:
    """Keys that a run of ours writes."""
    graph = definitions.resolve_asset_graph()
    return {key for key in graph.get_all_asset_keys() if graph.get(key).is_materializable}


def test_definitions_are_valid_and_the_night_covers_everything(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    nightly = definitions.resolve_job_def("traitement")
    assert set(nightly.asset_layer.executable_asset_keys) == materializable(definitions)
    assert nightly.executor_def is dg.in_process_executor


def test_every_dbt_source_is_produced_by_a_reception(definitions: dg.Definitions, manifest: dict) -> None:
    sources = {dg.AssetKey([node["source_name"], node["name"]]) for node in manifest["sources"].values()}
    assert sources, "no dbt source"
    assert sources - materializable(definitions) == set()


def test_every_landing_table_is_an_asset(definitions: dg.Definitions) -> None:
    tables = {dg.AssetKey([source.name, table]) for source in SOURCES for table in source.tables}
    assert tables | set(JOURNAL) | {PUBLICATION} <= materializable(definitions)


def test_publication_waits_for_every_mart(definitions: dg.Definitions, manifest: dict) -> None:
    marts = {node["name"] for node in manifest["nodes"].values() if node["schema"] == "marts"}
    parents = {key.path[-1] for key in definitions.resolve_asset_graph().get(PUBLICATION).parent_keys}
    assert parents == {name for name in marts if name.startswith(("dim_", "fct_", "ind_"))}


def test_every_dashboard_hangs_on_the_publication(definitions: dg.Definitions, manifest: dict) -> None:
    graph = definitions.resolve_asset_graph()
    for exposure in manifest["exposures"].values():
        node = graph.get(dg.AssetKey(["tableaux_de_bord", exposure["name"]]))
        assert PUBLICATION in node.parent_keys and len(node.parent_keys) > 1


def test_schedule_and_sensors_run_by_default(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    (schedule,) = repository.schedule_defs
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 4 * * *", "Europe/Paris")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert {s.name: s.default_status for s in repository.sensor_defs} == {
        "depot": dg.DefaultSensorStatus.RUNNING,
        "alerte_echec": dg.DefaultSensorStatus.RUNNING,
    }
