"""The only door between Superset and the published DuckDB file: read-only, one SELECT-like statement, bounded in time.

Superset reaches a database in SQL Lab, charts, samples, exports and metadata; all of them go through the connection
that `Guard.mutate` (Superset's `DB_CONNECTION_MUTATOR`) returns. Four layers, each useful when another one fails:

1. the engine is opened read-only, without files, extensions or network, and its configuration is locked;
2. each statement is parsed by DuckDB itself (`json_serialize_sql` serialises SELECT-like statements and refuses all
   others), so there is no gap between the dialect that is checked and the one that runs; its tree is then walked:
   table functions must be known harmless, tables must have plain names (a quoted path is a file), functions that read
   the machine are refused, and so are those that build a huge value out of a small constant;
3. a thread interrupts what runs longer than the deadline;
4. `limit_process_memory` bounds the process, because a constant expression that the planner folds obeys neither
   `memory_limit` nor an interruption.
"""

import json
import re
import resource
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

LONGEST_STATEMENT = 200_000
LONGEST_PADDING = 1_000
DEEPEST_LAMBDA = 2

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
    ]
)
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


def _nodes(tree: Any, depth: int = 0) -> Iterator[tuple[dict, int]]:
    """Yield every object of a serialised statement with the number of lambdas around it."""
    todo = [(tree, depth)]
    while todo:
        node, lambdas = todo.pop()
        if isinstance(node, list):
            todo.extend((child, lambdas) for child in node)
        elif isinstance(node, dict):
            lambdas += node.get("type") == "LAMBDA"
            yield node, lambdas
            todo.extend((child, lambdas) for child in node.values())


def _constant(arguments: list[dict], rank: int) -> Any:
    """Return the constant argument at a rank, or None when it is missing, NULL or computed."""
    if len(arguments) <= rank or arguments[rank].get("type") != "VALUE_CONSTANT":
        return None
    return arguments[rank]["value"].get("value")


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
        raise duckdb.ParserException(f"Erreur de syntaxe SQL : {document.get('error_message')}")
    raise StatementRefused("seules les lectures sont permises (SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE).")


def check_statement(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Raise `StatementRefused` unless the text is one SELECT-like statement that stays inside the published tables."""
    statements = _parse(connection, statement)
    if len(statements) != 1:
        raise StatementRefused("une seule instruction à la fois.")
    table_functions = set()
    for node, lambdas in _nodes(statements):
        if lambdas > DEEPEST_LAMBDA:
            raise StatementRefused(f"{DEEPEST_LAMBDA} niveaux de lambda au plus.")
        kind = node.get("type")
        if kind == "TABLE_FUNCTION":
            _check_table_function(node.get("function") or {})
            table_functions.add(id(node.get("function")))
        elif kind in ("BASE_TABLE", "SHOW_REF"):
            _check_table(node)
        elif "function_name" in node and id(node) not in table_functions:
            _check_function(node)


class Deadline:
    """Interrupt a connection that is still busy after some seconds.

    The interruption is repeated, since one that falls between two phases of a query is lost.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._finished = threading.Event()
        self._fired = False

    def _watch(self) -> None:
        wait = self._seconds
        while not self._finished.wait(wait):
            self._fired = True
            self._connection.interrupt()
            wait = 0.25

    def __enter__(self) -> "Deadline":
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        self._finished.set()
        if self._fired and isinstance(error, duckdb.Error | RuntimeError):
            raise DeadlineExceeded(self._seconds) from error
        return False


class GuardedCursor:
    """What SQLAlchemy and Superset use of a DB-API cursor, and nothing that goes around the check."""

    arraysize = 1

    def __init__(self, connection: "GuardedConnection") -> None:
        self.connection = connection
        self._raw = connection.raw
        self._seconds = connection.seconds
        self.description: Any = None  # Superset rewrites it

    def execute(self, statement: str, parameters: Any = None, context: object = None) -> None:
        if statement.strip().rstrip(";").lower() in TRANSACTION_WORDS:
            return
        with Deadline(self._raw, self._seconds):
            check_statement(self._raw, statement)
            self._raw.execute(statement, parameters or None)
            self.description = self._raw.description

    def executemany(self, statement: str, parameters: Any = None, context: object = None) -> None:
        raise StatementRefused("la base est en lecture seule.")

    def fetchone(self) -> Any:
        with Deadline(self._raw, self._seconds):
            return self._raw.fetchone()

    def fetchmany(self, size: int | None = None) -> list:
        with Deadline(self._raw, self._seconds):
            return self._raw.fetchmany(size or self.arraysize)

    def fetchall(self) -> list:
        with Deadline(self._raw, self._seconds):
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


@dataclass(frozen=True)
class Guard:
    """The published file and the bounds of whoever reads it."""

    published: Path
    seconds: float
    memory_limit: str = "1GB"
    threads: int = 2

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
        raw = duckdb.connect(str(self.published.resolve()), read_only=True, config=config)
        return GuardedConnection(raw, self.seconds)

    def mutate(self, uri: Any, params: dict, username: str, security_manager: Any, source: Any) -> tuple[Any, dict]:
        """Replace whatever connection Superset was about to open by the guarded one (`DB_CONNECTION_MUTATOR`)."""
        from sqlalchemy.pool import NullPool

        if uri.drivername != "duckdb" or uri.database != self.published.name:
            raise StatementRefused("seule la base publiée peut être ouverte.")
        return uri.set(query={}), {"poolclass": NullPool, "creator": self.connect}


def limit_process_memory(megabytes: int) -> None:
    """Bound what this process may allocate: beyond it a query fails and the process lives."""
    limit = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
