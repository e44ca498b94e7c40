"""The launcher: clear when it can't start, nothing left behind when it stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration import up

ROOT = Path(__file__).parents[2]
# A server with a child of its own, which ignores polite requests.
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


def server(tmp_path: Path, code: str, **options: object) -> up.Server:
    """A server made of a few words of Python."""
    return up.Server("essai", [sys.executable, "-c", code], tmp_path / "journaux" / "essai.log", **options)


def is_alive(pid: int) -> bool:
    """Whether a process still works (a zombie does not)."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_taken_port_is_refused_in_french_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(up.Refusal, match=f"Le port {port} est déjà pris : essai"):
            up.check_ports([server(tmp_path, "", port=port)])
    up.check_ports([server(tmp_path, "", port=port)])


def test_whole_process_group_is_stopped_even_when_it_resists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "STOP_SECONDS", 0.5)
    stubborn = server(tmp_path, STUBBORN)
    with up.serving([stubborn]) as (process,):
        while not stubborn.log.read_text():
            time.sleep(0.05)
        pids = [process.pid, int(stubborn.log.read_text())]
        assert all(is_alive(pid) for pid in pids)
    deadline = time.monotonic() + 10
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(is_alive(pid) for pid in pids)


def test_server_that_dies_stops_the_launcher_with_its_last_words(tmp_path: Path) -> None:
    dying = server(tmp_path, "import sys; sys.exit('plus de mémoire')", probe="http://127.0.0.1:9/")
    with pytest.raises(up.Refusal, match="plus de mémoire"), up.serving([dying]):
        pytest.fail("a dead server is not ready")


def test_servers_stop_when_the_launcher_is_killed(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("seul Linux arrête les serveurs d'un lanceur tué sans ménagement")
    script = (
        "import sys, time; from pathlib import Path; from orchestration import up\n"
        "s = up.Server('essai', [sys.executable, '-c', 'import time; time.sleep(60)'], Path(sys.argv[1]) / 'j' / 'l')\n"
        "with up.serving([s]) as (p,):\n    print(p.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as launcher:
        assert launcher.stdout
        pid = int(launcher.stdout.readline())
        os.kill(launcher.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)
