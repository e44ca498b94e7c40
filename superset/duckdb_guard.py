"""The only door between Superset and the published DuckDB file: read-only, one SELECT-like statement, bounded in time.

Superset reaches a database in SQL Lab, charts, samples, exports and metadata; all of them go through the connection
that `Guard.mutate` (Superset's `DB_CONNECTION_MUTATOR`) returns. Four layers, each useful when another one fails:

1. the engine is opened read-only, without files, extensions or network, and its configuration is locked;
2. each statement is parsed by DuckDB itself (`json_serialize_sql` serialises SELECT-like statements and refuses all
   others), so there is no gap between the dialect that is checked and the one that runs; its tree is then walked:
   table functions must be known harmless, tables must have plain names (a quoted path is a file), functions that read
   the machine are refused, and so are those that build a huge value out of a small constant;
3. a thread interrupts what runs longer than the deadline, or makes the process too large: some aggregates keep what
   they count outside the memory that the engine bounds;
4. `limit_process_memory` bounds the process, because a constant expression that the planner folds obeys neither
   `memory_limit` nor an interruption.

What the engine itself refuses is told in French, without the values it met: an error must not show a row that
row-level security hides.
"""

import json
import math
import os
import re
import resource
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

LONGEST_STATEMENT = 200_000
LONGEST_PADDING = 1_000
LARGEST_GROWTH = 10_000
DEEPEST_LAMBDA = 2
WATCH_SECONDS = 0.1
INTERRUPTED_AT = 0.6  # share of the process's limit from which what runs is interrupted

# Table functions that read nothing but their arguments, and the four that the SQLAlchemy inspector needs.
TABLE_FUNCTIONS = frozenset(
    [
        "range",
        "generate_series",
        "unnest",
        "json_each",
        "json_tree",
        "duckdb_tables",
        "duckdb_views",
        "duckdb_columns",
        "duckdb_schemas",
        "duckdb_constraints",
        "duckdb_indexes",
    ]
)
SYSTEM_VIEWS = frozenset(["duckdb_tables", "duckdb_views", "duckdb_columns", "duckdb_schemas", "duckdb_types"])
PRIVATE_VIEWS = re.compile(r"^(duckdb_|pragma_)|^pg_(settings|prepared_statements)$")

# Scalars that tell about the machine, keep state or run text as SQL.
FORBIDDEN_FUNCTIONS = frozenset(
    [
        "current_setting",
        "getenv",
        "getvariable",
        "write_log",
        "nextval",
        "currval",
        "sleep_ms",
        "pg_sleep",
        "get_block_size",
        "combine",
        "finalize",
        "json_serialize_plan",
        "json_serialize_sql",
        "json_deserialize_sql",
        "json_execute_serialized_sql",
        "query",
        "query_table",
        "which_secret",
        "pg_conf_load_time",
        "pg_postmaster_start_time",
    ]
)
FORBIDDEN_PREFIXES = ("read_", "pragma_", "duckdb_", "parquet_", "sniff_", "arrow_scan", "pandas_scan")
# Scalars whose result can be as long as a number in their arguments: folded while planning, nothing stops them.
GROWING_FUNCTIONS = frozenset(
    [
        "range",
        "generate_series",
        "repeat",
        "list_resize",
        "array_resize",
        "bitstring",
        "equi_width_bins",
        "generate_subscripts",
        "list_reduce",
        "array_reduce",
        "reduce",
    ]
)
# How many times longer than its argument a result can be; nested, these multiply.
GROWTH = {
    **dict.fromkeys(("hex", "to_hex", "base64", "to_base64"), 2),
    **dict.fromkeys(("to_json", "json_quote", "array_to_json", "row_to_json"), 2),
    **dict.fromkeys(("bin", "to_binary"), 8),
    "url_encode": 3,
}
REPLACING_FUNCTIONS = frozenset(("replace", "regexp_replace"))
UNKNOWN_GROWTH = 100
PADDING_FUNCTIONS = frozenset(("lpad", "rpad"))
FORMATTING_FUNCTIONS = frozenset(("printf", "format"))

PLAIN_NAME = re.compile(r"^\w[\w -]*$")
WIDE_FORMAT = re.compile(r"\d{4}|\*")
TRANSACTION_WORDS = frozenset(("commit", "rollback", "begin"))


class StatementRefused(duckdb.PermissionException):
    """The statement is not one harmless SELECT; the message is for the person who wrote it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Requête refusée : {reason}")


class DeadlineExceeded(duckdb.OperationalError):
    """The statement ran longer than the deadline and was interrupted."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Requête arrêtée : elle a dépassé le délai de {seconds:g} secondes. "
            "Ajoutez un filtre ou agrégez les données."
        )


class MemoryExceeded(duckdb.OutOfMemoryException):
    """The statement asked for more memory than it may have."""

    def __init__(self) -> None:
        super().__init__(
            "Requête arrêtée : elle demande plus de mémoire qu’il n’est permis. "
            "Ajoutez un filtre ou agrégez les données."
        )


class SqlError(duckdb.ProgrammingError):
    """The engine could not run the statement; the message says why in French, without any value of a row."""


IN_FRENCH = (StatementRefused, DeadlineExceeded, MemoryExceeded, SqlError)
# What an analyst meets most; \1 is the name that the engine complains about.
ENGINE_WORDS = (
    (r'syntax error at or near "([^"]*)"', r"Erreur de syntaxe SQL près de « \1 »."),
    (r"syntax error at end of input", r"Erreur de syntaxe SQL : il manque la fin."),
    (r"(?:Table|View|Table or view) with name (\S+) does not exist", r"la table « \1 » n’existe pas."),
    (r"Function with name \"?(\w+)\"? does not exist", r"la fonction « \1 » n’existe pas."),
    (r'Referenced column "([^"]*)" (?:not found|was not found)', r"la colonne « \1 » n’existe pas."),
    (r'Table "([^"]*)" does not have a column', r"la table « \1 » n’a pas cette colonne."),
    (r'Referenced table "([^"]*)" not found', r"la table « \1 » ne figure pas dans le FROM."),
    (r'Ambiguous reference to column name "([^"]*)"', r"la colonne « \1 » est ambiguë : préfixez-la par sa table."),
    (r'column "([^"]*)" must appear in the GROUP BY', r"la colonne « \1 » doit figurer dans le GROUP BY."),
    (r"No function matches the given name and argument types '(\w+)", r"« \1 » n’accepte pas ces types d’arguments."),
    (r"^Conversion Error", r"une valeur ne peut pas être convertie dans le type demandé."),
    (r"^Out of Range Error", r"une valeur dépasse ce que son type peut contenir."),
    (r"^Invalid Input Error", r"une valeur n’est pas acceptée par cette fonction."),
)


def engine_error(error: Exception) -> Exception:
    """Return the exception to raise in place of the engine's."""
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return MemoryExceeded()
    words = str(error)
    for pattern, french in ENGINE_WORDS:
        found = re.search(pattern, words, re.DOTALL)
        if found:
            told = found.expand(french)
            return SqlError(told if told.startswith("Erreur") else f"Erreur SQL : {told}")
    return SqlError("Erreur SQL : le moteur n’a pas pu exécuter cette requête.")


def _nodes(tree: Any) -> Iterator[tuple[dict, int, int]]:
    """Yield every object of a serialised statement, how many functions with a lambda are around it, and how many times
    longer than it a constant made of it can be.
    """
    todo = [(tree, 0, 1)]
    while todo:
        node, lambdas, growth = todo.pop()
        if isinstance(node, list):
            todo.extend((child, lambdas, growth) for child in node)
        elif isinstance(node, dict):
            if "function_name" in node:
                lambdas += any(child.get("type") == "LAMBDA" for child in node.get("children") or [])
                growth *= 1 if _reads_a_column(node) else _growth(node)
            yield node, lambdas, growth
            todo.extend((child, lambdas, growth) for child in node.values())


def _constant(arguments: list[dict], rank: int) -> Any:
    """Return the constant argument at a rank, or None when it is missing, NULL or computed."""
    if len(arguments) <= rank or arguments[rank].get("type") != "VALUE_CONSTANT":
        return None
    return arguments[rank]["value"].get("value")


def _reads_a_column(tree: Any) -> bool:
    """Whether an expression depends on rows: it is then computed while the statement runs, under its bounds."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict) and node.get("type") == "COLUMN_REF":
            return True
        todo.extend(node if isinstance(node, list) else node.values() if isinstance(node, dict) else ())
    return False


def _growth(node: dict) -> int:
    """Return how many times longer than its longest argument the result of a function can be."""
    name = str(node["function_name"]).lower()
    arguments = node.get("children") or []
    if name in REPLACING_FUNCTIONS:
        searched, replacement = _constant(arguments, 1), _constant(arguments, 2)
        if isinstance(searched, str) and isinstance(replacement, str):
            return max(1, math.ceil(len(replacement) / max(1, len(searched))))
        return UNKNOWN_GROWTH
    if name in FORMATTING_FUNCTIONS:
        return max(1, len(re.findall("[{%]", str(_constant(arguments, 0)))))
    return GROWTH.get(name, 1)


def _check_function(node: dict) -> None:
    """Refuse a scalar, aggregate or window function that reads the machine or grows without bound."""
    name = str(node["function_name"]).lower()
    arguments = node.get("children") or []
    if name in FORBIDDEN_FUNCTIONS or name in GROWING_FUNCTIONS or name.startswith(FORBIDDEN_PREFIXES):
        raise StatementRefused(f"la fonction « {name} » n’est pas permise.")
    if name in PADDING_FUNCTIONS:
        width = _constant(arguments, 1)
        if not isinstance(width, int) or width > LONGEST_PADDING:
            raise StatementRefused(
                f"« {name} » n’accepte qu’une longueur écrite en chiffres, {LONGEST_PADDING} au plus."
            )
    if name in FORMATTING_FUNCTIONS:
        pattern = _constant(arguments, 0)
        if not isinstance(pattern, str) or WIDE_FORMAT.search(pattern):
            raise StatementRefused(f"« {name} » n’accepte qu’un format constant, sans largeur démesurée.")


def _check_table_function(function: dict) -> None:
    """Refuse a table function that is not on the list, or that is called through a schema."""
    name = str(function.get("function_name", "")).lower()
    if function.get("schema") or function.get("catalog") or name not in TABLE_FUNCTIONS:
        raise StatementRefused(f"la fonction de table « {name} » n’est pas permise.")


def _check_table(node: dict) -> None:
    """Refuse a table whose name is a path, or that shows the inside of the engine."""
    name = str(node.get("table_name") or "").strip('"')
    if name and not PLAIN_NAME.match(name):
        raise StatementRefused(f"« {name} » n’est pas une table publiée.")
    lowered = name.lower()
    if PRIVATE_VIEWS.search(lowered) and lowered not in SYSTEM_VIEWS:
        raise StatementRefused(f"la vue technique « {name} » n’est pas permise.")


def _parse(connection: duckdb.DuckDBPyConnection, statement: str) -> list[dict]:
    """Return DuckDB's own tree of the statements of a text; only SELECT-like ones have one."""
    if len(statement) > LONGEST_STATEMENT:
        raise StatementRefused("le texte est trop long.")
    (text,) = connection.execute("select json_serialize_sql(?::varchar)", [statement]).fetchone()
    document = json.loads(text)
    if not document.get("error"):
        return document["statements"]
    if document.get("error_type") == "parser":
        raise engine_error(duckdb.ParserException(str(document.get("error_message"))))
    raise StatementRefused("seules les lectures sont permises (SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE).")


def check_statement(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Raise `StatementRefused` unless the text is one SELECT-like statement that stays inside the published tables."""
    statements = _parse(connection, statement)
    if len(statements) != 1:
        raise StatementRefused("une seule instruction à la fois.")
    table_functions = set()
    for node, lambdas, growth in _nodes(statements):
        if lambdas > DEEPEST_LAMBDA:
            raise StatementRefused(f"{DEEPEST_LAMBDA} niveaux de lambda au plus.")
        if growth > LARGEST_GROWTH:
            raise StatementRefused("des fonctions emboîtées allongeraient un texte sans mesure.")
        kind = node.get("type")
        if kind == "TABLE_FUNCTION":
            _check_table_function(node.get("function") or {})
            table_functions.add(id(node.get("function")))
        elif kind in ("BASE_TABLE", "SHOW_REF"):
            _check_table(node)
        elif "function_name" in node and id(node) not in table_functions:
            _check_function(node)


def _data_megabytes() -> float:
    """Return the memory that the limit of this process bounds, as it is now; 0 where the system does not say it."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[5]) * resource.getpagesize() / 2**20 if status.exists() else 0.0


class Watch:
    """Interrupt a connection that is still busy after some seconds, or while the process has become too large.

    The interruption is repeated, since one that falls between two phases of a query is lost. What the engine refuses
    leaves as French.
    """

    ceiling_megabytes = math.inf

    def __init__(self, connection: duckdb.DuckDBPyConnection, end: float, seconds: float) -> None:
        self._connection = connection
        self._end = end
        self._seconds = seconds
        self._finished = threading.Event()
        self._reason: Exception | None = None

    def _watch(self) -> None:
        while not self._finished.wait(WATCH_SECONDS):
            if time.monotonic() > self._end:
                self._reason = self._reason or DeadlineExceeded(self._seconds)
            elif _data_megabytes() > self.ceiling_megabytes:
                self._reason = self._reason or MemoryExceeded()
            if self._reason:
                self._connection.interrupt()

    def __enter__(self) -> "Watch":
        if time.monotonic() > self._end:
            raise DeadlineExceeded(self._seconds)
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        self._finished.set()
        if isinstance(error, duckdb.Error | RuntimeError | MemoryError) and not isinstance(error, IN_FRENCH):
            raise self._reason or engine_error(error) from error
        return False


class GuardedCursor:
    """What SQLAlchemy and Superset use of a DB-API cursor, and nothing that goes around the check."""

    arraysize = 1

    def __init__(self, connection: "GuardedConnection") -> None:
        self.connection = connection
        self._raw = connection.raw
        self._seconds = connection.seconds
        self._end = 0.0
        self.description: Any = None  # Superset rewrites it

    def _watched(self) -> Watch:
        """One deadline for the statement and the reading of its rows."""
        return Watch(self._raw, self._end, self._seconds)

    def execute(self, statement: str, parameters: Any = None, context: object = None) -> None:
        if statement.strip().rstrip(";").lower() in TRANSACTION_WORDS:
            return
        self._end = time.monotonic() + self._seconds
        with self._watched():
            check_statement(self._raw, statement)
            self._raw.execute(statement, parameters or None)
            self.description = self._raw.description

    def executemany(self, statement: str, parameters: Any = None, context: object = None) -> None:
        raise StatementRefused("la base est en lecture seule.")

    def fetchone(self) -> Any:
        with self._watched():
            return self._raw.fetchone()

    def fetchmany(self, size: int | None = None) -> list:
        with self._watched():
            return self._raw.fetchmany(size or self.arraysize)

    def fetchall(self) -> list:
        with self._watched():
            return self._raw.fetchall()

    @property
    def rowcount(self) -> int:
        return -1

    def close(self) -> None:
        """Do nothing: DuckDB's cursor is the connection itself."""


class GuardedConnection:
    """A DB-API connection to the published file; `raw` is DuckDB's."""

    def __init__(self, raw: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self.raw = raw
        self.seconds = seconds
        self.notices: list[str] = []
        self.closed = False

    def cursor(self) -> GuardedCursor:
        return GuardedCursor(self)

    def commit(self) -> None:
        """Do nothing: what is only read has nothing to commit."""

    def rollback(self) -> None:
        """Do nothing: what is only read has nothing to undo."""

    def close(self) -> None:
        self.raw.close()
        self.closed = True


class KeptOpen:
    """One connection of this process, never used, that keeps the engine of the served version running.

    Opening the file reads the description of every table, ten times what a tile's query costs; beside a connection
    that is open already, a new one costs nothing. The version before is let go of as soon as another is asked for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: tuple[int, Path] | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None

    def hold(self, version: Path, config: dict[str, Any]) -> None:
        """Keep this version open in place of the one that was; a forked process opens its own."""
        with self._lock:
            if self._owner != (os.getpid(), version):
                self._connection = duckdb.connect(str(version), read_only=True, config=config)
                self._owner = (os.getpid(), version)


@dataclass(frozen=True)
class Guard:
    """The published file and the bounds of whoever reads it."""

    published: Path
    seconds: float
    memory_limit: str = "1GB"
    threads: int = 2
    kept: KeptOpen = field(default_factory=KeptOpen, compare=False)

    def connect(self) -> GuardedConnection:
        """Open the version that is published now.

        The link is resolved first: a connection by the link's own path would get the old version as long as one other
        connection of the process has it open.
        """
        config = {
            "enable_external_access": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "memory_limit": self.memory_limit,
            "threads": self.threads,
            "temp_directory": "",
            "max_temp_directory_size": "0B",
            "custom_user_agent": "superset",
            "lock_configuration": True,
        }
        version = self.published.resolve()
        self.kept.hold(version, config)
        raw = duckdb.connect(str(version), read_only=True, config=config)
        return GuardedConnection(raw, self.seconds)

    def mutate(self, uri: Any, params: dict, username: str, security_manager: Any, source: Any) -> tuple[Any, dict]:
        """Replace whatever connection Superset was about to open by the guarded one (`DB_CONNECTION_MUTATOR`)."""
        from sqlalchemy.pool import NullPool

        if uri.drivername != "duckdb" or uri.database != self.published.name:
            raise StatementRefused("seule la base publiée peut être ouverte.")
        return uri.set(query={}), {"poolclass": NullPool, "creator": self.connect}


def limit_process_memory(megabytes: int) -> None:
    """Bound what this process may allocate: beyond it a query fails, near it what runs is interrupted."""
    Watch.ceiling_megabytes = INTERRUPTED_AT * megabytes
    limit = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
