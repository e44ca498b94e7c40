"""The deployment that `superset/deploiement/` describes, started whole for a test: its very files, other places.

PostgreSQL and Redis on sockets of a private folder, Superset by the commands of its systemd unit, nginx by its server
block on two free ports of 127.0.0.1 with a certificate of its own. Nothing outlives the test.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.browser.superset_server import PROJECT, Superset, free_port

DEPLOYMENT = PROJECT / "superset" / "deploiement"
DOMAIN = "observatoire.example.org"
START_SECONDS, STOP_SECONDS = 180, 20
POSTGRESQL_BINARIES = "/usr/lib/postgresql/*/bin"
NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/corps;
    proxy_temp_path {folder}/proxy;
    include {folder}/observatoire.conf;
}}
"""


def rendered(name: str, places: dict[str, str]) -> str:
    """Return a file of the deployment with other places in it, each of which it must name."""
    text = (DEPLOYMENT / name).read_text("utf-8")
    for there, here in places.items():
        assert there in text, f"{name} ne nomme pas {there}"
        text = text.replace(there, here)
    return text


def settings(text: str) -> dict[str, list[str]]:
    """Return the settings of a unit or of an environment file: each may be given several times."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, sign, value = line.partition("=")
        if sign and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def run(*command: str | Path, user: str | None = None, stdin: str | None = None) -> str:
    """Run a command to its end, as another user when asked; return what it said."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, user=user, group=user, cwd="/")
    assert done.returncode == 0, f"{command} : {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@contextmanager
def _running(
    command: Sequence[str | Path], log: Path, user: str | None = None, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen]:
    with log.open("ab") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, user=user, group=user, env=env, cwd="/")
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT if "postgres" in str(command[0]) else signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(path: Path, process: subprocess.Popen, log: Path) -> None:
    """Wait until a server has made its socket."""
    end = time.monotonic() + START_SECONDS
    while not path.exists():
        assert process.poll() is None and time.monotonic() < end, log.read_text("utf-8")[-3000:]
        time.sleep(0.05)


def _binary(name: str) -> str:
    folders = [os.environ["PATH"], *map(str, sorted(Path("/").glob(POSTGRESQL_BINARIES[1:]), reverse=True))]
    found = shutil.which(name, path=":".join([*folders, "/usr/sbin"]))
    assert found, f"Il manque {name} : sudo apt-get install postgresql redis-server nginx-light"
    return found


@dataclass
class Site:
    """The running deployment: its home, its folder, its addresses; `superset` is signed in through nginx."""

    home: Path
    folder: Path
    https_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    _superset: ExitStack = field(default_factory=ExitStack)

    @property
    def superset(self) -> Superset:
        return Superset(f"https://127.0.0.1:{self.https_port}", self.home)

    @property
    def certificate(self) -> Path:
        return self.folder / "fullchain.pem"

    @property
    def certificate_digest(self) -> str:
        """The digest of its public key, by which a browser trusts it."""
        key = run("openssl", "x509", "-in", self.certificate, "-noout", "-pubkey")
        body = "".join(line for line in key.splitlines() if "-----" not in line)
        return b64encode(sha256(b64decode(body)).digest()).decode()

    @property
    def environment(self) -> dict[str, str]:
        """The environment file of the deployment."""
        places = {
            "/srv/observatoire-donnees": str(self.home),
            "/run/postgresql": str(self.folder / "postgresql"),
            "/run/redis/": f"{self.folder}/",
            "/run/observatoire/": f"{self.folder}/",
        }
        return {name: value for name, (value,) in settings(rendered("observatoire.env", places)).items()}

    def sql(self, query: str, role: str = "observatoire", base: str = "observatoire") -> list[str]:
        """Run SQL on the metadata; return its lines."""
        said = run(*self._postgresql("psql"), "-U", role, "-d", base, "-v", "ON_ERROR_STOP=1", "-Atq", stdin=query)
        return said.splitlines()

    def dump(self, path: Path) -> None:
        """Save the metadata as the guide says."""
        run(*self._postgresql("pg_dump"), "-U", "postgres", "-Fc", "-f", path, "observatoire")

    def restore(self, path: Path) -> None:
        """Restore the metadata as the guide says, into a base made again."""
        self.sql("drop database observatoire; drop role observatoire;", "postgres", "postgres")
        self.create_base()
        into = ["--role=observatoire", "-d", "observatoire"]
        run(*self._postgresql("pg_restore"), "-U", "postgres", "--exit-on-error", *into, path)

    def create_base(self) -> None:
        """Create role and base as the guide says."""
        self.sql((DEPLOYMENT / "postgresql.sql").read_text("utf-8"), "postgres", "postgres")

    def redis(self, *words: str) -> list[str]:
        """Send a command to Redis; return its lines."""
        return run(_binary("redis-cli"), "-s", self.folder / "redis-server.sock", *words).splitlines()

    def _postgresql(self, name: str) -> list[str | Path]:
        return [_binary(name), "-h", self.folder / "postgresql"]

    def start_superset(self) -> None:
        """Prepare and serve as the unit does; return when it tells systemd that it is ready."""
        places = {"/srv/observatoire-donnees": str(self.home), "/srv/observatoire/": f"{PROJECT}/"}
        unit = settings(rendered("observatoire-superset.service", places))
        assert unit["Type"] == ["notify"]
        env = os.environ | self.environment | {"PYTHONPATH": str(PROJECT), "NOTIFY_SOCKET": f"{self.folder}/pret"}
        log = self.folder / "superset.log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            (self.folder / "pret").unlink(missing_ok=True)
            ready.bind(env["NOTIFY_SOCKET"])
            ready.settimeout(START_SECONDS)
            for command in unit["ExecStartPre"]:
                self.prepare(command.split(), env)
            self._superset.enter_context(_running(unit["ExecStart"][0].split(), log, env=env))
            while b"READY=1" not in ready.recv(4096):
                pass

    def prepare(self, command: Sequence[str], env: dict[str, str] | None = None) -> None:
        """Run a command of the project with the environment of the deployment."""
        env = env or os.environ | self.environment | {"PYTHONPATH": str(PROJECT)}
        done = subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def stop_superset(self) -> None:
        self._superset.close()


@contextmanager
def deployed(home: Path) -> Iterator[Site]:
    """Start everything on a home that has a publication; stop everything at the end."""
    with tempfile.TemporaryDirectory(prefix="observatoire-") as name, ExitStack() as stack:
        site = Site(home, Path(name))
        site.folder.chmod(0o711)
        stack.enter_context(_postgresql(site))
        stack.enter_context(_redis(site))
        site.create_base()
        stack.callback(site.stop_superset)
        site.start_superset()
        stack.enter_context(_nginx(site))
        yield site


@contextmanager
def _postgresql(site: Site) -> Iterator[None]:
    """A cluster of the test's own, on a socket only: PostgreSQL refuses to run as root."""
    user = "postgres" if os.getuid() == 0 else None
    folder, log = site.folder / "postgresql", site.folder / "postgresql.log"
    folder.mkdir(mode=0o700)
    if user:
        shutil.chown(folder, user)
    data = folder / "donnees"
    run(_binary("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", user=user)
    options = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with _running([_binary("postgres"), "-D", data, *options], log, user) as process:
        _wait(folder / ".s.PGSQL.5432", process, log)
        while subprocess.run([_binary("pg_isready"), "-q", "-h", folder]).returncode:
            assert process.poll() is None, log.read_text("utf-8")
            time.sleep(0.05)
        yield


@contextmanager
def _redis(site: Site) -> Iterator[None]:
    configuration, log = site.folder / "redis.conf", site.folder / "redis.log"
    configuration.write_text(rendered("redis.conf", {"/run/redis/": f"{site.folder}/"}), "utf-8")
    with _running([_binary("redis-server"), configuration, "--dir", site.folder], log) as process:
        _wait(site.folder / "redis-server.sock", process, log)
        yield


@contextmanager
def _nginx(site: Site) -> Iterator[None]:
    folder, log = site.folder, site.folder / "nginx.log"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", folder / "privkey.pem", "-out", site.certificate]
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files)
    configuration = _write_nginx(site)
    run(_binary("nginx"), "-t", "-c", configuration)
    with _running([_binary("nginx"), "-c", configuration], log) as process:
        with socket.socket() as knock:
            while knock.connect_ex(("127.0.0.1", site.http_port)):
                assert process.poll() is None, log.read_text("utf-8")
                time.sleep(0.05)
        yield


def _write_nginx(site: Site) -> Path:
    """Write the server block with this site's places and the least configuration around it; return the latter."""
    folder = site.folder
    https, http = f"127.0.0.1:{site.https_port}", f"127.0.0.1:{site.http_port}"
    places = {
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen {http};",
        "listen 443 ssl": f"listen {https} ssl",
        "https://$server_name$request_uri": f"https://{https}$request_uri",
        DOMAIN: "127.0.0.1",
        "/etc/ssl/observatoire": str(folder),
        "/var/lib/nginx/observatoire": f"{folder}/statique",
        "/run/observatoire/": f"{folder}/",
    }
    (folder / "observatoire.conf").write_text(rendered("nginx.conf", places), "utf-8")
    user = "user root;" if os.getuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, user=user), "utf-8")
    return configuration
