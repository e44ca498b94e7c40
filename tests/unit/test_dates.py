"""Parsers and models read the same dates: one white list, written in Python and in SQL."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

from orchestration.ingest.readers import EMPTY_DATES, OLDEST_DATE, date_of

RECEIVED = date(2026, 10, 20)
TEXTS = [
    "2017-07-21",
    " 2017-07-21 ",
    "2025-08-28 17:34:35",
    "2016-03-08T16:04:19.2946109Z",
    "2001-02-21+02:00",
    "2001-02-21Z",
    "2025-08-05T10:02:52.618+0200",
    "2017-7-01",
    "2020-1-5",
    "21/07/2017",
    "1/2/2017",
    "29/02/2024",
    "29/02/2023",
    "2023-02-29",
    "2017-13-01",
    "1999-12-31",
    "2000-01-01",
    "2026-10-21",
    "2026-10-22",
    "0002-11-30",
    "5021-02-18",
    "September, 16 2021 00:00:00",
    "20170721",
    "2017/07/21",
    "21-07-2017",
    "17-07-21",
    "",
    "bientôt",
    *sorted(EMPTY_DATES),
]


class Adapter:
    """dbt's dispatch, for the one engine that the test has."""

    def __init__(self) -> None:
        self.macros: dict[str, object] = {}

    def dispatch(self, name: str) -> object:
        return self.macros[f"duckdb__{name}"]


@pytest.fixture(scope="module")
def expression(project: Path) -> str:
    """The SQL that the macro writes for a column `texte`."""
    adapter, environment = Adapter(), Environment()
    environment.globals |= {"adapter": adapter, "return": lambda value: value, "env_var": lambda *_: str(RECEIVED)}
    environment.globals["run_started_at"] = RECEIVED
    module = environment.from_string((project / "macros" / "conversions.sql").read_text("utf-8")).module
    adapter.macros = vars(module)
    return str(module.date_depuis_texte("texte"))


@pytest.mark.parametrize("text", TEXTS)
def test_sql_reads_what_python_reads(expression: str, text: str) -> None:
    """The SQL also drops what is out of bounds, which the parsers report and keep as received."""
    known = date_of(text)
    within = known is not None and OLDEST_DATE <= known <= date(2026, 10, 21)
    source = "select ? as texte, '20261020T120000000000-000001' as _fichier_id"
    ((found,),) = duckdb.execute(f"select {expression} from ({source})", [text]).fetchall()
    assert found == (known if within else None)
