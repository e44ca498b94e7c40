"""One treatment at a time, and never a lock left behind by the dead."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from orchestration import lock

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from orchestration import lock
with lock.hold(Path(sys.argv[1]), "nuit"):
    print("tenu", flush=True)
    time.sleep(60)
"""


def hold_elsewhere(home: Path) -> "subprocess.Popen[bytes]":
    """Another process that holds the lock until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout and process.stdout.readline() == b"tenu\n"
    return process


def test_second_starter_is_told_who_works_and_gives_up(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path) as process:
        heard: list[str] = []
        refusal = pytest.raises(lock.Busy, match=f"« nuit », processus {process.pid}")
        with refusal, lock.hold(tmp_path, "make run", patience=0.6, say=heard.append):
            pytest.fail("two treatments at once")
        assert len(heard) == 1 and "attente" in heard[0] and str(process.pid) in heard[0]
        process.kill()


def test_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path) as process:
        assert lock.holder(tmp_path) == lock.holder(tmp_path) is not None
        os.kill(process.pid, signal.SIGKILL)
    assert lock.holder(tmp_path) is None
    with lock.hold(tmp_path, "make run", patience=0):
        assert lock.holder(tmp_path).nom == "make run"
    assert lock.holder(tmp_path) is None


def test_waiting_starter_works_as_soon_as_the_first_has_done(tmp_path: Path) -> None:
    order: list[str] = []

    def first() -> None:
        with lock.hold(tmp_path, "premier"):
            order.append("premier")
            time.sleep(0.7)
            order.append("premier fini")

    thread = threading.Thread(target=first)
    thread.start()
    while not order:
        time.sleep(0.01)
    with lock.hold(tmp_path, "second", patience=10, say=lambda message: None):
        order.append("second")
    thread.join()
    assert order == ["premier", "premier fini", "second"]


def test_nobody_holds_a_lock_that_never_was(tmp_path: Path) -> None:
    assert lock.holder(tmp_path / "absent") is None
