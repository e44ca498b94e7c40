"""What leaves a tile as a file: both CSV of every chart, true to the published file, and harmless to a spreadsheet."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, Request

from orchestration.chromium import TILE
from tests.browser.expected import Chart, charts_of, dashboard_slugs, rows, text_of
from tests.browser.superset_server import Superset
from tests.browser.visitor import Visitor, visiting

pytestmark = pytest.mark.browser
CLOSE = 1e-9
FIRST = "pilotage"
MENU_ITEM = {"csv": "CSV (virgules, pour un logiciel)", "xlsx": "CSV pour Excel (points-virgules)"}

# What a spreadsheet would compute, then what it would not.
HOSTILE = [
    '=HYPERLINK("http://exemple.invalid";"Cliquez")',
    "+33 2 99 00 00 00 (mairie)",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "＝1+1",
]
HARMLESS = ["-12", "-3,5", "+4", "-1 250,40 €", "-7 %", "Saint-Brieuc", "12 = 12", "a\\b", 'dit « "oui" »', "a;b,c"]


class Exporter:
    """A visitor who keeps what the page asked for each chart, and asks it again as a file."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.asked: dict[int, dict[str, Any]] = {}
        visitor.page.on("request", self._keep)

    def _keep(self, request: Request) -> None:
        if "/api/v1/chart/data" in request.url and request.method == "POST" and request.post_data_json:
            body = request.post_data_json
            if "slice_id" in body["form_data"]:
                self.asked[body["form_data"]["slice_id"]] = body

    def export(self, chart_name: str, form: str) -> list[list[str]]:
        """Return the rows of an export, its heads first."""
        (chart_id,) = [i for i, name in self.visitor.chart_names.items() if name == chart_name]
        body = self.asked[chart_id] | {"result_format": form, "result_type": "full"}
        status, text = self.visitor.post("/api/v1/chart/data", body)
        assert status == 200, (chart_name, text[:300])
        return parsed(text, form)


def parsed(text: str, form: str) -> list[list[str]]:
    """Read a CSV as a program or as a French Excel does."""
    assert "<div" not in text and "<span" not in text
    return list(
        csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";" if form == "xlsx" else ",")
    )


def _same(text: str, value: Any, form: str) -> bool:
    """Whether a cell of an export is a value of the query."""
    if value is None:
        return text == ""
    if isinstance(value, date):
        return text.startswith(f"{value:%d/%m/%Y}" if form == "xlsx" else value.isoformat()[:10])
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return abs(_number(text, form) - float(value)) < CLOSE * max(1, abs(value))
    # What begins with a sign that a spreadsheet computes has an apostrophe before it.
    return " ".join(text.removeprefix("'").split()) == text_of(str(value), None)


def _number(text: str, form: str) -> float:
    return float(text.replace(",", ".") if form == "xlsx" else text)


def check(chart: Chart, exported: list[list[str]], form: str, expected: list[tuple]) -> None:
    """The rows of an export are those of a query; of a drawn chart, its measures are."""
    body = exported[1:]
    if chart.viz_type == "table":
        width = len(chart.keys) + len(chart.metrics)
        assert len(body) == min(chart.params["row_limit"], len(expected)), chart.name
        for row in body:
            known = (all(map(_same, row[:width], values, [form] * width)) for values in expected)
            assert any(known), (chart.name, row)
        return
    # One column of the measure, or one per series; a map also names its territories and says its words.
    label = chart.labels[chart.metrics[0]]
    at = exported[0].index(label) if label in exported[0] else None
    cells = [cell for row in body for cell in row[1:]] if at is None else [row[at] for row in body]
    numbers = sorted(_number(cell, form) for cell in cells if cell)
    values = sorted(row[len(chart.keys)] for row in expected if row[len(chart.keys)] is not None)
    assert len(numbers) == len(values), chart.name
    assert all(abs(a - b) < CLOSE * max(1, abs(b)) for a, b in zip(numbers, values, strict=True)), chart.name


@pytest.mark.parametrize(
    "slug", [pytest.param(slug, marks=[] if slug == FIRST else [pytest.mark.long]) for slug in dashboard_slugs()]
)
def test_every_chart_exports_the_figures_of_a_query(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection, slug: str
) -> None:
    with visiting(browser, superset, "comite") as visitor:
        exporter = Exporter(visitor)
        visitor.open(slug)
        # A chart of two questions leaves as an archive of two files, whose figures are not read here.
        for chart in (c for c in charts_of(slug, published) if c.viz_type != "mixed_timeseries"):
            expected = rows(chart, published)
            for form in MENU_ITEM:
                check(chart, exporter.export(chart.name, form), form, expected)


@pytest.mark.parametrize("form", MENU_ITEM)
def test_the_menu_of_a_tile_downloads_it(browser: Browser, superset: Superset, form: str) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open(FIRST)
        tile = visitor.page.locator(TILE, has=visitor.page.locator("[data-test-chart-name^='Quel type']")).last
        tile.hover()
        tile.locator("[id$='-controls']").click()
        visitor.page.locator(".ant-dropdown-menu-submenu-title", has_text="Télécharger").hover()
        with visitor.page.expect_download() as download:
            visitor.page.locator(".ant-dropdown-menu-item", has_text=MENU_ITEM[form]).click()
        text = download.value.path().read_bytes().decode("utf-8")
        assert download.value.suggested_filename.endswith("_excel.csv" if form == "xlsx" else ".csv")
        assert text.startswith("\ufeff") == (form == "xlsx")
        assert parsed(text, form)[0][:3] == ["Type de collectivité", "Nombre", "Marchés"]
        assert visitor.incidents == []


def _spelt(text: str) -> str:
    """A text as an SQL expression in which no character means anything."""
    return " || ".join(f"chr({ord(character)})" for character in text)


def _question(visitor: Visitor, form: str, row_limit: int) -> dict[str, Any]:
    """A question whose one row holds every text, under a head that is a formula too."""
    address = f"{visitor.superset.url}/api/v1/dataset/?q=(filters:!((col:table_name,opr:eq,value:dim_processus)))"
    (dataset,) = visitor.page.request.get(address).json()["result"]
    columns = [
        {"label": f"=colonne{rank}", "sqlExpression": _spelt(text), "expressionType": "SQL"}
        for rank, text in enumerate([*HOSTILE, *HARMLESS])
    ]
    return {
        "datasource": {"id": dataset["id"], "type": "table"},
        "queries": [{"columns": columns, "metrics": [], "row_limit": 10}],
        "form_data": {"row_limit": row_limit},
        "result_format": form,
        "result_type": "full",
    }


def _check_harmless(exported: list[list[str]]) -> None:
    heads, row = exported
    assert all(head.startswith("'=colonne") for head in heads)
    shown = [cell.replace("\r\n", "\n") for cell in row]
    assert shown == [*(f"'{text}" for text in HOSTILE), *HARMLESS]


# The largest limit makes Superset stream its answer, by another writer.
@pytest.mark.parametrize(("form", "row_limit"), [("csv", 10), ("xlsx", 10), ("csv", 1_000_000)])
def test_no_export_holds_a_formula(browser: Browser, superset: Superset, form: str, row_limit: int) -> None:
    with visiting(browser, superset, "analyste") as visitor:
        status, text = visitor.post("/api/v1/chart/data", _question(visitor, form, row_limit))
        assert status == 200, text[:300]
        _check_harmless(parsed(text, form))


def test_no_export_of_sql_lab_holds_a_formula(browser: Browser, superset: Superset) -> None:
    names = ", ".join(f'{_spelt(t)} as "=colonne{rank}"' for rank, t in enumerate([*HOSTILE, *HARMLESS]))
    with visiting(browser, superset, "analyste") as visitor:
        (database,) = [d["id"] for d in visitor.page.request.get(f"{superset.url}/api/v1/database/").json()["result"]]
        asked = {"database_id": database, "sql": f"select {names}", "schema": "marts", "client_id": "formules001"}
        status, text = visitor.post("/api/v1/sqllab/execute/", asked | {"runAsync": False, "queryLimit": 10})
        assert status == 200, text[:300]
        answer = visitor.page.request.get(f"{superset.url}/api/v1/sqllab/export/formules001/")
        _check_harmless(parsed(answer.body().decode("utf-8"), "csv"))


def test_an_export_is_refused_to_who_may_not_read_the_chart(browser: Browser, superset: Superset) -> None:
    """Being allowed to download opens nothing that the page does not show."""
    with visiting(browser, superset, "analyste") as visitor:
        question = _question(visitor, "csv", 10)
    with visiting(browser, superset, "comite") as visitor:
        visitor.open(FIRST)
        status, text = visitor.post("/api/v1/chart/data", question)
        assert status in (401, 403) and "colonne" not in text
