"""The guard of the published file, attacked directly: what it refuses would have answered without it."""

import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

DEADLINE = 1.0


@pytest.fixture(scope="module")
def guard(project: Path) -> ModuleType:
    """The module, read from its file: superset/ is no package."""
    path = project / "superset" / "duckdb_guard.py"
    spec = importlib.util.spec_from_file_location("duckdb_guard", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("publication") / "observatoire.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.t as select range as n, 'a' || range as nom from range(100000)")
    return path


@pytest.fixture(scope="module", autouse=True)
def awake(guard: ModuleType, published: Path) -> None:
    """The first statement of a process loads what the others find loaded: it is not timed."""
    guard.Guard(published, seconds=60).connect().cursor().execute("select 1")


@pytest.fixture
def cursor(guard: ModuleType, published: Path) -> Iterator[object]:
    connection = guard.Guard(published, seconds=DEADLINE).connect()
    yield connection.cursor()
    connection.close()


FAMILIES = {
    "lecture d'un fichier": [
        "select * from read_text('{secret}')",
        "select * from read_blob('{secret}')",
        "select * from read_csv('{secret}')",
        "select * from read_json('{secret}')",
        "select * from glob('/*')",
        "select * from sniff_csv('{secret}')",
        "from '{secret}'",
        "select (select content from read_text('{secret}'))",
        "with x as (from read_text('{secret}')) from x",
        "select * from query('select 1')",
        "select * from query_table('{secret}')",
    ],
    "son propre fichier": [
        "select size from read_blob('{own}')",
        "from '{own}'",
        'from "{own}"',
        "from read_duckdb('{own}', table_name = 't')",
        "summarize '{own}'",
        "describe '{own}'",
        "select * from pragma_storage_info('marts.t')",
        "select * from duckdb_databases()",
        "select * from pragma_database_list",
    ],
    "autre chose qu'une lecture": [
        "prepare q as select size from read_blob('{own}')",
        "execute q",
        "explain select 1",
        "explain analyze select 1",
        "pragma database_list",
        "call pragma_version()",
        "checkpoint",
        "vacuum",
        "use marts",
        "insert into marts.t values (1, 'b')",
        "create table marts.u as select 1",
        "drop table marts.t",
        "begin; select 1",
    ],
    "plusieurs instructions": [
        "select 1; select 2",
        "select 1; drop table marts.t",
        "select 1 /* ; */ ; set threads = 64",
    ],
    "réglages": [
        "set memory_limit = '100GB'",
        "reset lock_configuration",
        "set enable_external_access = true",
        "select current_setting('memory_limit')",
        "select * from duckdb_settings()",
        "select * from duckdb_settings",
        "select getvariable('x')",
        "select * from pg_catalog.pg_settings",
        "select * from duckdb_secrets()",
    ],
    "autre base ou extension": [
        "attach '{own}' as autre",
        "copy marts.t to '{secret}'",
        "export database '/tmp'",
        "install httpfs",
        "load httpfs",
        "create secret (type s3)",
        "detach observatoire",
    ],
    "journaux et état du moteur": [
        "select * from enable_logging()",
        "select * from enable_profiling()",
        "select * from duckdb_logs()",
        "select write_log('x')",
        "select * from json_execute_serialized_sql('{{}}')",
        "select nextval('s')",
        "select sleep_ms(10000)",
        "select pg_sleep(10)",
    ],
    "constante qui explose": [
        "select sum(x) from (select unnest(range(100000000)) as x)",
        "select length(repeat('a', 2000000000))",
        "select length(lpad('a', 2000000000, 'b'))",
        "select length(rpad('a', 10 * 200000000, 'b'))",
        "select list_resize([1], 1000000000)",
        "select printf('%2000000000d', 1)",
        "select format('{{:2000000000d}}', 1)",
        "select bitstring('01', 2000000000)",
        "select generate_series(1, 1000000000)",
        "select replace(replace(replace('a', 'a', '{letters}'), 'a', '{letters}'), 'a', '{letters}')",
        "select bin(bin(bin(bin(bin('a')))))",
        "select list_reduce(['a', 'a', 'a'], lambda x, y: x || x || y)",
        "select list_transform([1], x -> list_transform([1], y -> list_transform([1], z -> z)))",
    ],
}
ATTACKS = [(family, attack) for family, attacks in FAMILIES.items() for attack in attacks]

READINGS = [
    "select count(*) from marts.t",
    "select count(*) from observatoire.marts.t;",
    "with a as (select n from marts.t where n < 3) select * from a order by n desc",
    "with recursive r as (select 1 as n union all select n + 1 from r where n < 5) select max(n) from r",
    "from marts.t limit 3",
    "values (1), (2)",
    "describe marts.t",
    "show tables",
    "summarize marts.t",
    "select n, row_number() over (order by n) as rang from marts.t qualify rang < 3",
    "pivot (select n % 2 as parite, n from marts.t) on parite in (0, 1) using count(*)",
    "select * from range(3)",
    "select table_name from information_schema.tables",
    "select table_name from duckdb_tables()",
    "select lpad(nom, 9, '0'), printf('%.1f', n / 3), format('{:,}', n) from marts.t limit 1",
    "select list_transform([1, 2], x -> x + 1)",
    "select replace(replace(replace(nom, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') from marts.t limit 1",
    "select count(*) filter (where n > 5), sum(n) from marts.t group by all",
]


@pytest.mark.parametrize(("family", "attack"), ATTACKS)
def test_attack_is_refused_in_french(
    guard: ModuleType, cursor: object, published: Path, tmp_path: Path, family: str, attack: str
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("mot_de_passe\nouvre-toi\n")
    statement = attack.format(secret=secret, own=published, letters="a" * 100)
    with pytest.raises((guard.StatementRefused, guard.SqlError)) as refusal:
        cursor.execute(statement)
    # Refused before it runs: what has to be interrupted says « Requête arrêtée ».
    assert str(refusal.value).startswith(("Requête refusée", "Erreur de syntaxe SQL")), family


@pytest.mark.parametrize("statement", READINGS)
def test_reading_the_marts_is_allowed(cursor: object, statement: str) -> None:
    cursor.execute(statement)
    assert cursor.fetchall() is not None
    assert cursor.description


def test_the_attacks_would_succeed_without_the_guard(published: Path, tmp_path: Path) -> None:
    """A twin per kind of harm: if these stopped working, the refusals above would prove nothing."""
    secret = tmp_path / "secret.csv"
    secret.write_text("mot_de_passe\nouvre-toi\n")
    with duckdb.connect(str(published), read_only=True) as bare:
        assert "ouvre-toi" in bare.execute(f"select content from read_text('{secret}')").fetchone()[0]
        assert bare.execute(f"select size from read_blob('{published}')").fetchone()[0] > 0
        assert bare.execute("explain select 1").fetchall()
        assert bare.execute("select 1; select 2").fetchall() == [(2,)]
        assert bare.execute("select current_setting('memory_limit')").fetchone()[0]
        bare.execute("set memory_limit = '100GB'")
        bare.execute(f"copy (select 1) to '{tmp_path / 'sortie.csv'}'")
        assert (tmp_path / "sortie.csv").exists()
        assert bare.execute("select length(repeat('a', 1000000))").fetchone() == (1_000_000,)


def test_the_engine_refuses_files_even_if_the_check_let_them_pass(guard: ModuleType, published: Path) -> None:
    raw = guard.Guard(published, seconds=DEADLINE).connect().raw
    with pytest.raises(duckdb.Error):
        raw.execute("select * from read_text('/etc/hostname')").fetchall()
    with pytest.raises(duckdb.Error):
        raw.execute("set enable_external_access = true")
    with pytest.raises(duckdb.Error):
        raw.execute("create table marts.u as select 1")
    raw.close()


def test_a_long_query_is_interrupted_with_a_clear_message(guard: ModuleType, cursor: object) -> None:
    start = time.monotonic()
    with pytest.raises(guard.DeadlineExceeded, match="délai de 1 secondes"):
        cursor.execute("select count(*) from marts.t a, marts.t b, marts.t c where a.n + b.n > c.n")
    assert time.monotonic() - start < DEADLINE + 2
    cursor.execute("select 1")
    assert cursor.fetchall() == [(1,)]


def test_memory_is_bounded_by_the_engine(guard: ModuleType, published: Path) -> None:
    connection = guard.Guard(published, seconds=30, memory_limit="50MB").connect()
    with pytest.raises(duckdb.OutOfMemoryException):
        cursor = connection.cursor()
        cursor.execute("select list(nom || n || repeat) from marts.t, range(200) r(repeat)")
        cursor.fetchall()
    connection.close()


def test_a_process_that_a_constant_would_fill_lives_on(project: Path) -> None:
    """Folding obeys neither `memory_limit` nor an interruption: the last layer is the limit of the process."""
    program = (
        "import duckdb, duckdb_guard; duckdb_guard.limit_process_memory(600); c = duckdb.connect()\n"
        "try: c.execute(\"select length(repeat('a', 1500000000))\").fetchall()\n"
        "except duckdb.OutOfMemoryException: print('refusé')\n"
        "print(c.execute('select 42').fetchone()[0])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=project / "superset", capture_output=True, text=True)
    assert done.stdout.split() == ["refusé", "42"], done.stderr


def test_only_the_published_file_can_be_opened(guard: ModuleType, published: Path) -> None:
    class Uri:
        drivername, database = "duckdb", "/etc/autre.duckdb"

    with pytest.raises(guard.StatementRefused, match="seule la base publiée"):
        guard.Guard(published, seconds=DEADLINE).mutate(Uri(), {}, "analyste", None, None)


def test_a_publication_is_seen_while_an_old_connection_is_open(guard: ModuleType, tmp_path: Path) -> None:
    link = tmp_path / "observatoire.duckdb"
    for version in ("v1", "v2"):
        with duckdb.connect(str(tmp_path / f"{version}.duckdb")) as connection:
            connection.execute(f"create table t as select '{version}' as version")
    link.symlink_to("v1.duckdb")
    old = guard.Guard(link, seconds=DEADLINE).connect()
    (tmp_path / "lien").symlink_to("v2.duckdb")
    (tmp_path / "lien").replace(link)
    new = guard.Guard(link, seconds=DEADLINE).connect()
    for connection, version in ((old, "v1"), (new, "v2")):
        cursor = connection.cursor()
        cursor.execute("select version from t")
        assert cursor.fetchall() == [(version,)]
        connection.close()


def test_the_version_kept_open_is_let_go_at_the_next_publication(guard: ModuleType, tmp_path: Path) -> None:
    """A new connection reads the new version while an older one is in use; then nothing holds the old file."""
    link, reader = tmp_path / "observatoire.duckdb", guard.Guard(tmp_path / "observatoire.duckdb", seconds=DEADLINE)
    seen, connections = [], []
    for number in (1, 2):
        version = tmp_path / f"v{number}.duckdb"
        with duckdb.connect(str(version)) as connection:
            connection.execute(f"create table t as select {number} as n")
        link.unlink(missing_ok=True)
        link.symlink_to(version.name)
        connections.append(reader.connect())
        cursor = connections[-1].cursor()
        cursor.execute("select n from t")
        seen.append(cursor.fetchone())
    assert seen == [(1,), (2,)]
    connections[0].close()
    held = {str(path.resolve()) for path in Path("/proc/self/fd").iterdir()}
    assert str(tmp_path / "v1.duckdb") not in held and str(tmp_path / "v2.duckdb") in held
    connections[1].close()
