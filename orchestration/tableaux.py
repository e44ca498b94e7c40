"""Load Superset's metadata and dashboards when something that makes them changed: `python -m orchestration.tableaux`.

Superset takes half a minute to start. The one stamp, which `make run`, `make up` and `make serve` all honour, says what
the last successful preparation had read: the files of superset/ with its locked packages, the published milestones,
the place of the home, the base of the metadata.
"""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    if _is_done(home, metadata, project):
        return False
    _finish(_begin(home, project), home, metadata, project)
    return True


@contextmanager
def preparing(home: Path, metadata: str | None = None, project: Path = PROJECT) -> Iterator[Callable[[], None]]:
    """Prepare what no figure is needed for while the figures are computed; yields what ends it once they are published.

    Left without being ended, nothing counts as prepared.
    """
    stamp = _stamp(home)
    begun = stamp.exists() and stamp.read_text("utf-8").startswith(_made_of(home, metadata, project))
    process = None if begun else _begin(home, project)
    try:
        yield lambda: _finish(process, home, metadata, project) if process else prepare(home, metadata, project)
    finally:
        if process:
            process.kill()
            process.wait()


def _begin(home: Path, project: Path) -> "subprocess.Popen[bytes]":
    """Start a preparation; its second half, which reads what is published, waits for a line."""
    _stamp(home).unlink(missing_ok=True)
    print("Préparation des tableaux de bord…", flush=True)
    command = [str(project / PYTHON), str(project / "superset" / "prepare.py"), "--attendre"]
    return subprocess.Popen(command, cwd=project, stdin=subprocess.PIPE)


def _finish(process: "subprocess.Popen[bytes]", home: Path, metadata: str | None, project: Path) -> None:
    process.communicate(b"\n")
    if process.returncode:
        raise NotPrepared("La préparation de Superset a échoué : voyez les lignes ci-dessus.")
    _stamp(home).parent.mkdir(parents=True, exist_ok=True)
    _stamp(home).write_text(_expected(home, metadata, project), "utf-8")


def is_prepared(home: Path) -> bool:
    """Whether the last preparation of this home went to its end."""
    return _stamp(home).exists()


def _stamp(home: Path) -> Path:
    return home / "superset" / ".prepare"


def _is_done(home: Path, metadata: str | None, project: Path) -> bool:
    stamp, left = _stamp(home), [ACCOUNTS] if metadata else [ACCOUNTS, METADATA]
    there = stamp.exists() and all((home / "superset" / name).exists() for name in left)
    return there and stamp.read_text("utf-8") == _expected(home, metadata, project)


def _expected(home: Path, metadata: str | None, project: Path) -> str:
    return f"{_made_of(home, metadata, project)} {_milestones(publication.link_of(home))}"


def _made_of(home: Path, metadata: str | None, project: Path) -> str:
    # The address may hold a password.
    base = hashlib.sha256(metadata.encode()).hexdigest() if metadata else "fichier"
    return f"{project} {home} {base} {job.fingerprint(project, ['superset'])}"


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
