"""The random draws of the economic model: one value per draw and parameter, landed as a lot of the lake.

    seeds/economie/hyp_parametres_cout.csv  →  lac/tirages/lot=<id>/tirages.parquet

Nobody drops this source: it has no deposit and no journal. The draws depend on the parameters, on this file, on the
number of draws and on numpy, and on nothing else: while these are the same, the lot stays. A parameter has a stream of
its own, so that changing, adding or removing another one leaves its draws as they were.
"""

import csv
import hashlib
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ingest.landing import EMPTY_LOT, commit, new_lot_id

SOURCE = "tirages"
SEED = 2013
# Weight of the mode in a PERT law; the other values share the rest.
PERT_LAMBDA = 4
MARK = b"empreinte"
SCHEMA = pa.schema(
    [
        ("tirage", pa.int64()),
        ("parametre", pa.string()),
        ("classe_taille", pa.string()),
        ("valeur", pa.float64()),
    ]
)


class UnreadableParameters(Exception):
    """The seed can't be drawn from: the message says which line, in French."""


@dataclass(frozen=True, slots=True)
class Parametre:
    """One line of the seed: the law of a parameter, for every collectivity or for a class of size."""

    parametre: str
    classe_taille: str
    minimum: float
    mode: float
    maximum: float
    loi: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: the lot that holds the draws, and whether it is new."""

    lot: str | None
    nb_parametres: int
    est_nouveau: bool


def prepare(home: Path, project: Path, nb_tirages: int, now: datetime) -> Report:
    """Land the draws of a project's parameters, unless the last lot already holds them.

    A crash between the rename and the removal of the lot before leaves both: the newest one is read, the next run
    removes the other. A project without the seed has no draws, only the empty lot.
    """
    lake, seed = home / "lac" / SOURCE, _seed(project)
    lake.mkdir(parents=True, exist_ok=True)
    for leftover in lake.glob(".lot=*"):
        shutil.rmtree(leftover)
    _write_empty_lot(lake)
    if not seed.exists():
        _remove_all_but(lake, None)
        return Report(None, 0, False)
    parametres, mark = read_parameters(seed), fingerprint(seed, nb_tirages)
    last = _last(lake)
    if last and _mark(last) == mark:
        _remove_all_but(lake, last)
        return Report(last.name.removeprefix("lot="), len(parametres), False)
    lot = new_lot_id(home / "lac", now)
    _write(lake, lot, parametres, nb_tirages, mark)
    _remove_all_but(lake, lake / f"lot={lot}")
    return Report(lot, len(parametres), True)


def is_due(home: Path, project: Path, nb_tirages: int) -> bool:
    """Whether the lake lacks the draws of these parameters."""
    last, seed = _last(home / "lac" / SOURCE), _seed(project)
    return seed.exists() and (last is None or _mark(last) != fingerprint(seed, nb_tirages))


def read_parameters(seed: Path) -> list[Parametre]:
    """The laws written in the seed; dbt says more of a line that is wrong, but it comes after."""
    with seed.open(encoding="utf-8", newline="") as file:
        return [_parameter(line, row) for line, row in enumerate(csv.DictReader(file), start=2)]


def _parameter(line: int, row: dict[str, str]) -> Parametre:
    name = row["parametre"]
    try:
        low, mode, high = (float(row[key]) for key in ("min", "mode", "max"))
    except (TypeError, ValueError):
        raise UnreadableParameters(
            f"hyp_parametres_cout, ligne {line}, {name} : le minimum, le mode ou le maximum n'est pas un nombre."
        ) from None
    if not 0 <= low <= mode <= high < float("inf"):
        raise UnreadableParameters(
            f"hyp_parametres_cout, ligne {line}, {name} : il faut 0 ≤ minimum ≤ mode ≤ maximum, "
            f"et non {low:g}, {mode:g}, {high:g}."
        )
    if row["loi"] not in LAWS:
        raise UnreadableParameters(
            f"hyp_parametres_cout, ligne {line}, {name} : loi « {row['loi']} » inconnue ; attendu : {', '.join(LAWS)}."
        )
    return Parametre(name, row["classe_taille"], low, mode, high, row["loi"])


def draw(parametre: Parametre, nb_tirages: int) -> np.ndarray:
    """The draws of one parameter, always the same for the same law and number."""
    name = f"{parametre.parametre}/{parametre.classe_taille}"
    rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
    if parametre.minimum == parametre.maximum:
        return np.full(nb_tirages, parametre.mode)
    return LAWS[parametre.loi](rng, parametre, nb_tirages)


def _pert(rng: np.random.Generator, law: Parametre, nb_tirages: int) -> np.ndarray:
    width = law.maximum - law.minimum
    before, after = (law.mode - law.minimum) / width, (law.maximum - law.mode) / width
    return law.minimum + width * rng.beta(1 + PERT_LAMBDA * before, 1 + PERT_LAMBDA * after, nb_tirages)


def _triangular(rng: np.random.Generator, law: Parametre, nb_tirages: int) -> np.ndarray:
    return rng.triangular(law.minimum, law.mode, law.maximum, nb_tirages)


def _fixed(rng: np.random.Generator, law: Parametre, nb_tirages: int) -> np.ndarray:
    return np.full(nb_tirages, law.mode)


LAWS = {"PERT4": _pert, "triangulaire": _triangular, "fixe": _fixed}


def fingerprint(seed: Path, nb_tirages: int) -> str:
    """What the draws depend on."""
    digest = hashlib.sha256(f"{nb_tirages} {np.__version__} ".encode())
    for path in (seed, Path(__file__)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _seed(project: Path) -> Path:
    return project / "seeds" / "economie" / "hyp_parametres_cout.csv"


def _last(lake: Path) -> Path | None:
    return max((path for path in lake.glob("lot=*") if path.name != f"lot={EMPTY_LOT}"), default=None)


def _mark(lot: Path) -> str | None:
    metadata = pq.read_schema(lot / f"{SOURCE}.parquet").metadata or {}
    return metadata.get(MARK, b"").decode() or None


def _write_empty_lot(lake: Path) -> None:
    """SQL always finds the table, even before the first draw."""
    folder = lake / f"lot={EMPTY_LOT}"
    path, aside = folder / f"{SOURCE}.parquet", folder / f".{SOURCE}.parquet"
    if path.exists() and pq.read_schema(path).equals(SCHEMA):
        return
    folder.mkdir(exist_ok=True)
    pq.write_table(SCHEMA.empty_table(), aside)
    aside.replace(path)


def _write(lake: Path, lot: str, parametres: list[Parametre], nb_tirages: int, mark: str) -> None:
    aside = lake / f".lot={lot}"
    aside.mkdir()
    schema = SCHEMA.with_metadata({MARK: mark.encode()})
    with pq.ParquetWriter(aside / f"{SOURCE}.parquet", schema, compression="zstd") as writer:
        for table in _tables(parametres, nb_tirages, schema):
            writer.write_table(table)
    commit(aside, lake / f"lot={lot}")


def _tables(parametres: list[Parametre], nb_tirages: int, schema: pa.Schema) -> Iterator[pa.Table]:
    """One table per parameter: memory holds one of them at a time, whatever the number of draws."""
    ranks = pa.array(np.arange(1, nb_tirages + 1))
    for law in parametres:
        names = [pa.repeat(pa.scalar(name), nb_tirages) for name in (law.parametre, law.classe_taille)]
        yield pa.Table.from_arrays([ranks, *names, pa.array(draw(law, nb_tirages))], schema=schema)


def _remove_all_but(lake: Path, kept: Path | None) -> None:
    for lot in lake.glob("lot=*"):
        if lot != kept and lot.name != f"lot={EMPTY_LOT}":
            shutil.rmtree(lot)
