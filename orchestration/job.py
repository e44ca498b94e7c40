"""What the nightly job decides around dbt: which manifest, which arguments, incremental or from scratch.

The lake says what was received and the project's files say how it is read: as long as neither is rewritten, a build
only has to look at the newer lots. When models, seeds or macros change, or when a lot was replaced, everything is
recomputed. What the last build had read is written in `entrepot/etat.json`, with whether it was green: only then is it
published.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from orchestration.settings import PROJECT

# dbt is run by this very interpreter, whatever PATH says; -P keeps this folder out of its imports.
DBT_ARGUMENTS = ("-P", str(PROJECT / "orchestration" / "dbt_child.py"))
COMPUTING_FILES = ("dbt_project.yml", "models", "seeds", "macros")
MODELS_CHANGED = "modèles ou référentiels modifiés"
MANIFEST_FILES = (*COMPUTING_FILES, "profiles.yml", "tests/dbt")


class ManifestError(Exception):
    """dbt does not understand the project; the message is what it says of it."""


@dataclass(frozen=True, slots=True)
class BuildState:
    """What the last build of the warehouse read: the project's fingerprint, the lots and their journals' marks.

    `vert` says that all its tests passed, `publie_le` the day (ISO) for which it was published.
    """

    empreinte: str = ""
    lots: dict[str, str] = field(default_factory=dict)
    vert: bool = False
    publie_le: str = ""


def clock(aujourdhui: str | None) -> datetime:
    """The moment that a run counts from, in UTC: the real one, or midday of the day that was asked for."""
    return datetime.fromisoformat(f"{aujourdhui}T12:00:00+00:00") if aujourdhui else datetime.now(UTC)


def manifest_path(home: Path) -> Path:
    """dbt's description of the project, which Dagster draws its assets from."""
    return home / "dbt" / "manifeste" / "manifest.json"


def target_path(home: Path) -> Path:
    """Where dbt writes what it runs."""
    return home / "dbt" / "execution"


def fingerprint(project: Path, names: Iterable[str] = COMPUTING_FILES) -> str:
    """SHA-256 over the paths and bytes of some of the project's files."""
    digest = hashlib.sha256()
    for path in _files(project, names):
        digest.update(path.relative_to(project).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(project: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        root = project / name
        found = root.rglob("*") if root.is_dir() else [root]
        yield from sorted(p for p in found if p.is_file() and p.suffix != ".pyc")


def prepare_manifest(home: Path, project: Path = PROJECT) -> Path:
    """Have dbt describe the project again when its files changed since the last time."""
    path = manifest_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = path.with_name("empreinte.txt")
    with _alone(path.parent):
        expected = f"{project} {fingerprint(project, MANIFEST_FILES)}"
        if not path.exists() or not mark.exists() or mark.read_text("utf-8") != expected:
            mark.unlink(missing_ok=True)
            _parse(home, project)
            mark.write_text(expected, "utf-8")
    return path


def manifest_for_definitions(home: Path, project: Path = PROJECT) -> Path:
    """The manifest that Dagster draws from: the last one that could be drawn when the project is broken.

    The night must then still start, and fail with dbt's own words, or nobody would be told.
    """
    try:
        return prepare_manifest(home, project)
    except ManifestError:
        if not manifest_path(home).exists():
            raise
        return manifest_path(home)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Servers that start together describe the project once."""
    with (folder / ".verrou").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _parse(home: Path, project: Path) -> None:
    folder = manifest_path(home).parent
    command = [sys.executable, *DBT_ARGUMENTS, "--quiet", "--no-use-colors", "parse", "--profiles-dir", str(project)]
    paths = ["--project-dir", str(project), "--target-path", str(folder), "--log-path", str(folder)]
    done = subprocess.run(command + paths, env=dbt_environment(home), cwd=project, capture_output=True, text=True)
    if done.returncode:
        raise ManifestError(f"dbt ne comprend pas le projet :\n{done.stdout}{done.stderr}")


def dbt_environment(home: Path) -> dict[str, str]:
    """The environment that dbt needs: profiles.yml finds the warehouse under OBSERVATOIRE_HOME."""
    return {**os.environ, "OBSERVATOIRE_HOME": str(home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def prepare_build(home: Path) -> None:
    """Make room for dbt: the warehouse's folder, and the parsed project so that it need not parse it again."""
    (home / "entrepot").mkdir(parents=True, exist_ok=True)
    parsed = manifest_path(home).with_name("partial_parse.msgpack")
    target = target_path(home)
    target.mkdir(parents=True, exist_ok=True)
    known = target / parsed.name
    if parsed.exists() and (not known.exists() or known.stat().st_mtime < parsed.stat().st_mtime):
        shutil.copy2(parsed, known)


def build_arguments(reason: str | None) -> list[str]:
    """dbt's arguments, given why everything is computed again (None when the newer lots are enough).

    Unit tests try the models on made-up rows: they belong to the builds that follow a change of the models.
    """
    refresh = ["--full-refresh"] if reason else []
    return ["build", *refresh, *([] if reason == MODELS_CHANGED else ["--exclude-resource-type", "unit_test"])]


def full_refresh_reason(home: Path, project: Path = PROJECT) -> str | None:
    """Why the next build must recompute everything, in French; None when the newer lots are enough."""
    state = read_state(home)
    if not (home / "entrepot" / "observatoire.duckdb").exists() or not state.empreinte:
        return "premier calcul"
    if state.empreinte != fingerprint(project):
        return MODELS_CHANGED
    lots = _lots(home)
    if any(lots.get(name) != mark for name, mark in state.lots.items()):
        return "lots remplacés"
    return None


def start_build(home: Path) -> None:
    """From now on the warehouse is no longer what the last green build left."""
    state = read_state(home)
    _write_state(home, BuildState(state.empreinte, state.lots, vert=False))


def finish_build(home: Path, project: Path = PROJECT) -> None:
    """The build is green: what it read is known, and it may be published."""
    _write_state(home, BuildState(fingerprint(project), _lots(home), vert=True))


def record_publication(home: Path, jour: str) -> None:
    """The green build is published for this day: until something changes, there is nothing to do again."""
    _write_state(home, replace(read_state(home), publie_le=jour))


def is_up_to_date(home: Path, jour: str, project: Path = PROJECT) -> bool:
    """Whether building and publishing again this day would only find the same rows."""
    state = read_state(home)
    same_inputs = state.empreinte == fingerprint(project) and state.lots == _lots(home)
    return state.vert and state.publie_le == jour and same_inputs


def is_green(home: Path) -> bool:
    """Whether the warehouse is what a whole green build left."""
    return read_state(home).vert


def read_state(home: Path) -> BuildState:
    """What the last build wrote of itself; an empty state, which recomputes everything, when that can't be read."""
    try:
        return BuildState(**json.loads((home / "entrepot" / "etat.json").read_text("utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return BuildState()


def _write_state(home: Path, state: BuildState) -> None:
    path = home / "entrepot" / "etat.json"
    aside = path.with_suffix(".tmp")
    aside.write_text(json.dumps(asdict(state), ensure_ascii=False, indent=1), "utf-8")
    aside.replace(path)


def _lots(home: Path) -> dict[str, str]:
    """Every committed lot, with a mark that changes when its journal is amended; the draws are a lot without one."""
    lac = home / "lac"
    marked = sorted([*lac.glob("*/lot=*/_fichiers.parquet"), *lac.glob("tirages/lot=*/tirages.parquet")])
    stats = [(path, path.stat()) for path in marked if path.parent.name != "lot=0"]
    return {f"{p.parent.parent.name}/{p.parent.name}": f"{stat.st_size}-{stat.st_mtime_ns}" for p, stat in stats}


def empty_warehouse(home: Path) -> None:
    """Forget everything that can be computed again from the lake."""
    for path in (home / "entrepot").glob("*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def was_anything_received(home: Path) -> bool:
    """Whether a file was ever ingested, or waits in a deposit folder."""
    ingested = any(path.parent.name != "lot=0" for path in (home / "lac").glob("*/lot=*/_fichiers.parquet"))
    return ingested or any(path.is_file() for path in (home / "depot").glob("*/**/*"))


def stop_on_sigterm() -> None:
    """Let a polite stop unwind like Ctrl-C: the lock, the lot and dbt are let go of in order."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
