"""The door: who tries too often waits, a session ends when it is closed, and who has no role is told so.

Superset keeps a session in a signed cookie, which nothing can take back: a copy would still open after its owner signed
out. Each session therefore carries a key of its own, noted when it is closed, and a print of the account's password.
"""

import hashlib
import hmac
import secrets
import time
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import audit
from flask import Flask, Response, current_app, json, request, session
from flask_login import current_user, logout_user, user_logged_in, user_logged_out

FORM, API = "/login/", "/api/v1/security/login"
WINDOW = timedelta(minutes=5)
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 50
WAIT = f"Trop d’essais de connexion : réessayez dans {WINDOW.seconds // 60} minutes."
NO_ROLE = (
    "Votre compte est reconnu, mais aucun accès ne lui est ouvert. Demandez à l’administrateur de l’observatoire "
    "quel rôle vous revient."
)
# What is said here is French already: refusals.py leaves it as it is.
FRENCH = {"Content-Language": "fr"}
KEY, PRINT = "_ouverture", "_empreinte"
OPEN_TO_ALL = ("/static/", "/login/", "/logout/", "/health", "/superset/language_pack/", "/oauth-authorized/")
PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>
<body style="font-family:Inter,'DejaVu Sans',Arial,sans-serif;background:#F5F6F8;color:#1B2733">
<main style="max-width:520px;margin:15vh auto;padding:32px;background:#fff;border:1px solid #E1E5EA;border-radius:6px">
<h1 style="font-size:20px">{title}</h1><p>{text}</p><p><a href="{link}">{label}</a></p></main></body></html>"""


def _refusal(status: int, title: str, text: str, link: str, label: str) -> Response:
    """Return a refusal: a page to read, or JSON for whoever asked a programming interface."""
    if request.path.startswith("/api/"):
        return Response(json.dumps({"message": text}), status, FRENCH, mimetype="application/json")
    page = PAGE.format(title=escape(title), text=escape(text), link=link, label=escape(label))
    return Response(page, status, FRENCH, mimetype="text/html")


def _login() -> str:
    """Return the login of an attempt to sign in, as it was typed."""
    body = request.get_json(silent=True) if request.is_json else None
    typed = body.get("username") if isinstance(body, dict) else request.form.get("username")
    return str(typed or "")[:256]


def _is_attempt() -> bool:
    return request.method == "POST" and request.path.rstrip("/") in (FORM.rstrip("/"), API)


def _must_wait() -> bool:
    """Whether this account from this address, or this address, failed too often lately."""
    failures = [f for f in audit.recent_failures(WINDOW) if f["adresse"] == request.remote_addr]
    login = _login().casefold()
    same = [f for f in failures if f["utilisateur"].casefold() == login]
    return len(same) >= TRIES_PER_ACCOUNT or len(failures) >= TRIES_PER_ADDRESS


def _print_of(user: Any) -> str:
    """Return a print of an account's password, which tells nothing of it."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"{user.id}:{user.password}".encode(), hashlib.sha256).hexdigest()[:32]


def _closed_sessions() -> Path:
    return Path(current_app.config["CLOSED_SESSIONS"])


def _close(key: str) -> None:
    """Note that a session is closed, and forget those whose cookie would be too old anyway."""
    folder = _closed_sessions()
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / key).touch(0o600)
    oldest = time.time() - current_app.permanent_session_lifetime.total_seconds()
    for path in folder.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _is_open() -> bool:
    """Whether the session of the current request is one that we opened and nobody closed."""
    key = session.get(KEY, "")
    known = key.isalnum() and hmac.compare_digest(session.get(PRINT, ""), _print_of(current_user))
    return known and not (_closed_sessions() / key).exists()


def _signed_in(_app: Flask, user: Any, **_: Any) -> None:
    session[KEY], session[PRINT] = secrets.token_hex(16), _print_of(user)
    audit.note(audit.SIGNED_IN, user.username)
    audit.keep(audit.SIGNED_IN, user.username, user.id)


def _signed_out(_app: Flask, user: Any, **_: Any) -> None:
    key = session.pop(KEY, "")
    if key.isalnum():
        _close(key)
        audit.note(audit.SIGNED_OUT, user.username)
        audit.keep(audit.SIGNED_OUT, user.username, user.id)


def _before() -> Response | None:
    """Turn away who must wait, forget a session that is closed, stop who has no role."""
    if _is_attempt() and _must_wait():
        audit.note("connexion_bloquee", _login())
        refusal = _refusal(429, "Trop d’essais", WAIT, FORM, "Revenir à la connexion")
        refusal.headers["Retry-After"] = str(WINDOW.seconds)
        return refusal
    if "_user_id" not in session or not current_user.is_authenticated:
        return None
    if not _is_open():
        logout_user()
        session.clear()
    elif not current_user.roles and not request.path.startswith(OPEN_TO_ALL):
        return _refusal(403, "Aucun accès ouvert", NO_ROLE, "/logout/", "Se déconnecter")
    return None


def _after(response: Response) -> Response:
    """Note a sign-in that failed, or one by programme, which opens no session."""
    by_program = request.path == API
    if _is_attempt() and by_program and response.status_code == 200:
        audit.note(audit.SIGNED_IN, _login())
        audit.keep(audit.SIGNED_IN, _login())
    denied = response.status_code == 401 if by_program else response.status_code == 302
    if _is_attempt() and denied and not current_user.is_authenticated:
        audit.note(audit.SIGN_IN_FAILED, _login())
        audit.keep(audit.SIGN_IN_FAILED, _login())
    return response


def guard_the_door(app: Flask) -> None:
    """Register the hooks above."""
    user_logged_in.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    app.before_request(_before)
    app.after_request(_after)
