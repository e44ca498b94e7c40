"""What a reader's browser asks when it opens a dashboard: the same questions, to the letter, without a browser.

Superset keeps an answer under a key made of the question, and it is the browser that writes the question: the order of
its filters, its sort, its post-processing. Written here for the kinds of chart that our dashboards hold, so that what
is computed after a publication is what the first reader will ask for. `tests/browser/test_dashboards.py` opens every
dashboard and fails when one of its tiles was not ready.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Params = dict[str, Any]
Filter = dict[str, Any]

LONGEST_LIST = 1_000
DEFAULT_ROWS = 10_000
SERIES = ("echarts_timeseries_line", "echarts_timeseries_bar", "echarts_timeseries_smooth", "echarts_area")


@dataclass(frozen=True)
class Chosen:
    """A filter of a dashboard that is set as soon as it opens: its condition, and the tiles that it moves."""

    condition: Filter
    root: frozenset[str]
    excluded: frozenset[int]

    def moves(self, chart_id: int, parents: list[str]) -> bool:
        """Whether a chart placed under these parents is in the filter's scope."""
        return chart_id not in self.excluded and bool(self.root.intersection(parents))


def _question(filters: list[Filter], extras: Params, order_desc: bool, **more: Any) -> Params:
    shared = {"filters": filters, "extras": extras, "annotation_layers": [], "series_limit": 0}
    return {**shared, "order_desc": order_desc, "group_others_when_limit_reached": False, **more}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _conditions(params: Params, chosen: list[Filter]) -> tuple[list[Filter], Params]:
    """Return the conditions on rows, those of the dashboard first, and the conditions on groups."""
    filters, having = list(chosen), []
    for item in params.get("adhoc_filters", []):
        if item["expressionType"] == "SQL":
            having.append(f"({item['sqlExpression']})")
            continue
        value = {"val": item["comparator"]} if item.get("comparator") is not None else {}
        filters.append({"col": item["subject"], "op": item["operator"], **value})
    grain = {"time_grain_sqla": params["time_grain_sqla"]} if params.get("time_grain_sqla") else {}
    return filters, {**grain, "having": " AND ".join(having), "where": ""}


def _axis(params: Params) -> Params:
    return {
        "timeGrain": params.get("time_grain_sqla"),
        "columnType": "BASE_AXIS",
        "sqlExpression": params["x_axis"],
        "label": params["x_axis"],
        "expressionType": "SQL",
        "isColumnReference": True,
    }


def _table(params: Params, chosen: list[Filter]) -> list[Params]:
    filters, extras = _conditions(params, chosen)
    metrics, groups = params.get("metrics", []), params.get("groupby", [])
    sort, descending = params.get("timeseries_limit_metric"), params.get("order_desc", True)
    sort = sort[0] if isinstance(sort, list) and sort else sort
    order = [[sort, not descending]] if sort else [[metrics[0], False]] if metrics else []
    limited = {"series_limit_metric": params["timeseries_limit_metric"]} if sort else {}
    more = {"columns": groups, "metrics": metrics, "orderby": order, "row_limit": params.get("row_limit")}
    return [_question(filters, extras, descending, post_processing=[], time_offsets=[], **more, **limited)]


def _series(params: Params, chosen: list[Filter]) -> list[Params]:
    filters, extras = _conditions(params, chosen)
    metrics, groups, x_axis = params["metrics"], params.get("groupby", []), params["x_axis"]
    options = {
        "index": [x_axis],
        "columns": groups,
        "aggregates": {metric: {"operator": "mean"} for metric in metrics},
        "drop_missing_columns": not params.get("show_empty_columns"),
    }
    steps: list[Params] = [{"operation": "pivot", "options": options}]
    if groups and len(metrics) == 1 and params.get("truncate_metric"):
        renamed = {"columns": {metrics[0]: None}, "level": 0, "inplace": True}
        steps.append({"operation": "rename", "options": renamed})
    steps.append({"operation": "flatten"})
    question = _question(
        filters,
        extras,
        params.get("order_desc", True),
        columns=[_axis(params), *groups],
        metrics=metrics,
        orderby=[[metrics[0], not params.get("order_desc", True)]],
        row_limit=params.get("row_limit", DEFAULT_ROWS),
        series_columns=groups,
        time_offsets=[],
        post_processing=steps,
    )
    shown = [layer for layer in params.get("annotation_layers", []) if layer.get("show")]
    return [{**question, "annotation_layers": shown}]


def _heatmap(params: Params, chosen: list[Filter]) -> list[Params]:
    filters, extras = _conditions(params, chosen)
    group, metric = _listed(params["groupby"])[0], params["metric"]
    axes = ((params["x_axis"], params.get("sort_x_axis")), (group, params.get("sort_y_axis")))
    order = [[metric if "value" in sort else name, sort.endswith("asc")] for name, sort in axes if sort]
    question = _question(
        filters,
        extras,
        True,
        columns=[_axis(params), group],
        metrics=[metric],
        orderby=order,
        row_limit=params.get("row_limit", DEFAULT_ROWS),
        post_processing=[{"operation": "rank", "options": {"metric": metric}}],
    )
    return [question]


def _mixed(params: Params, chosen: list[Filter]) -> list[Params]:
    """Two series of one axis; what the second says under its own name replaces what the first says."""
    second = {name.removesuffix("_b"): value for name, value in params.items() if name.endswith("_b")}
    return [*_series(params, chosen), *_series(params | second, chosen)]


def _polygons(params: Params, chosen: list[Filter]) -> list[Params]:
    filters, extras = _conditions(params, chosen)
    if params.get("filter_nulls", True):
        filters.append({"col": params["line_column"], "op": "IS NOT NULL"})
    height = params.get("point_radius_fixed") or {}
    metrics = [params.get("metric"), height.get("value") if height.get("type") == "metric" else None]
    shown = params.get("tooltip_contents", [])
    metrics += [item["metric_name"] for item in shown if item["item_type"] == "metric"]
    columns = [params["line_column"], *(item["column_name"] for item in shown if item["item_type"] == "column")]
    more = {"columns": list(dict.fromkeys(columns)), "metrics": [m for m in dict.fromkeys(metrics) if m]}
    return [_question(filters, extras, True, row_limit=params["row_limit"], is_timeseries=False, **more)]


BUILDERS: dict[str, Callable[[Params, list[Filter]], list[Params]]] = {
    "table": _table,
    "heatmap_v2": _heatmap,
    "mixed_timeseries": _mixed,
    "deck_polygon": _polygons,
    **dict.fromkeys(SERIES, _series),
}


def of_chart(params: Params, chosen: list[Filter]) -> list[Params] | None:
    """Return what a chart asks under the conditions chosen on its dashboard; None for a kind that is not known here."""
    build = None if params.get("query_mode") == "raw" else BUILDERS.get(params["viz_type"])
    return build(params, chosen) if build else None


def of_filter(native: Params) -> Params:
    """Return what a filter asks to list its options."""
    settings, column = native["controlValues"], native["targets"][0]["column"]["name"]
    sort, ascending = settings.get("sortMetric"), bool(settings.get("sortAscending", True))
    order = [[sort or column, ascending]] if sort or "sortAscending" in settings else []
    extras = {"having": "", "where": ""}
    more = {"columns": [column], "metrics": [sort] if sort else [], "orderby": order, "row_limit": LONGEST_LIST}
    return _question([], extras, True, **more)


def chosen_at_first(native: Params, options: list[Any]) -> Chosen | None:
    """Return what a filter chooses by itself when the dashboard opens, given its options in order; None for nothing."""
    scope = native["scope"]
    root, excluded = frozenset(scope["rootPath"]), frozenset(scope["excluded"])
    if native["controlValues"].get("defaultToFirstItem"):
        column = native["targets"][0]["column"]["name"]
        return Chosen({"col": column, "op": "IN", "val": options[:1]}, root, excluded) if options else None
    given = native["defaultDataMask"].get("extraFormData", {}).get("filters", [])
    return Chosen(given[0], root, excluded) if given else None


def native_filters(json_metadata: str) -> list[Params]:
    """Return the filters of a dashboard that list options, in their order."""
    known = json.loads(json_metadata or "{}").get("native_filter_configuration", [])
    return [native for native in known if native.get("filterType") == "filter_select"]


def ask(datasource: int, asked: list[Params]) -> list[dict[str, Any]]:
    """Ask a dataset as the charts' interface would, for who is signed in; its answers, kept on the way."""
    from superset.charts.schemas import ChartDataQueryContextSchema

    body = {"datasource": {"id": datasource, "type": "table"}, "force": False, "queries": asked}
    context = ChartDataQueryContextSchema().load({**body, "result_format": "json", "result_type": "full"})
    return context.get_payload()["queries"]


def options(native: Params) -> list[Any] | None:
    """Return the options of a filter, in order; None when they can't be read."""
    target = native["targets"][0]
    (answer,) = ask(target["datasetId"], [of_filter(native)])
    return None if answer.get("error") else [row[target["column"]["name"]] for row in answer["data"]]
