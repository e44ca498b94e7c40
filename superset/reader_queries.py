"""What readers of dashboards may ask the charts' API: what a dashboard asks, never SQL of their own.

Superset lets whoever may read a chart send its dataset another query: SQL as a measure, a dimension, a condition, the
whole rows, the text of the query. Row-level security holds, but an expression that fails on chosen rows tells, by its
error, about rows that were filtered out. Readers (who may not explore) are therefore held to names: measures declared
on the dataset, columns, simple filters, and the one condition that our charts use, the sign of a measure.
"""

import json
import re
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, abort, g, request
from flask_login import current_user

if TYPE_CHECKING:
    from superset.common.query_context import QueryContext
    from superset.common.query_object import QueryObject

SIGN_CONDITION = re.compile(r"[\s(]*\w+ [<>] 0[\s)]*(AND[\s(]*\w+ [<>] 0[\s)]*)*", re.IGNORECASE)
ACCOUNTS = re.compile(r"/api/v1/\w+/related/")
CHART_DATA = "/api/v1/chart/"
HELD = re.compile(rf"{ACCOUNTS.pattern}|{CHART_DATA}")
SQL_TEXT = re.compile(rb'"query": ?"(?:[^"\\]|\\.)*"')
COUNT = re.compile(r"count\(\*\)", re.IGNORECASE)
READERS_RESULTS = frozenset(("full", "results", "post_processed", "columns", "timegrains"))
DETAILED_RESULTS = frozenset(("samples", "drill_detail"))


def _is_name(expression: Any, columns: set[str]) -> bool:
    """Whether a column, a measure or a sort key is a name, or SQL that is nothing but the name of a column."""
    if not isinstance(expression, dict):
        return True
    if expression.get("expressionType") == "SIMPLE":
        return (expression.get("column") or {}).get("column_name") in columns
    sql = str(expression.get("sqlExpression") or "")
    return sql in columns or bool(COUNT.fullmatch(sql))


def _expressions(query: "QueryObject") -> list[Any]:
    """Return all that a query selects, filters and sorts by."""
    selected = [*(query.columns or []), *(query.metrics or []), *(query.series_columns or [])]
    sorted_by = [item[0] for item in query.orderby or [] if item]
    filtered = [item.get("col") for item in query.filter or []]
    return [*selected, *sorted_by, *filtered, query.series_limit_metric]


def refusal_of(query_context: "QueryContext", may_sample: bool) -> str | None:
    """Return why a reader may not ask this, in French, or None."""
    columns = {column.column_name for column in query_context.datasource.columns}
    allowed = READERS_RESULTS | DETAILED_RESULTS if may_sample else READERS_RESULTS
    for query in query_context.queries:
        if (query.result_type or query_context.result_type) not in allowed or query_context.result_type not in allowed:
            return "ce détail n’est pas ouvert à votre compte."
        if not all(_is_name(expression, columns) for expression in _expressions(query)):
            return "votre compte ne peut pas écrire de SQL."
        having, where = query.extras.get("having"), query.extras.get("where")
        if where or (having and not SIGN_CONDITION.fullmatch(having)):
            return "votre compte ne peut pas écrire de SQL."
        if any(layer.get("sourceType") not in (None, "NATIVE") for layer in query.annotation_layers or []):
            return "votre compte ne peut pas joindre un autre graphique."
    return None


def is_reader() -> bool:
    """Whether who asks may open dashboards and nothing more; found once per request."""
    from superset import security_manager

    if "_est_lecteur" not in g:
        g._est_lecteur = not security_manager.can_access("can_explore", "Superset")
    return g._est_lecteur


def hold_readers(app: Flask) -> None:
    """Keep from readers the list of accounts, which Superset offers to choose an owner, and the SQL behind a chart."""

    @app.before_request
    def before() -> None:
        if not HELD.match(request.path) or not current_user.is_authenticated:
            return
        # Charts ask it at the end only, but by then Superset has written its log, and would read roles anew.
        if is_reader() and ACCOUNTS.match(request.path):
            abort(403)

    @app.after_request
    def after(response: Response) -> Response:
        asked = request.path.startswith(CHART_DATA) and response.mimetype == "application/json"
        if asked and response.status_code == 200 and is_reader():
            response.set_data(SQL_TEXT.sub(rb'"query": ""', response.get_data()))
        return response


class ReaderQueries:
    """What a security manager adds to Superset's own to hold readers to what a dashboard asks."""

    def raise_for_access(self, *args: Any, query_context: Any = None, **kwargs: Any) -> None:
        if query_context is None or not self._lists_a_filter(query_context):
            super().raise_for_access(*args, query_context=query_context, **kwargs)
        if query_context is None or self.can_access("can_explore", "Superset"):
            return
        from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
        from superset.exceptions import SupersetSecurityException

        reason = refusal_of(query_context, self.can_access("can_samples", "Datasource"))
        if reason:
            kind = SupersetErrorType.DATASOURCE_SECURITY_ACCESS_ERROR
            raise SupersetSecurityException(SupersetError(f"Demande refusée : {reason}", kind, ErrorLevel.WARNING))

    def _lists_a_filter(self, query_context: "QueryContext") -> bool:
        """Whether this is what a filter lists, of a page that who asks may open.

        Superset lets it through on the same grounds, but describes the whole dataset on the way, to read its number:
        a third of the answer.
        """
        from superset.models.dashboard import Dashboard

        asked = query_context.form_data or {}
        if asked.get("type") != "NATIVE_FILTER":
            return False
        page = self.session.query(Dashboard).filter(Dashboard.id == asked.get("dashboardId")).one_or_none()
        if page is None or not page.roles:
            return False
        natives = json.loads(page.json_metadata or "{}").get("native_filter_configuration", [])
        # What only divides the bar, or tells a period, has no target.
        listed = {
            target.get("datasetId")
            for native in natives
            if native["id"] == asked.get("native_filter_id")
            for target in native.get("targets", [])
        }
        return query_context.datasource.id in listed and self.can_access_dashboard(page)
