"""Every source says since when it is silent, to dbt as to the dashboards."""

import json
import os
import subprocess
import sys
from pathlib import Path

from orchestration.ingest.sources import SOURCES
from tests.end_to_end.night import Night


def test_every_source_is_fresh_after_the_night(night: Night, project: Path, tmp_path: Path) -> None:
    env = os.environ | {"OBSERVATOIRE_HOME": str(night.home), "DBT_PROFILES_DIR": str(project)}
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "source", "freshness"]
    command += ["--target-path", str(tmp_path), "--log-path", str(tmp_path)]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    results = json.loads((tmp_path / "sources.json").read_text("utf-8"))["results"]
    states = {(result["unique_id"].split(".")[2], result["status"]) for result in results}
    assert states == {(name, "pass") for name in ("ingestion", *(source.name for source in SOURCES))}
