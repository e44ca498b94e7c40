"""The audit log: who signed in, or failed to, opened, exported or queried what, and was refused.

One JSON line per event in `journaux/audit.log` under the home, for its owner only; beside it, Superset keeps its own
rows in the table `logs`, to which signing in is added here, and of which the steps of answering a tile are left out.
Neither ever holds a password or the result of a query.
"""

import fcntl
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request

BYTES = 10_000_000
KEPT = 10
LONGEST_SQL = 2_000

OPENED, SIGNED_IN, SIGN_IN_FAILED, SIGNED_OUT = "tableau_ouvert", "connexion", "connexion_refusee", "deconnexion"
REFUSED = "refus"
EXPORT_FORMATS = ("csv", "xlsx")
# What is worth a line whatever its answer: method, path, name of the event.
EVENTS = tuple(
    (method, re.compile(path), event)
    for method, path, event in (
        ("GET", r"/superset/dashboard/[^?]+", OPENED),
        ("POST", r"/datasource/samples", "lignes_consultees"),
        ("POST", r"/api/v1/sqllab/execute/", "requete_sql"),
        ("GET", r"/api/v1/sqllab/export/.*", "export"),
        ("POST", r"/api/v1/sqllab/export_streaming/.*", "export"),
        ("GET", r"/api/v1/(assets|chart|dashboard|database|dataset|saved_query|theme)/export/", "export"),
        (
            "(POST|PUT|PATCH|DELETE)",
            r"/api/v1/(security/(roles|users|groups|permissions).*|rowlevelsecurity.*)",
            "droits",
        ),
        ("POST", r"/resetm?y?password/form", "mot_de_passe"),
    )
)


def _make_room(path: Path) -> None:
    """Number the full file 1, the one before it 2, and so on; the last one goes."""
    for rank in range(KEPT - 1, 0, -1):
        older = Path(f"{path}.{rank}")
        if older.exists():
            older.replace(f"{path}.{rank + 1}")
    path.replace(f"{path}.1")


def write(path: Path, line: str) -> None:
    """Append a line, from any thread of any process; past ten megabytes the file is set aside, ten are kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(f"{path}.verrou", os.O_CREAT | os.O_WRONLY, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists() and path.stat().st_size > BYTES:
            _make_room(path)
        with os.fdopen(os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(line + "\n")


def note(event: str, login: str | None = None, **details: Any) -> None:
    """Write an event of the current request; the login is that of who is signed in unless said."""
    known = {key: value for key, value in details.items() if value is not None}
    line = {
        "quand": datetime.now(UTC).isoformat(timespec="seconds"),
        "qui": login or getattr(g.get("user"), "username", None),
        "adresse": request.remote_addr,
        "evenement": event,
        **known,
    }
    write(Path(current_app.config["AUDIT_FILE"]), json.dumps(line, ensure_ascii=False))


def keep(event: str, login: str, user_id: int | None = None) -> None:
    """Add a row to Superset's own log, in a transaction of its own: the request's may have failed."""
    from superset.models.core import Log

    from superset import db

    text = json.dumps({"utilisateur": login, "adresse": request.remote_addr}, ensure_ascii=False)
    row = {"action": event, "user_id": user_id, "json": text, "dttm": datetime.now(UTC).replace(tzinfo=None)}
    with db.engine.begin() as connection:
        connection.execute(Log.__table__.insert(), row)


def recent_failures(duration: timedelta) -> list[dict[str, Any]]:
    """Return login and address of the sign-ins that failed lately, whichever process saw them."""
    from superset.models.core import Log

    from superset import db

    since = datetime.now(UTC).replace(tzinfo=None) - duration
    rows = db.session.query(Log.json).filter(Log.user_id.is_(None), Log.dttm >= since, Log.action == SIGN_IN_FAILED)
    return [json.loads(text) for (text,) in rows]


def _event(status: int) -> str | None:
    """Return what the current request was, when it is worth a line."""
    for method, path, event in EVENTS:
        if re.fullmatch(method, request.method) and path.fullmatch(request.path):
            return event
    body = request.get_json(silent=True) if request.is_json else None
    if request.path.startswith("/api/v1/chart/"):
        wanted = body.get("result_format") if isinstance(body, dict) else request.args.get("format")
        if wanted in EXPORT_FORMATS:
            return "export"
    return REFUSED if status == 403 else None


def _details() -> dict[str, Any]:
    """Return what the request names: chart, dashboard, dataset, statement."""
    body = request.get_json(silent=True) if request.is_json else None
    if not isinstance(body, dict):
        return {"jeu": request.args.get("datasource_id"), "format": request.args.get("format")}
    form, source = body.get("form_data"), body.get("datasource")
    form, source = form if isinstance(form, dict) else {}, source if isinstance(source, dict) else {}
    sql = body.get("sql")
    return {
        "tableau": form.get("dashboardId"),
        "graphique": form.get("slice_id"),
        "jeu": source.get("id") or request.args.get("datasource_id"),
        "format": body.get("result_format"),
        "sql": sql[:LONGEST_SQL] if isinstance(sql, str) else None,
    }


def keep_an_audit_log(app: Flask) -> None:
    """Write a line for each request that opens, exports, queries or changes rights, and for each that is refused."""

    @app.after_request
    def after(response: Response) -> Response:
        event = _event(response.status_code)
        if event and getattr(g.get("user"), "is_authenticated", False):
            note(event, chemin=request.path, statut=response.status_code, **_details())
        return response
