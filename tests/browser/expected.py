"""What a dashboard must show, computed from the published file and from the assets, without Superset."""

import html
import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

ASSETS = Path(__file__).parents[2] / "superset" / "assets"
OPERATORS = {"==": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "!=": "<>"}


@dataclass(frozen=True)
class Chart:
    """A chart of a dashboard, its dataset, and the conditions that the dashboard's filters add by default."""

    name: str
    viz_type: str
    params: dict[str, Any]
    dataset: dict[str, Any]
    conditions: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        """The columns that make its rows."""
        named = [self.params.get(key) for key in ("x_axis", "groupby", "line_column")]
        return [c for value in named if value for c in (value if isinstance(value, list) else [value])]

    @property
    def metrics(self) -> list[str]:
        return self.params.get("metrics") or [self.params["metric"]]

    @property
    def labels(self) -> dict[str, str]:
        """The French name of each metric of its dataset."""
        return {metric["metric_name"]: metric["verbose_name"] for metric in self.dataset["metrics"]}


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text("utf-8"))


def _all(folder: str) -> list[dict[str, Any]]:
    return [_load(path) for path in sorted((ASSETS / folder).rglob("*.yaml"))]


def dashboard_slugs() -> list[str]:
    """Return the slugs of the dashboards of the tree."""
    return sorted(d["slug"] for d in _all("dashboards"))


def required_choices(slug: str) -> int:
    """Return how many filters of a dashboard choose their first option by themselves."""
    (dashboard,) = [d for d in _all("dashboards") if d["slug"] == slug]
    natives = dashboard["metadata"]["native_filter_configuration"]
    return sum(bool(native["controlValues"].get("defaultToFirstItem")) for native in natives)


def _first_option(native: dict[str, Any], dataset: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> str:
    """Return the condition of a filter that selects its first option by itself."""
    column, sort = native["targets"][0]["column"]["name"], native["controlValues"]["sortMetric"]
    order = "asc" if native["controlValues"]["sortAscending"] else "desc"
    query = (
        f"select {column} from marts.{dataset['table_name']} group by {column} "
        f"order by {_expressions(dataset)[sort]} {order} limit 1"
    )
    (value,) = connection.execute(query).fetchone()
    return f"""{column} = '{value.replace("'", "''")}'"""


def charts_of(slug: str, connection: duckdb.DuckDBPyConnection) -> list[Chart]:
    """Return the charts of a dashboard in their order on the page."""
    (dashboard,) = [d for d in _all("dashboards") if d["slug"] == slug]
    datasets = {d["uuid"]: d for d in _all("datasets")}
    charts = {c["uuid"]: c for c in _all("charts")}
    defaults = []
    for native in dashboard["metadata"]["native_filter_configuration"]:
        if native["controlValues"].get("defaultToFirstItem"):
            dataset = datasets[native["targets"][0]["datasetUuid"]]
            column = native["targets"][0]["column"]["name"]
            defaults.append((_first_option(native, dataset, connection), native["scope"]["excluded"], column))
    found = []
    for tile in dashboard["position"].values():
        if isinstance(tile, dict) and tile.get("type") == "CHART":
            chart = charts[tile["meta"]["uuid"]]
            dataset = datasets[chart["dataset_uuid"]]
            columns = {column["column_name"] for column in dataset["columns"]}
            added = tuple(
                text
                for text, excluded, column in defaults
                if tile["meta"]["chartId"] not in excluded and column in columns
            )
            found.append(Chart(chart["slice_name"], chart["viz_type"], chart["params"], dataset, added))
    return found


def _expressions(dataset: dict[str, Any]) -> dict[str, str]:
    return {metric["metric_name"]: metric["expression"] for metric in dataset["metrics"]}


def _condition(item: dict[str, Any]) -> str | None:
    """Return the SQL of a chart's own filter on rows."""
    if item["clause"] == "HAVING":
        return None
    subject, operator, value = item["subject"], item["operator"], item.get("comparator")
    if operator == "TEMPORAL_RANGE":
        return None
    if operator in ("IS NOT NULL", "IS NULL"):
        return f"{subject} {operator}"
    if operator in ("IN", "NOT IN"):
        return f"{subject} {operator} ({', '.join(repr(v) for v in value)})"
    return f"{subject} {OPERATORS[operator]} '{value}'"


def _signs(chart: Chart, expressions: dict[str, str]) -> list[str]:
    """Return the condition that a chart puts on the sign of a metric, if any."""
    filters = chart.params.get("adhoc_filters", [])
    having = [f["sqlExpression"].split(" ", 1) for f in filters if f["clause"] == "HAVING"]
    return [f"({expressions[metric]}) {sign}" for metric, sign in having]


def rows(chart: Chart, connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Return all the rows of a chart, its limit aside: keys, metrics, then the metric that sorts, if any."""
    expressions = _expressions(chart.dataset)
    conditions = [c for c in (_condition(f) for f in chart.params.get("adhoc_filters", [])) if c]
    conditions += chart.conditions
    sort = chart.params.get("timeseries_limit_metric")
    selected = [*chart.keys, *(expressions[m] for m in [*chart.metrics, *([sort] if sort else [])])]
    query = f"select {', '.join(selected)} from marts.{chart.dataset['table_name']}"
    query += f" where {' and '.join(conditions)}" if conditions else ""
    query += f" group by {', '.join(chart.keys)}" if chart.keys else ""
    query += "".join(f" having {text}" for text in _signs(chart, expressions))
    return connection.execute(query).fetchall()


def text_of(cell: Any, d3_format: str | None) -> str:
    """Return what a cell must read on screen: markup removed, numbers in French."""
    if cell is None:
        return "N/A"
    if isinstance(cell, str):
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split())
    unit, factor = (" %", 100) if (d3_format or "").endswith("%") else ("", 1)
    decimals = int(re.search(r"\.(\d)", d3_format or ",.0f")[1])
    rounded = Decimal(repr(cell * factor)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded:,}".replace(",", " ").replace(".", ",") + unit


def visible_texts(chart: Chart, row: tuple) -> list[str]:
    """Return the texts of a row of a table, hidden columns left out."""
    settings = chart.params.get("column_config", {})
    formats = {m["metric_name"]: m["d3format"] for m in chart.dataset["metrics"]}
    names = [*chart.keys, *chart.metrics]
    return [
        text_of(value, settings.get(name, {}).get("d3NumberFormat") or formats.get(name))
        for name, value in zip(names, row, strict=False)
        if settings.get(name, {}).get("visible", True)
    ]


def milliseconds(day: date) -> int:
    """Return a civil date as Superset sends it: milliseconds of UTC."""
    return (day - date(1970, 1, 1)).days * 86_400_000
