"""`make bench`: what the house costs over the least that the same work can cost, as ratios within one run.

    ingestion   reading, hashing and bare parsing (lxml, json, csv, openpyxl) of the same files,
                then writing the same rows
    night       the same compiled SQL, run bare in DuckDB in the same order
    dashboards  what a reader waits for (dashboards.py)
    draws       200 000 draws of the economic model, against the method's quantiles (draws.py)
    memory      peak resident memory of the night, and of a PES of ECHELLE_PES_MIO MiB

Absolute seconds are printed for information; only the ratios compare from one machine to another.
"""

import csv
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
from lxml import etree

from orchestration.demo.generator import write_demo
from orchestration.ingest.landing import ingest
from orchestration.ingest.sources import SOURCES
from orchestration.settings import PROJECT, Settings
from tests.benchmarks import dashboards, draws

ECHELLE = float(os.environ.get("ECHELLE") or "0.05")
PES_MIB = int(os.environ.get("ECHELLE_PES_MIO") or "200")

# The deposit holds damaged files on purpose: the bare reading gives up on them too.
DAMAGED = (etree.XMLSyntaxError, ValueError, EOFError, OSError, tarfile.TarError, zipfile.BadZipFile)


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# A process of its own, because a child's peak starts from the size of the process that forked it.
WATCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(time.perf_counter() - start, peak_mib)
sys.exit(done.returncode)
"""


def watched(command: list[str], **environment: str) -> tuple[float, float]:
    """Wall seconds and peak memory (MiB) of a command that must succeed."""
    wrapped = [sys.executable, "-c", WATCHER, *command]
    done = subprocess.run(wrapped, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds, peak_mib = map(float, done.stdout.split())
    return seconds, peak_mib


def bare_parse(raw: bytes) -> None:
    """The least that understanding these bytes can cost, with the library that fits them."""
    head = raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:4]
    if head.startswith(b"\x1f\x8b"):
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for member in archive:
                etree.fromstring(archive.extractfile(member).read())
    elif head.startswith(b"PK"):
        for _ in openpyxl.load_workbook(io.BytesIO(raw), read_only=True).active.iter_rows(values_only=True):
            pass
    elif head.startswith(b"<"):
        etree.fromstring(raw)
    elif head.startswith((b"{", b"[")):
        json.loads(raw)
    else:
        for _ in csv.reader(io.StringIO(raw.decode("latin-1"))):
            pass


def bare_read(files: list[Path], lake: Path, scratch: Path) -> None:
    """Read, hash and parse every file with no judgement, then write the rows that ingestion had written."""
    for path in files:
        raw = path.read_bytes()
        sha256(raw).hexdigest()
        try:
            bare_parse(raw)
        except DAMAGED:
            continue
    for table in lake.glob("*/lot=2*/*.parquet"):
        pq.write_table(pq.read_table(table), scratch / "table.parquet", compression="zstd")


def bench_ingestion(folder: Path) -> dict[str, float]:
    """Ingestion of the demonstration deposit against the bare reading of the same files."""
    home = folder / "ingestion"
    write_demo(home, ECHELLE, 2, 2013)
    copy = folder / "copie"
    subprocess.run(["cp", "-r", home / "depot", copy], check=True)
    files = [path for path in sorted(copy.rglob("*")) if path.is_file()]
    now = datetime.now(UTC)
    seconds = timed(lambda: [ingest(home, source, SOURCES, now) for source in SOURCES])
    bare = timed(lambda: bare_read(files, home / "lac", folder))
    return {"fichiers": len(files), "secondes": seconds, "secondes_nues": bare, "rapport": seconds / bare}


def compiled_models(home: Path) -> Iterator[tuple[str, str, str]]:
    """(schema, name, compiled SQL) of each model, parents first."""
    nodes = json.loads((home / "dbt" / "manifeste" / "manifest.json").read_text("utf-8"))["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    parents = {key: set(node["depends_on"]["nodes"]) & models.keys() for key, node in models.items()}
    compiled = home / "dbt" / "execution" / "compiled" / "observatoire"
    for key in TopologicalSorter(parents).static_order():
        node = models[key]
        yield node["schema"], node["name"], (compiled / node["original_file_path"]).read_text("utf-8")


def bench_night(folder: Path) -> dict[str, float]:
    """The whole job as `make run` does it, against the bare SQL of the same models on the same lake."""
    home = folder / "nuit"
    environment = {"OBSERVATOIRE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    environment |= {"ECHELLE": str(ECHELLE), "DEMO": "1"}
    command = [sys.executable, "-m", "orchestration.run"]
    seconds, peak_mib = watched(command, **environment)
    again, _ = watched(command, **environment)
    bare = timed(lambda: bare_sql(home, folder))
    return {
        "secondes": seconds,
        "secondes_sans_nouveau": again,
        "secondes_sql_nu": bare,
        "rapport": seconds / bare,
        "memoire_pic_mio": peak_mib,
    }


def bare_sql(home: Path, folder: Path) -> None:
    """Run every compiled model as a table or view in a copy of the warehouse's seeds and raw views."""
    with duckdb.connect(str(folder / "nu.duckdb")) as connection:
        warehouse = home / "entrepot" / "observatoire.duckdb"
        connection.execute(f"attach '{warehouse}' as reference (read_only)")
        for schema in ("brut", "seeds", "staging", "intermediate", "marts"):
            connection.execute(f"create schema if not exists {schema}")
        views = "select view_name, sql from duckdb_views() where database_name = 'reference' and schema_name = 'brut'"
        for _, sql in connection.execute(views).fetchall():
            connection.execute(sql)
        seeds = "select table_name from duckdb_tables() where database_name = 'reference' and schema_name = 'seeds'"
        for (name,) in connection.execute(seeds).fetchall():
            connection.execute(f"create table seeds.{name} as from reference.seeds.{name}")
        for schema, name, sql in compiled_models(home):
            kind = "table" if schema == "marts" else "view"
            local_sql = sql.replace('"observatoire".', "")
            connection.execute(f"create {kind} {schema}.{name} as {local_sql}")


def big_pes(path: Path) -> None:
    """A PES_Aller of PES_MIB MiB: many small bordereaux, as a large city sends them."""
    piece = "<Piece><BlocPiece><InfoPce><IdPce V='1'/></InfoPce></BlocPiece></Piece>" * 100
    with path.open("w", encoding="iso-8859-1") as file:
        file.write("<?xml version='1.0' encoding='ISO-8859-1'?>")
        file.write(
            "<n:PES_Aller xmlns:n='http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller'><Enveloppe><Parametres>"
        )
        file.write("<Version V='2'/><TypFic V='PESALR2'/><NomFic V='GRAND'/></Parametres></Enveloppe><EnTetePES>")
        file.write("<DteStr V='2026-01-15'/><IdPost V='035001'/><IdColl V='21350238800019'/><CodCol V='100'/>")
        file.write("<CodBud V='00'/></EnTetePES><PES_DepenseAller><EnTeteDepense><IdVer V='2'/>")
        file.write("<InfoDematerialisee V='1'/></EnTeteDepense>")
        bordereau = 0
        while file.tell() < PES_MIB << 20:
            bordereau += 1
            file.write(
                f"<Bordereau><BlocBordereau><Exer V='2026'/><IdBord V='{bordereau}'/><DteBordEm V='2026-01-15'/>"
                f"<TypBord V='01'/><NbrPce V='100'/></BlocBordereau>{piece}</Bordereau>"
            )
        file.write("</PES_DepenseAller></n:PES_Aller>")


def bench_big_file(folder: Path) -> dict[str, float]:
    """Peak memory of a child that ingests one large PES."""
    home = folder / "grand"
    deposit = home / "depot" / "helios"
    deposit.mkdir(parents=True)
    big_pes(deposit / "grand.xml")
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from orchestration.ingest import helios; from orchestration.ingest.landing import ingest\n"
        "r = ingest(Path(sys.argv[1]), helios.SOURCE, (), datetime.now(UTC))\n"
        "assert r.statuts == {'integre': 1}, r"
    )
    seconds, peak_mib = watched([sys.executable, "-c", code, str(home)])
    return {"mio": PES_MIB, "secondes": seconds, "memoire_pic_mio": peak_mib}


def main() -> None:
    """Run the benches in a folder of their own and write results.json."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = {
            "echelle": ECHELLE,
            "ingestion": bench_ingestion(folder),
            "nuit": bench_night(folder),
            "grand_fichier": bench_big_file(folder),
            "tirages": draws.bench_draws(folder),
            "tableaux_de_bord": dashboards.bench_dashboards(folder / "nuit"),
        }
    target = Settings.from_env().home / "bench" / "results.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(results, indent=2), "utf-8")
    print(f"Ingestion : {results['ingestion']['rapport']:.1f} × la lecture nue")
    print(f"Nuit      : {results['nuit']['rapport']:.1f} × le même SQL nu dans DuckDB")
    print(f"Mémoire   : {results['nuit']['memoire_pic_mio']:.0f} Mio au plus pour la nuit, ", end="")
    print(f"{results['grand_fichier']['memoire_pic_mio']:.0f} Mio pour un PES de {PES_MIB} Mio")
    print("\n".join([*dashboards.lines(results["tableaux_de_bord"]), draws.line(results["tirages"])]))
    print(f"Détail    : {target.relative_to(PROJECT) if target.is_relative_to(PROJECT) else target}")


if __name__ == "__main__":
    main()
