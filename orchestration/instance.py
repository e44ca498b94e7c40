"""Dagster's own storage under $OBSERVATOIRE_HOME/dagster, the same for the night, the servers and `make run`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Connection, Engine, create_engine, event

from orchestration.settings import Settings

# Files of the event log that a process keeps open: the index, the run that it makes, a few that somebody looks at.
OPEN_LOGS = 8
BUSY_SECONDS = 60

# Runs exclude each other by our lock, not by Dagster's queue: a run that was killed would block the queue for ever.
CONFIGURATION = """# Écrit au démarrage par orchestration/instance.py.
telemetry:
  enabled: false
run_coordinator:
  module: dagster._core.run_coordinator
  class: DefaultRunCoordinator
event_log_storage:
  module: orchestration.instance
  class: EventLog
  config: {{base_dir: "{events}"}}
retention:
  schedule: {{purge_after_days: 90}}
  sensor: {{purge_after_days: {{skipped: 7, failure: 30, success: 90}}}}
"""


def prepare_home(settings: Settings) -> None:
    """Make the home usable by Dagster and dbt, in this process and its children."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    (settings.dagster_home / "dagster.yaml").write_text(
        CONFIGURATION.format(events=settings.dagster_home / "history" / "runs"), "utf-8"
    )
    os.environ |= {"OBSERVATOIRE_HOME": str(settings.home), "DAGSTER_HOME": str(settings.dagster_home)}
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"


class EventLog(SqliteEventLogStorage):
    """Dagster's event log in SQLite, each of its files opened once.

    A night writes some six thousand events. Dagster opens a file afresh for each, and compiles the same statements
    again: this took a third of a night without new files.
    """

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "EventLog":
        """Build it as dagster.yaml says."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = _engine(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection


@lru_cache(OPEN_LOGS)
def _engine(address: str) -> Engine:
    """The engine of one file; what is forgotten closes its connections by itself."""
    return create_engine(address, connect_args={"timeout": BUSY_SECONDS})


def hasten_sqlite() -> None:
    """Let Dagster's thousands of small commits not wait for the disk: its journal (WAL) stays whole without it."""
    if not event.contains(Engine, "connect", _relax):
        event.listen(Engine, "connect", _relax)


def _relax(connection: Any, record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("pragma synchronous = normal")


if __name__ == "__main__":
    prepare_home(Settings.from_env())
