"""The economic models alone: dbt's own compiled SQL, run in memory on the seeds, a few collectivities and fresh draws.

A seed can be changed and everything computed again in a second, which a dbt invocation would take half a minute to do.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration import tirages
from orchestration.settings import PROJECT

Row = dict[str, str]
Change = Callable[[str, list[Row]], list[Row]]
FOLDERS = ("economie", "tirages")
# What the tests of the parameters read besides.
CLASSES = "seed.observatoire.ref_classes_taille"
# Three months of two collectivities, and a third that declared no total of acts and nothing of its accounts by wire:
# enough for every step to have a volume, and for somebody to have everything still to do.
MESURES = [
    # code_indicateur, siren, mois, numerateur, denominateur
    *[("DEM-08", "1", f"2026-{m:02d}-01", 8, 10) for m in (7, 8, 9)],
    *[("DEM-08", "2", f"2026-{m:02d}-01", 3, 6) for m in (7, 8, 9)],
    *[("DEM-08", "3", f"2026-{m:02d}-01", 5, None) for m in (7, 8, 9)],
    ("DEM-15", "3", "2026-08-01", 0, 4),
    *[
        (code, siren, "2026-08-01", *counts)
        for siren in ("1", "2")
        for code, counts in {
            "DEM-01": (2, 3),
            "DEM-02": (9, 20),
            "DEM-03": (4, 12),
            "DEM-05": (1, 3),
            "DEM-15": (6, 10),
            "DEM-16": (30, 90),
        }.items()
    ],
]
COLLECTIVITES = [
    ("1", "Une", "commune", 800, "500 à 999 hab."),
    ("2", "Deux", "commune", 4000, "3 500 à 4 999 hab."),
    ("3", "Trois", "commune", 12000, "10 000 à 19 999 hab."),
]


class Economie:
    """The compiled models, and what it takes to compute them."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        nodes = manifest["nodes"].values()
        self.nodes = {node["unique_id"]: node for node in manifest["nodes"].values()}
        models = [n for n in nodes if n["resource_type"] == "model" and n["fqn"][-2] in FOLDERS]
        graph = {n["unique_id"]: set(n["depends_on"]["nodes"]) for n in models}
        self.models = [self.nodes[i] for i in TopologicalSorter(graph).static_order() if i in graph]
        read = {parent for parents in graph.values() for parent in parents} | {CLASSES}
        self.seeds = [n for n in nodes if n["resource_type"] == "seed" and n["unique_id"] in read]

    def compute(
        self,
        change: Change = lambda name, rows: rows,
        nb_tirages: int = 40,
        until: Iterable[str] = (),
        retours: Iterable[tuple[str, str, str, float]] = (),
        consultations: Iterable[tuple[str, int]] = (),
    ) -> duckdb.DuckDBPyConnection:
        """A warehouse computed from the seeds after `change`; stops once the models of `until` are there, if any.

        `retours` are what collectivities declare: siren, code_donnee, first day of the month, value; `consultations`,
        how many tenders each put online.
        """
        connection = self.seeds_only(change)
        self._neighbours(connection)
        for retour in retours:
            connection.execute(
                "insert into intermediate.int_retours_retenus by name select $1 as siren, $2 as code_donnee, "
                "$2 as libelle_donnee, 'min' as unite, cast($3 as date) as mois, $4 as valeur, "
                "false as est_partiel, false as est_demonstration",
                retour,
            )
        for siren, number in consultations:
            connection.execute(
                "insert into marts.fct_consultations by name select $1 as siren, date '2026-08-15' as "
                "date_mise_en_ligne from range($2)",
                [siren, number],
            )
        self._draws(connection, change, nb_tirages)
        wanted = self._needed(until) if until else {node["unique_id"] for node in self.models}
        for node in self.models:
            if node["unique_id"] in wanted:
                kind = "table" if node["config"]["materialized"] == "table" else "view"
                connection.execute(f"create {kind} {_name(node)} as {node['compiled_code']}")
        return connection

    def seeds_only(self, change: Change) -> duckdb.DuckDBPyConnection:
        """A warehouse that holds the seeds after `change`, and no model yet."""
        connection = duckdb.connect()
        connection.execute("set enable_progress_bar = false")
        connection.execute("attach ':memory:' as observatoire; use observatoire")
        for schema in ("brut", "seeds", "staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        for seed in self.seeds:
            self._seed(connection, seed, change)
        return connection

    def _needed(self, names: Iterable[str]) -> set[str]:
        todo = [node["unique_id"] for node in self.models if node["name"] in set(names)]
        found: set[str] = set()
        while todo:
            found.add(current := todo.pop())
            todo += [i for i in self.nodes.get(current, {}).get("depends_on", {}).get("nodes", []) if i not in found]
        return found

    def _seed(self, connection: duckdb.DuckDBPyConnection, seed: dict[str, Any], change: Change) -> None:
        rows = change(seed["name"], read_seed(seed["original_file_path"]))
        types = seed["config"]["column_types"]
        columns = list(read_header(seed["original_file_path"]))
        declared = ", ".join(f"{name} {types.get(name, 'varchar')}" for name in columns)
        connection.execute(f"create table {_name(seed)} ({declared})")
        table = pa.table({name: pa.array([row[name] or None for row in rows], pa.string()) for name in columns})
        connection.register("lignes", table)
        connection.execute(f"insert into {_name(seed)} select * from lignes")
        connection.unregister("lignes")

    def _neighbours(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Tables that the economic models read, from elsewhere in the warehouse: empty, but for a few rows."""
        own = {node["unique_id"] for node in self.models}
        parents = {parent for node in self.models for parent in node["depends_on"]["nodes"]} - own
        for node in (self.nodes[i] for i in sorted(parents) if i in self.nodes):
            if node["resource_type"] == "model":
                columns = ", ".join(f"{c['name']} {c['data_type']}" for c in node["columns"].values())
                connection.execute(f"create table {_name(node)} ({columns})")
        connection.executemany(
            "insert into marts.dim_collectivites by name select $1 as siren, $2 as nom, $3 as type_collectivite, "
            "$4 as population, $5 as classe_taille, '35' as code_departement, true as est_breton",
            COLLECTIVITES,
        )
        connection.executemany(
            "insert into marts.ind_mesures_mois by name select $1 as code_indicateur, $2 as siren, 'ensemble' as "
            "dimension, 'ensemble' as modalite, cast($3 as date) as mois, $4 as numerateur, $5 as denominateur, "
            "$5 is not null as est_connu, false as est_demonstration",
            MESURES,
        )
        connection.execute(
            "update marts.ind_mesures_mois set classe_taille = c.classe_taille "
            "from marts.dim_collectivites c where c.siren = ind_mesures_mois.siren"
        )
        connection.execute(
            "insert into marts.dim_populations by name select siren, 'adherents' as population, "
            "date '2026-08-01' as mois, false as est_demonstration from marts.dim_collectivites"
        )
        connection.execute("insert into marts.dim_mois by name select date '2026-08-01' as mois")

    def _draws(self, connection: duckdb.DuckDBPyConnection, change: Change, nb_tirages: int) -> None:
        path = "seeds/economie/hyp_parametres_cout.csv"
        rows = change("hyp_parametres_cout", read_seed(path))
        with tempfile.TemporaryDirectory() as folder:
            seed = Path(folder) / "hyp_parametres_cout.csv"
            with seed.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, read_header(path))
                writer.writeheader()
                writer.writerows(rows)
            laws = tirages.read_parameters(seed)
        tables = [
            pa.table(
                {
                    "tirage": pa.array(range(1, nb_tirages + 1)),
                    "parametre": [law.parametre] * nb_tirages,
                    "classe_taille": [law.classe_taille] * nb_tirages,
                    "valeur": tirages.draw(law, nb_tirages),
                    "lot": ["1"] * nb_tirages,
                }
            )
            for law in laws
        ]
        connection.register("lignes", pa.concat_tables(tables))
        connection.execute("create table brut.tirages__tirages as select * from lignes")
        connection.unregister("lignes")


def compiled_manifest(target: Path) -> dict[str, Any]:
    """dbt's manifest with the SQL of the economic models, compiled without a warehouse."""
    env = os.environ | {"OBSERVATOIRE_HOME": str(target / "var"), "DBT_PROFILES_DIR": str(PROJECT)}
    (target / "var" / "entrepot").mkdir(parents=True)
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "compile", "--no-introspect"]
    command += ["--select", "hyp_parametres_cout", *(f"models/*/{folder}" for folder in FOLDERS)]
    command += ["--target-path", str(target), "--log-path", str(target)]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((target / "manifest.json").read_text("utf-8"))


def read_seed(path: str) -> list[Row]:
    """The rows of a seed, as text."""
    with (PROJECT / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_header(path: str) -> list[str]:
    """The columns of a seed."""
    with (PROJECT / path).open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _name(node: dict[str, Any]) -> str:
    return f'observatoire."{node["schema"]}"."{node["name"]}"'
