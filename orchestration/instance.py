"""Dagster's own storage under $OBSERVATOIRE_HOME/dagster, the same for the night, the servers and `make run`."""

import os
from typing import Any

from orchestration.settings import Settings

# Runs exclude each other by our lock, not by Dagster's queue: a run that was killed would block the queue for ever.
CONFIGURATION = """# Écrit au démarrage par orchestration/instance.py.
telemetry:
  enabled: false
run_coordinator:
  module: dagster._core.run_coordinator
  class: DefaultRunCoordinator
retention:
  schedule: {purge_after_days: 90}
  sensor: {purge_after_days: {skipped: 7, failure: 30, success: 90}}
"""


def prepare_home(settings: Settings) -> None:
    """Make the home usable by Dagster and dbt, in this process and its children."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    (settings.dagster_home / "dagster.yaml").write_text(CONFIGURATION, "utf-8")
    os.environ |= {"OBSERVATOIRE_HOME": str(settings.home), "DAGSTER_HOME": str(settings.dagster_home)}
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"


def hasten_sqlite() -> None:
    """Let Dagster's thousands of small commits not wait for the disk: its journal (WAL) stays whole without it."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    if not event.contains(Engine, "connect", _relax):
        event.listen(Engine, "connect", _relax)


def _relax(connection: Any, record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("pragma synchronous = normal")
