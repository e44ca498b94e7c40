"""dbt's unit tests, all of them, on the warehouse that the night left: they try the models on rows written by hand."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT
from tests.end_to_end.night import Night


def test_every_unit_test_of_the_models_passes(night: Night, manifest: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / "var" / "entrepot" / "observatoire.duckdb"
    copy.parent.mkdir(parents=True)
    (tmp_path / "var" / "lac").symlink_to(night.home / "lac")
    shutil.copyfile(night.home / "entrepot" / "observatoire.duckdb", copy)
    command = [sys.executable, "-m", "dbt.cli.main", "test", "--select", "test_type:unit"]
    command += ["--target-path", str(tmp_path), "--log-path", str(tmp_path)]
    env = os.environ | {"OBSERVATOIRE_HOME": str(tmp_path / "var"), "DBT_PROFILES_DIR": str(PROJECT)}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    results = json.loads((tmp_path / "run_results.json").read_text("utf-8"))["results"]
    passed = {result["unique_id"] for result in results if result["status"] == "pass"}
    assert passed == set(manifest["unit_tests"]) and len(passed) >= 50
