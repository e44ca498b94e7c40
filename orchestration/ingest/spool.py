"""Rows on their way to a lot: held in memory while they are few, on disk when a file is large."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ingest.outcome import Anomaly

MAX_ROWS_IN_MEMORY = 50_000


def _to_table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.table([_to_array(column, f.type) for column, f in zip(columns, schema, strict=True)], schema=schema)


def _to_array(column: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    """A column of a table; a text that is half a character (a lone JSON surrogate) keeps a replacement mark."""
    try:
        return pa.array(column, kind)
    except UnicodeEncodeError:
        return pa.array([value and value.encode("utf-8", "replace").decode("utf-8") for value in column], kind)


@dataclass
class Spool:
    """What one file yields, kept apart until its parser has come to its end."""

    folder: Path
    schemas: dict[str, pa.Schema]
    emitter: str | None = None
    nb_rows: int = 0
    nb_rejets: int = 0
    nb_avertissements: int = 0
    anomalies: list[Anomaly] = field(default_factory=list)
    _seen: set[tuple[int, str, str]] = field(default_factory=set)
    _rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    _writers: dict[str, pq.ParquetWriter] = field(default_factory=dict)

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for name, writer in self._writers.items():
            writer.close()
            self._path(name).unlink(missing_ok=True)

    def add(self, name: str, row: tuple[Any, ...]) -> None:
        """Keep one row of a landing table."""
        rows = self._rows.setdefault(name, [])
        rows.append(row)
        self.nb_rows += 1
        if len(rows) >= MAX_ROWS_IN_MEMORY:
            self._spill(name)

    def add_anomaly(self, anomaly: Anomaly) -> None:
        """Keep an anomaly; the same code on the same field of the same line counts once."""
        key = (anomaly.ligne, anomaly.champ, anomaly.code)
        if key in self._seen:
            return
        self._seen.add(key)
        self.anomalies.append(anomaly)
        if anomaly.gravite == "rejet":
            self.nb_rejets += 1
        else:
            self.nb_avertissements += 1

    def forget_anomalies(self) -> None:
        """Forget what was said of the lines of a file that turns out not to be one."""
        self.anomalies.clear()
        self._seen.clear()
        self.nb_rejets = self.nb_avertissements = 0

    def batches(self, name: str) -> Iterator[pa.Table]:
        """The rows of a table that was spilled to disk, row group by row group."""
        self._spill(name)
        self._writers[name].close()
        with pq.ParquetFile(self._path(name)) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group)

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        """The table's rows still in memory."""
        return self._rows.get(name, [])

    def is_spilled(self, name: str) -> bool:
        """Whether part of the table is on disk."""
        return name in self._writers

    def _path(self, name: str) -> Path:
        return self.folder / f".{name}.spool"

    def _spill(self, name: str) -> None:
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(self._path(name), self.schemas[name], compression="zstd")
        self._writers[name].write_table(_to_table(self._rows[name], self.schemas[name]))
        self._rows[name] = []


class LotWriter:
    """The Parquet files of one lot, one per table that got rows, each written row group by row group."""

    def __init__(self, folder: Path, schemas: dict[str, pa.Schema]) -> None:
        self.folder = folder
        self._schemas = schemas
        self._pending: dict[str, list[tuple[Any, ...]]] = {name: [] for name in schemas}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> "LotWriter":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            for name in self._schemas:
                self._flush(name)
        for writer in self._writers.values():
            writer.close()

    def write(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        """Add rows to one of the lot's tables."""
        self._pending[name].extend(rows)
        if len(self._pending[name]) >= MAX_ROWS_IN_MEMORY:
            self._flush(name)

    def take(self, spool: Spool) -> None:
        """Add everything a file yielded."""
        for name in spool.schemas:
            if spool.is_spilled(name):
                for table in spool.batches(name):
                    self._writer(name).write_table(table)
            else:
                self.write(name, spool.rows(name))

    def _flush(self, name: str) -> None:
        if self._pending[name]:
            self._writer(name).write_table(_to_table(self._pending[name], self._schemas[name]))
            self._pending[name] = []

    def _writer(self, name: str) -> pq.ParquetWriter:
        if name not in self._writers:
            path = self.folder / f"{name}.parquet"
            self._writers[name] = pq.ParquetWriter(path, self._schemas[name], compression="zstd")
        return self._writers[name]
