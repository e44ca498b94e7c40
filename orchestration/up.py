"""`make up`: run the night once, load the dashboards, then serve Superset and Dagster until Ctrl-C.

`python -m orchestration.up` [--sans-traitement] [--port-superset N] [--port-dagster N]
Every server is a process group of its own: it is stopped politely, then by force, with all its children.
"""

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration import job, publication, tableaux
from orchestration.dbt_child import PR_SET_PDEATHSIG
from orchestration.instance import prepare_home
from orchestration.settings import PROJECT, Settings

HOST = "127.0.0.1"
START_SECONDS = 180
STOP_SECONDS = 15
POLL_SECONDS = 0.5


class Refusal(Exception):
    """The servers can't start, or one of them stopped; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process to keep running: `probe` answers 200 when it is ready (None: as soon as it runs)."""

    nom: str
    command: Sequence[str]
    log: Path
    port: int | None = None
    probe: str | None = None


def main() -> None:
    """Prepare, serve, stop."""
    arguments = _arguments()
    settings = Settings.from_env()
    job.stop_on_sigterm()
    prepare_home(settings)
    servers = _servers(settings, arguments)
    try:
        check_ports(servers)
        if not arguments.sans_traitement:
            _run_once(settings)
        _prepare_superset(settings)
        with serving(servers) as processes:
            _announce(settings, arguments)
            wait(servers, processes)
    except Refusal as refusal:
        sys.exit(f"{refusal}")
    except KeyboardInterrupt:
        print("\nArrêté.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.up", description="Traite, puis sert les tableaux de bord."
    )
    parser.add_argument("--sans-traitement", action="store_true", help="sert ce qui est déjà publié")
    parser.add_argument("--port-superset", type=int, default=8088)
    parser.add_argument("--port-dagster", type=int, default=3000)
    return parser.parse_args()


def _servers(settings: Settings, arguments: argparse.Namespace) -> list[Server]:
    logs = settings.home / "journaux"
    bin_folder, code = Path(sys.executable).parent, ["-m", "orchestration.definitions", "-d", str(PROJECT)]
    dagster, superset = arguments.port_dagster, arguments.port_superset
    webserver = [str(bin_folder / "dagster-webserver"), "-h", HOST, "-p", str(dagster), *code]
    daemon = [str(bin_folder / "dagster-daemon"), "run", *code]
    os.environ["SUPERSET_PORT"] = str(superset)
    return [
        Server("Superset", _superset("serve.py"), logs / "superset.log", superset, f"http://{HOST}:{superset}/health"),
        Server("Dagster", webserver, logs / "dagster.log", dagster, f"http://{HOST}:{dagster}/server_info"),
        Server("le veilleur de Dagster", daemon, logs / "veilleur.log"),
    ]


def _superset(script: str) -> list[str]:
    return [str(PROJECT / tableaux.PYTHON), str(PROJECT / "superset" / script)]


def _run_once(settings: Settings) -> None:
    """Run the night; when it fails, what was published before is still worth serving."""
    code = subprocess.run([sys.executable, "-m", "orchestration.run", "--tableaux"], cwd=PROJECT).returncode
    if code and not publication.link_of(settings.home).exists():
        raise Refusal("Le premier traitement a échoué : il n'y a rien à servir.")


def _prepare_superset(settings: Settings) -> None:
    try:
        tableaux.prepare(settings.home, settings.metadonnees)
    except tableaux.NotPrepared as refusal:
        raise Refusal(str(refusal)) from refusal


def check_ports(servers: Sequence[Server]) -> None:
    """Raise `Refusal` when a port is taken, before anything long begins."""
    for server in servers:
        if server.port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, server.port))
            except OSError as error:
                message = f"Le port {server.port} est déjà pris : {server.nom} ne peut pas y être servi. "
                raise Refusal(message + "Arrêtez le programme qui l'occupe, puis recommencez.") from error


@contextmanager
def serving(servers: Sequence[Server]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Start the servers, wait until each answers, and stop them all at the end, however it comes."""
    with ExitStack() as stack:
        processes = [stack.enter_context(_running(server)) for server in servers]
        deadline = time.monotonic() + START_SECONDS
        while not all(_is_ready(server) for server in servers):
            _check_alive(servers, processes)
            if time.monotonic() > deadline:
                raise Refusal(f"Un serveur ne répond pas après {START_SECONDS} s : voyez {servers[0].log.parent}.")
            time.sleep(POLL_SECONDS)
        yield processes


@contextmanager
def _running(server: Server) -> Iterator["subprocess.Popen[bytes]"]:
    server.log.parent.mkdir(parents=True, exist_ok=True)
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            server.command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_stop_with_parent,
        )
        try:
            yield process
        finally:
            _stop(process)


def _stop_with_parent() -> None:
    """Should this launcher be killed without ceremony, its servers stop too; only Linux knows how."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask the whole group to stop, then make it."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _is_ready(server: Server) -> bool:
    if server.probe is None:
        return True
    try:
        with urllib.request.urlopen(server.probe, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _check_alive(servers: Sequence[Server], processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    for server, process in zip(servers, processes, strict=True):
        if process.poll() is not None:
            end = server.log.read_text("utf-8", "replace").splitlines()[-15:]
            raise Refusal("\n".join([f"{server.nom} s'est arrêté (journal : {server.log}) :", *end]))


def _announce(settings: Settings, arguments: argparse.Namespace) -> None:
    print(
        f"\nTableaux de bord : http://{HOST}:{arguments.port_superset}"
        f"\nTraitements      : http://{HOST}:{arguments.port_dagster}"
        f"\nComptes et mots de passe : {settings.home / 'superset' / 'identifiants.csv'}"
        f"\nDépôt des fichiers : {settings.depot}/<source>/"
        "\nCtrl-C pour arrêter.",
        flush=True,
    )


def wait(servers: Sequence[Server], processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Wait for Ctrl-C; raise `Refusal` when a server stops by itself."""
    while True:
        _check_alive(servers, processes)
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
