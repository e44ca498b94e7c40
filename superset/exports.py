"""What leaves a tile as a file: CSV for a program, and CSV for a French Excel in place of Superset's workbook.

Superset neutralises formulas in one of its three writers, its own way: it spoils numbers that start with a sign,
doubles backslashes and forgets tabs. Here is one rule for all of them, SQL Lab's and the streamed ones included. A cell
that is laid out as HTML leaves as the text that people read.

    CSV             UTF-8, comma, decimal point, ISO dates                                  (`result_format=csv`)
    CSV pour Excel  UTF-8 with BOM, semicolon, decimal comma, dates as 31/12/2026           (`result_format=xlsx`)
"""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
from flask import Flask, Response, request

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHART_API = "/api/v1/chart/"

MARKUP = re.compile(r"</?(?:div|span|strong|em|b|i|p|br|img|a|ul|li|svg|g|path|line|rect|circle|polyline|text)\b[^>]*>")
BLANKS = re.compile(r"[ \t\r\n]+")
# A spreadsheet computes what starts so; the last four are how Japanese keyboards type the first four.
FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
NUMBER = re.compile(r"[+-]?\d[\d \u00a0\u202f]*([.,]\d+)?([ \u00a0\u202f]?[%€])?")


def exported(value: Any) -> Any:
    """Return a cell as it may leave: HTML as its text, and no text that a spreadsheet would compute."""
    if not isinstance(value, str):
        return value
    if MARKUP.search(value):
        value = BLANKS.sub(" ", html.unescape(MARKUP.sub(" ", value))).strip()
    return f"'{value}" if FORMULA.match(value) and not NUMBER.fullmatch(value) else value


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its heads and texts as they may leave."""
    columns = [column.map(exported) if column.dtype == object else column for column in _columns(frame)]
    table = pd.concat(columns, axis=1) if columns else frame
    table.columns = [exported(name) for name in frame.columns]
    return table


def _columns(frame: pd.DataFrame) -> Iterator[pd.Series]:
    """Yield the columns by rank: two metrics may have one label."""
    return (frame.iloc[:, rank] for rank in range(frame.shape[1]))


def to_csv(frame: pd.DataFrame, index: bool = False, **_options: Any) -> str:
    """Return a table for a program (takes the place of Superset's `df_to_escaped_csv`)."""
    return _cells(frame).to_csv(index=index, lineterminator="\r\n")


def to_excel_csv(frame: pd.DataFrame, index: bool = False, **_options: Any) -> bytes:
    """Return a table that a French Excel opens by a double click (takes the place of Superset's `df_to_excel`)."""
    table = _cells(frame)
    for rank, column in enumerate(_columns(table)):
        if pd.api.types.is_datetime64_any_dtype(column):
            table.isetitem(rank, column.dt.strftime("%d/%m/%Y" if _are_days(column) else "%d/%m/%Y %H:%M:%S"))
        elif _holds_only(column, date):
            table.isetitem(rank, column.map(lambda day: f"{day:%d/%m/%Y}", na_action="ignore"))
        elif _holds_only(column, Decimal):
            # Only what pandas knows as a number gets a comma.
            table.isetitem(rank, pd.to_numeric(column))
    return table.to_csv(index=index, sep=";", decimal=",", lineterminator="\r\n").encode("utf-8-sig")


def _are_days(moments: pd.Series) -> bool:
    return bool((moments.dropna().dt.normalize() == moments.dropna()).all())


def _holds_only(column: pd.Series, kind: type) -> bool:
    return column.dtype == object and bool(column.dropna().map(lambda cell: isinstance(cell, kind)).all())


def _keep_types(_frame: pd.DataFrame, _kinds: list[Any]) -> None:
    """Take the place of the preparation of a workbook, which fails when two columns have one label."""


class _Rows:
    """The rows of a streamed result, as they may leave."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def fetchmany(self, size: int) -> list[tuple]:
        return [tuple(exported(value) for value in row) for row in self._rows.fetchmany(size)]


def _neutralise_streams() -> None:
    """Make Superset's streamed CSV follow the same rule."""
    from superset.commands.streaming_export.base import BaseStreamingCSVExportCommand as Stream

    head, rows = Stream._write_csv_header, Stream._process_rows

    def write_head(self: Any, columns: Iterable[str], *rest: Any) -> Any:
        return head(self, [exported(name) for name in columns], *rest)

    def process_rows(self: Any, result: Any, *rest: Any) -> Any:
        return rows(self, _Rows(result), *rest)

    Stream._write_csv_header, Stream._process_rows = write_head, process_rows


def _renamed(archive: bytes) -> bytes:
    """Return an archive of several queries whose files are named as what they are."""
    renamed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(renamed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name.removesuffix(".xlsx").removesuffix(".csv") + ".csv", before.read(name))
    return renamed.getvalue()


def _say_csv(response: Response) -> Response:
    """Name the export for what it is: where Superset thinks of a workbook, ours is a CSV."""
    if not request.path.startswith(CHART_API) or response.status_code != 200:
        return response
    if response.mimetype == WORKBOOK:
        response.headers["Content-Type"] = "text/csv; charset=utf-8"
        name = response.headers.get("Content-Disposition", "")
        response.headers["Content-Disposition"] = name.replace(".xlsx", "_excel.csv")
    elif response.mimetype == "application/zip":
        response.set_data(_renamed(response.get_data()))
    return response


def export_safely(app: Flask) -> None:
    """Put our writers in the place of Superset's."""
    from superset.utils import csv, excel

    csv.df_to_escaped_csv = to_csv
    excel.df_to_excel = to_excel_csv
    excel.apply_column_types = _keep_types
    _neutralise_streams()
    app.after_request(_say_csv)
