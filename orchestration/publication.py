"""From the warehouse to what readers open: versioned read-only files and a link that is swapped at once.

    entrepot/observatoire.duckdb  →  publication/versions/observatoire-<AAAAMMJJTHHMMSS>.duckdb   (schema marts only)
                                     publication/observatoire.duckdb → versions/…                 (the served one)
                                     publication/opendata/<table>.parquet, .csv                   (what anyone may have)

A version is written aside, flushed, renamed, and only then does the link move: a reader sees one whole version or the
other. An open connection keeps the file that it opened. Publishing is only called when the whole build is green.
Superset's cache carries the served version in its keys, so moving the link is all that it takes to empty it.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from orchestration.paris import said

KEPT_VERSIONS = 7
SCHEMA = "marts"
STAMP = "%Y%m%dT%H%M%S"

# The open pack stops at groups of collectivités: what concerns one of them is hers to publish.
OPEN_TABLES = {
    "dim_collectivites": "true",
    "dim_indicateurs": "true",
    "ind_valeurs": "perimetre_type <> 'collectivite'",
}
README = """Observatoire de l'administration numérique — données ouvertes

Chaque table existe en Parquet et en CSV (séparateur « ; », UTF-8, décimales au point).
dim_collectivites : une ligne par collectivité. dim_indicateurs : une ligne par définition d'indicateur.
ind_valeurs : les valeurs des indicateurs par EPCI, département, classe et territoire. Les lignes d'une seule
collectivité n'y sont pas ; le statut « supprime » masque un groupe trop petit. Une valeur vide est inconnue, pas nulle.
Version publiée : {version}.{demonstration}
"""
DEMONSTRATION = "\nATTENTION : ces chiffres contiennent des données de démonstration, fabriquées."


class NothingToRollBack(Exception):
    """There is no version to go back to; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Published:
    """A version that was just published: its file, its tables with their number of rows."""

    path: Path
    tables: dict[str, int]


def link_of(home: Path) -> Path:
    """The path that readers follow."""
    return home / "publication" / "observatoire.duckdb"


def publish(home: Path, now: datetime) -> Published:
    """Copy schema `marts` of the warehouse of `home` into a new version named after `now`, and serve it."""
    versions = home / "publication" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    for leftover in versions.glob(".*"):
        leftover.unlink()
    target = _new_version(versions, now)
    aside = versions / f".{target.name}"
    tables = _copy_marts(home / "entrepot" / "observatoire.duckdb", aside)
    aside.chmod(0o444)
    _flush(aside)
    aside.rename(target)
    _serve(home, target)
    _write_open_data(home, target)
    for old in _versions(home)[:-KEPT_VERSIONS]:
        old.unlink()
    return Published(target, tables)


def is_demonstration(version: Path) -> bool:
    """Whether a published version holds invented figures."""
    with duckdb.connect(str(version), read_only=True) as connection:
        found = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        return _is_demo(connection, found)


def served_sentence(home: Path) -> str:
    """Which version readers see, as a French noun phrase; whether a newer one was left by `make rollback`."""
    link = link_of(home)
    if not link.exists():
        return "aucune version : rien n'a encore été publié"
    sentence = f"la version du {date_of(link.resolve())}"
    if not is_behind(home):
        return sentence
    newest = date_of(_versions(home)[-1])
    return f"{sentence}, antérieure à la dernière publiée, du {newest} (make rollforward pour servir celle-ci)"


def is_behind(home: Path) -> bool:
    """Whether a rollback has left readers on an earlier version than the last published one."""
    link = link_of(home)
    return link.exists() and _versions(home)[-1].name != link.resolve().name


def roll_forward(home: Path) -> str:
    """Serve the last published version again after a rollback, and say which in French."""
    if not link_of(home).exists():
        raise NothingToRollBack("Rien n'est publié : il n'y a aucune version à servir.")
    newest = _versions(home)[-1]
    if not is_behind(home):
        return f"La version servie est déjà la dernière publiée, celle du {date_of(newest)}."
    _serve(home, newest)
    _write_open_data(home, newest)
    return f"La version servie est de nouveau la dernière publiée, celle du {date_of(newest)}."


def rollback(home: Path) -> str:
    """Serve the version before the one that is served, and say which in French; the next publication resumes."""
    versions, link = _versions(home), link_of(home)
    if not link.exists():
        raise NothingToRollBack("Rien n'est publié : il n'y a aucune version à laquelle revenir.")
    served = link.resolve()
    before = [path for path in versions if path.name < served.name]
    if not before:
        raise NothingToRollBack(
            f"La version servie ({date_of(served)}) est la plus ancienne : on ne remonte pas au-delà."
        )
    _serve(home, before[-1])
    _write_open_data(home, before[-1])
    return (
        f"La version servie est maintenant celle du {date_of(before[-1])} (avant : celle du {date_of(served)})."
        " Pour servir de nouveau la dernière publiée : make rollforward. La prochaine publication la remplacera aussi."
    )


def _versions(home: Path) -> list[Path]:
    return sorted((home / "publication" / "versions").glob("observatoire-*.duckdb"))


def date_of(version: Path) -> str:
    """The moment of a version in French, time of Paris."""
    return said(datetime.strptime(version.stem.removeprefix("observatoire-"), STAMP))


def _new_version(versions: Path, now: datetime) -> Path:
    """The file of a new version: named after `now`, and always after the versions that exist."""
    last = max((path.stem.removeprefix("observatoire-") for path in versions.glob("observatoire-*.duckdb")), default="")
    moment = now.astimezone(UTC)
    if moment.strftime(STAMP) <= last:
        moment = datetime.strptime(last, STAMP) + timedelta(seconds=1)
    return versions / f"observatoire-{moment.strftime(STAMP)}.duckdb"


def _copy_marts(warehouse: Path, target: Path) -> dict[str, int]:
    """Copy the warehouse's file, drop what is not a mart, make the views again; number of rows by table.

    Bytes are copied as they are: writing millions of rows anew takes ten times as long. What is dropped, seeds and
    draws of the cost model, leaves free blocks behind.
    """
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("checkpoint")
    shutil.copyfile(warehouse, target)
    with duckdb.connect(str(target)) as connection:
        # One transaction: each of a hundred statements would else wait for the disk.
        connection.execute("begin")
        for statement in [*_other_schemas(connection), *_views(connection, warehouse.stem)]:
            connection.execute(statement)
        tables = {name: _rows(connection, name) for name in _tables(connection)}
        connection.execute("commit")
        connection.execute("checkpoint")
    return tables


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    query = "select table_name from duckdb_tables() where schema_name = ? order by table_name"
    return [name for (name,) in connection.execute(query, [SCHEMA]).fetchall()]


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    ((rows,),) = connection.execute(f'select count(*) from {SCHEMA}."{name}"').fetchall()
    return rows


def _other_schemas(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The statements that drop every schema but the marts."""
    query = "select schema_name from duckdb_schemas() where not internal and schema_name not in (?, 'main')"
    names = connection.execute(f"{query} and database_name = current_database()", [SCHEMA]).fetchall()
    return [f'drop schema "{name}" cascade' for (name,) in names]


def _views(connection: duckdb.DuckDBPyConnection, catalogue: str) -> list[str]:
    """The statements that make the views again with their comments, each after those it reads, without the
    warehouse's name.
    """
    here = f"schema_name = '{SCHEMA}' order by view_name"
    found = dict(connection.execute(f"select view_name, sql from duckdb_views() where {here}").fetchall())
    # DuckDB numbers its views by name when it opens a file again: their numbers don't say who reads whom.
    reads = {
        name: [other for other in found if other != name and re.search(rf"\b{re.escape(other)}\b", sql)]
        for name, sql in found.items()
    }
    order = TopologicalSorter(reads).static_order()
    views = [re.sub(rf'"?\b{re.escape(catalogue)}\b"?\.', "", found[name]) for name in order]
    created = [re.sub(r"(?i)^create view", "create or replace view", sql) for sql in views]
    return [*created, *_comments_of_views(connection)]


def _comments_of_views(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The statements that give views the descriptions that dbt wrote on them, which a new making loses."""
    views = f"select view_name, comment from duckdb_views() where schema_name = '{SCHEMA}' and comment is not null"
    described = dict(connection.execute(views).fetchall())
    for name, comment in described.items():
        yield f"comment on view {SCHEMA}.\"{name}\" is '{_quoted(comment)}'"
    columns = f"select table_name, column_name, comment from duckdb_columns() where schema_name = '{SCHEMA}'"
    for name, column, comment in connection.execute(f"{columns} and comment is not null").fetchall():
        if name in described:
            yield f'comment on column {SCHEMA}."{name}"."{column}" is \'{_quoted(comment)}\''


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _serve(home: Path, version: Path) -> None:
    """Move the link, relative so that the home can be moved or restored elsewhere."""
    link = link_of(home)
    aside = link.with_name(".observatoire.duckdb")
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("versions") / version.name)
    aside.replace(link)
    _flush(version.parent)
    _flush(link.parent)


def _write_open_data(home: Path, version: Path) -> None:
    """Write the open pack from a published version; each of its files is replaced at once."""
    folder = home / "publication" / "opendata"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(version), read_only=True) as connection:
        found = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        for name in OPEN_TABLES.keys() & found:
            for extension, options in (
                ("parquet", "format parquet, compression zstd"),
                ("csv", "header, delimiter ';'"),
            ):
                aside = folder / f".{name}.{extension}"
                rows = f'select * from {SCHEMA}."{name}" where {OPEN_TABLES[name]} order by all'
                connection.execute(f"copy ({rows}) to '{_quoted(aside)}' ({options})")
                aside.replace(folder / f"{name}.{extension}")
        text = README.format(
            version=date_of(version), demonstration=DEMONSTRATION if _is_demo(connection, found) else ""
        )
    (folder / "LISEZMOI.txt").write_text(text, "utf-8")


def _is_demo(connection: duckdb.DuckDBPyConnection, tables: set[str]) -> bool:
    if "fct_fichiers_recus" not in tables:
        return False
    query = f"select coalesce(bool_or(est_demonstration), false) from {SCHEMA}.fct_fichiers_recus"
    return bool(connection.execute(query).fetchall()[0][0])
