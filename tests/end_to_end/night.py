"""A real night: the job run as the Makefile calls it, in a home of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Night:
    """A home after `make run`, what the command printed, and the file it published."""

    home: Path
    output: str

    @property
    def published(self) -> Path:
        return self.home / "publication" / "observatoire.duckdb"


def run_job(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`python -m orchestration.run` in a home of its own, as the Makefile calls it."""
    settings = {"OBSERVATOIRE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster"), "DEMO": "0"}
    command = [sys.executable, "-m", "orchestration.run", *arguments]
    return subprocess.run(command, env=os.environ | settings | env, capture_output=True, text=True, timeout=900)
