"""Tables that nobody sorts, which Superset draws several times unless it believes that its server cuts them into pages.

Of any other table the browser keeps a copy of the rows for its exports, and each copy draws the whole page anew: a
fifth of the committee's page. Titles, facts and the committee's own tables therefore say that the server cuts them,
into pages as long as all that they may show. Superset then asks beside the rows how many there are: nothing to learn
where one page holds them all, and told of it, the tile would offer to choose how many to show. A click on a header
would have the server sort cells by their HTML, so style.css takes it away.
"""

from typing import Any

from flask import Flask, request

CHART_DATA = "/api/v1/chart/data"


def _without_idle_counts(queries: list[Any]) -> list[Any]:
    """Return what a tile asks, without the count of rows that could not be more than those asked for."""
    if not queries or not all(isinstance(query, dict) for query in queries):
        return queries
    rows, *others = queries
    limit = rows.get("row_limit")
    return [rows, *(o for o in others if not (limit and o.get("is_rowcount") and o.get("row_limit") == limit))]


def ask_no_idle_counts(app: Flask) -> None:
    """Leave out of what a tile asks the count of the rows of a table that is shown whole."""

    @app.before_request
    def before() -> None:
        if request.method != "POST" or request.path != CHART_DATA:
            return
        body = request.get_json(silent=True)
        if isinstance(body, dict) and isinstance(body.get("queries"), list):
            body["queries"] = _without_idle_counts(body["queries"])
