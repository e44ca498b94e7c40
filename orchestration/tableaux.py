"""Load Superset's metadata and dashboards when something that makes them changed: `python -m orchestration.tableaux`.

Superset takes half a minute to start. The one stamp, which `make run`, `make up` and `make serve` all honour, says what
the last successful preparation had read: the files of superset/ with its locked packages, the published milestones,
the place of the home, the base of the metadata.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

import duckdb

from orchestration import job, publication
from orchestration.settings import PROJECT, Settings

PYTHON = Path(".venv-superset") / "bin" / "python"
# What a preparation leaves; one that is missing is made again.
ACCOUNTS, METADATA = "identifiants.csv", "superset.db"


class NotPrepared(Exception):
    """Superset could not be prepared; the message says so in French."""


def main() -> None:
    """Prepare the dashboards of OBSERVATOIRE_HOME, if need be."""
    try:
        settings = Settings.from_env()
        prepare(settings.home, settings.metadonnees)
    except NotPrepared as refusal:
        sys.exit(f"{refusal}")


def prepare(home: Path, metadata: str | None = None, project: Path = PROJECT) -> bool:
    """Run superset/prepare.py unless its last run read the very same things; whether it ran.

    `metadata` is the address of the base that keeps Superset's metadata, None for a file of the home.
    """
    stamp = _stamp(home)
    expected = f"{project} {home} {job.fingerprint(project, ['superset'])} {_milestones(publication.link_of(home))}"
    # The address may hold a password.
    expected += f" {hashlib.sha256(metadata.encode()).hexdigest()}" if metadata else ""
    left = [ACCOUNTS] if metadata else [ACCOUNTS, METADATA]
    there = all((home / "superset" / name).exists() for name in left)
    if there and stamp.exists() and stamp.read_text("utf-8") == expected:
        return False
    stamp.unlink(missing_ok=True)
    print("Préparation des tableaux de bord, une demi-minute…", flush=True)
    if subprocess.run([str(project / PYTHON), str(project / "superset" / "prepare.py")], cwd=project).returncode:
        raise NotPrepared("La préparation de Superset a échoué : voyez les lignes ci-dessus.")
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(expected, "utf-8")
    return True


def is_prepared(home: Path) -> bool:
    """Whether the last preparation of this home went to its end."""
    return _stamp(home).exists()


def _stamp(home: Path) -> Path:
    return home / "superset" / ".prepare"


def _milestones(published: Path) -> str:
    """A digest of the published milestones, which a preparation draws on the series."""
    if not published.exists():
        return "aucune"
    query = "select * from marts.dim_jalons order by all"
    with duckdb.connect(str(published.resolve()), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        rows = connection.execute(query).fetchall() if "dim_jalons" in tables else []
    return hashlib.sha256(repr(rows).encode()).hexdigest()


if __name__ == "__main__":
    main()
