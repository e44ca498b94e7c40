"""One treatment at a time: an exclusive lock on $OBSERVATOIRE_HOME/verrou.

The night, the deposit sensor, `make run`, `make replay`, `make rebuild`, `make rollback` and their like hold it while
they work. It is an flock: the system lets go of it when its holder dies, however it dies, so it never has to be broken
by hand.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from orchestration.paris import PARIS

POLL_SECONDS = 0.5
PATIENCE_SECONDS = 15 * 60.0


class Busy(Exception):
    """Another treatment holds the lock; the message says which, in French."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works: what it is called, its process, and since when (time of Paris, ISO 8601)."""

    nom: str
    processus: int
    depuis: str

    def __str__(self) -> str:
        return f"« {self.nom} », processus {self.processus}, depuis {self.depuis.replace('T', ' à ')}"


@contextmanager
def hold(
    home: Path, nom: str, patience: float = PATIENCE_SECONDS, say: Callable[[str], None] = print
) -> Iterator[None]:
    """Hold the lock of `home` under the name `nom`, after waiting for it `patience` seconds at most.

    `say` hears once, in French, who is waited for. Raises `Busy` when the wait was in vain.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "verrou").open("a+", encoding="utf-8") as file:
        _wait(file, patience, say)
        _sign(file, Holder(nom, os.getpid(), datetime.now(PARIS).replace(tzinfo=None).isoformat(timespec="seconds")))
        yield


def holder(home: Path) -> Holder | None:
    """Who holds the lock now, None when nobody does."""
    path = home / "verrou"
    if not path.exists():
        return None
    with path.open("r", encoding="utf-8") as file:
        # Shared, so that two onlookers never take each other for a worker.
        return None if _try(file, fcntl.LOCK_SH) else _read(file)


def _wait(file: TextIO, patience: float, say: Callable[[str], None]) -> None:
    deadline = time.monotonic() + patience
    told = False
    while not _try(file, fcntl.LOCK_EX):
        if time.monotonic() >= deadline:
            raise Busy(f"Un autre traitement est en cours ({_read(file)}) : rien n'a été fait. Relancez plus tard.")
        if not told:
            say(f"Un autre traitement est en cours ({_read(file)}) : attente, {patience / 60:.0f} min au plus.")
            told = True
        time.sleep(POLL_SECONDS)


def _try(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(file: TextIO, who: Holder) -> None:
    file.seek(0)
    file.truncate()
    file.write(json.dumps(asdict(who), ensure_ascii=False))
    file.flush()


def _read(file: TextIO) -> Holder:
    """What the holder signed; it may be signing at this very moment."""
    file.seek(0)
    try:
        return Holder(**json.loads(file.read()))
    except (json.JSONDecodeError, TypeError):
        return Holder("traitement", 0, datetime.now(PARIS).replace(tzinfo=None).isoformat(timespec="seconds"))
