"""A Superset of the test's own: prepared and served from the locked runtime, on a free port, for one home."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from orchestration.chromium import password_of

PROJECT = Path(__file__).parents[2]
PYTHON = PROJECT / ".venv-superset" / "bin" / "python"
START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Superset:
    """A running server: its address, its home."""

    url: str
    home: Path

    def password(self, login: str) -> str:
        """Return the drawn password of a demonstration account."""
        password = password_of(self.home, login)
        assert password, f"pas de mot de passe pour {login}"
        return password


def _environment(home: Path, port: int, **more: str) -> dict[str, str]:
    return os.environ | {"OBSERVATOIRE_HOME": str(home), "SUPERSET_PORT": str(port)} | more


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare(home: Path, tree: Path = PROJECT / "superset") -> None:
    """Run the preparation of a home from the project's superset/, or another."""
    command = [PYTHON, tree / "prepare.py"]
    done = subprocess.run(command, env=_environment(home, 0), cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def _prepare_once(home: Path) -> None:
    """Prepare a home unless another worker of this run did: doing it again would empty the answers that it serves."""
    worker_of = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    marker, mine = home / "superset.prepare", f"{worker_of} {home.resolve()}"
    if worker_of and marker.exists() and marker.read_text("utf-8") == mine:
        return
    prepare(home)
    marker.write_text(mine, "utf-8")


def _wait_until_healthy(url: str, server: subprocess.Popen) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, "Superset s'est arrêté au démarrage"
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
    raise AssertionError(f"Superset ne répond pas après {START_SECONDS} s")


@contextmanager
def running(home: Path, **environment: str) -> Iterator[Superset]:
    """Prepare and serve a home that has a publication; who else asks for the same home meanwhile waits."""
    with FileLock(home / "superset.verrou"):
        _prepare_once(home)
    with serving(home, **environment) as server:
        yield server


@contextmanager
def serving(home: Path, **environment: str) -> Iterator[Superset]:
    """Serve a home that is prepared, and stop the server with all its workers at the end."""
    port = free_port()
    log = (home / "superset" / "serveur.log").open("w")
    command = [PYTHON, PROJECT / "superset" / "serve.py"]
    server = subprocess.Popen(
        command,
        env=_environment(home, port, **environment),
        cwd=PROJECT,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url, server)
        yield Superset(url, home)
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        log.close()
