"""Refusals and errors that a person reads: in French, without the inside of the server.

Superset, its framework and the web server each answer in English, with pages that reach for fonts elsewhere, and say
what went wrong inside. Every answer from 300 on leaves through `_answer`: a page for a browser that asked for
a page, JSON of the same shape for a program, the words of an unexpected error only in the log.
"""

import json
import re
import sys
from html import escape
from pathlib import Path
from typing import Any

import palette
from flask import Flask, Request, Response, abort, request
from flask_babel import gettext

MESSAGES = {
    400: "Demande refusée : elle n’est pas valable.",
    401: "Demande refusée : ouvrez d’abord une session.",
    403: "Demande refusée : votre compte n’en a pas le droit.",
    404: "Demande refusée : cette adresse n’existe pas, ou n’est pas ouverte à votre compte.",
    405: "Demande refusée : cette adresse n’accepte pas cette méthode.",
    413: "Demande refusée : elle est trop grande.",
    415: "Demande refusée : ce format n’est pas accepté.",
    422: "Demande refusée : elle ne peut pas être traitée telle quelle.",
    429: "Trop de demandes en peu de temps : réessayez dans une minute.",
    500: "Erreur interne : elle est notée au journal du serveur. Prévenez l’exploitant si elle revient.",
}
TITLES = {401: "Session nécessaire", 403: "Accès refusé", 404: "Page introuvable", 429: "Trop de demandes"}

# What answers to anyone and serves nobody here: version, sign-up form, choice of another language.
CLOSED = ("/version", "/register/", "/lang/")
# Superset parses a statement several times before it runs, and holds its worker meanwhile.
STATEMENTS = ("/api/v1/sqllab/", "/api/v1/database/")
LONGEST_STATEMENT_BYTES = 60_000
# However much of the text is the person's own SQL, these are ours.
OURS = re.compile(r"^(\w+ error: |Erreur : )?(Requête|Erreur SQL|Erreur de syntaxe SQL|Demande refusée)\b")

DETAILS = re.compile(r"\s*: *\{.*\}$", re.DOTALL)

# Where the words are, in the shapes that Superset and its framework give their refusals.
WORDS = ("message", "msg", "error", "errors", "stacktrace", "detail")
INSIDE = ("stacktrace", "traceback")
FRENCH = re.compile(
    r"\b(le|la|les|l[’']|d[’']|de|des|du|un|une|est|sont|pas|ne|n[’']|et|ou|vous|votre|sur|pour|dans|avec|au|aux|en|à"
    r"|refusée?|permise?s?|introuvable|erreur|requête)(?=\W|$)",
    re.IGNORECASE,
)
ENGLISH = re.compile(
    r"\b(the|is|are|not|of|to|be|was|were|been|you|your|this|that|an|and|or|for|with|by|from|must|may|can|cannot|has"
    r"|have|does|do|no|it|in|on|access|found|missing|invalid|unknown|failed|field|forbidden|error|object|at)\b",
    re.IGNORECASE,
)
PAGE = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · Observatoire de l’administration numérique</title>
<style>body{{font-family:Inter,'DejaVu Sans',Arial,sans-serif;background:{background};color:{text};margin:0}}
main{{max-width:36rem;margin:15vh auto;padding:2rem 2.5rem;background:#fff;border-radius:6px}}
h1{{font-size:1.4rem;margin:0 0 1rem}}p{{line-height:1.5}}small{{color:{secondary}}}a{{color:{link}}}</style></head>
<body><main><h1>{title}</h1><p>{message}</p><p><a href="/">Revenir aux tableaux de bord</a></p>
<small>Observatoire de l’administration numérique · code {status}</small></main></body></html>"""
REDIRECTION = '<!DOCTYPE html><html lang="fr"><title>Redirection</title><a href="{target}">Continuer</a></html>'


def _default(status: int) -> str:
    return MESSAGES.get(status, MESSAGES[500 if status >= 500 else 400])


def is_french(text: str) -> bool:
    """Whether a message has more French words than English ones."""
    return bool(OURS.match(text)) or len(FRENCH.findall(text)) > len(ENGLISH.findall(text))


def in_french(text: str, status: int) -> str:
    """Return a message as it is when it is French, translated or replaced otherwise, without a validator's details."""
    text = DETAILS.sub(".", text)
    if is_french(text):
        return text
    translated = gettext(text)
    return translated if translated != text and is_french(translated) else _default(status)


def _mend(value: Any, status: int) -> Any:
    """Mend every message of a JSON answer, at any depth, and leave the names of fields."""
    if isinstance(value, str):
        return in_french(value, status)
    if isinstance(value, list):
        return [_mend(item, status) for item in value]
    if isinstance(value, dict):
        known = {"message", "error_type"} & value.keys()
        kept = {name: item for name, item in value.items() if name not in INSIDE}
        return {n: _mend(v, status) if n in WORDS or not known else v for n, v in kept.items()}
    return value


def _wants_page(current: Request) -> bool:
    best = current.accept_mimetypes.best_match(["application/json", "text/html"])
    return best == "text/html" and not current.path.startswith("/api/")


def _is_our_page(response: Response) -> bool:
    is_text = response.mimetype == "text/html" and not response.direct_passthrough
    return is_text and b'lang="fr"' in response.get_data()[:500]


def _page(status: int) -> str:
    colors = {"background": palette.FOND, "text": palette.TEXTE, "secondary": palette.SECONDAIRE}
    title = TITLES.get(status, "Demande refusée" if status < 500 else "Erreur interne")
    link = palette.PROCESSUS["marches"]
    return PAGE.format(title=title, message=escape(_default(status)), status=status, link=link, **colors)


def _json(response: Response) -> str:
    """Return the JSON of a refusal, mended; anything but JSON is replaced."""
    status = response.status_code
    document = None if response.direct_passthrough else response.get_json(force=True, silent=True)
    if not isinstance(document, dict) or (status == 500 and not _known(document)):
        document = {"message": _default(status)}
    elif "message" not in document and "errors" not in document:
        document["message"] = next((document[name] for name in WORDS if document.get(name)), _default(status))
    return json.dumps({n: _mend(v, status) if n in WORDS else v for n, v in document.items()}, ensure_ascii=False)


def _known(document: dict) -> bool:
    """Whether an internal error is one that was foreseen, with words for the person who asked."""
    return any(is_french(json.dumps(document.get(name), ensure_ascii=False)) for name in WORDS if document.get(name))


def _answer(response: Response, roots: re.Pattern[str]) -> Response:
    status = response.status_code
    if status < 300 or status == 304 or response.headers.get("Content-Language") == "fr":
        return response
    if status < 400:
        text, mimetype = REDIRECTION.format(target=escape(response.headers.get("Location", "/"))), "text/html"
    elif _wants_page(request):
        if _is_our_page(response):
            return response
        text, mimetype = _page(status), "text/html"
    else:
        text, mimetype = roots.sub("…", _json(response)), "application/json"
    response.direct_passthrough = False
    response.headers.pop("Content-Disposition", None)
    response.set_data(text)
    response.content_type = f"{mimetype}; charset=utf-8"
    return response


def refuse_in_french(app: Flask, home: Path, hosts: tuple[str, ...]) -> None:
    """Register the hook above; `home` and the folders of the program are never named in an answer.

    Only the given hosts are answered for, when there are any: a page elsewhere whose name leads here, or a forged
    header, would otherwise be taken for ours in a redirection.
    """
    folders = (str(home), str(Path(__file__).resolve().parent.parent), sys.prefix)
    roots = re.compile("|".join(rf"{re.escape(folder)}[^\s'\"\\\\]*" for folder in folders))

    @app.before_request
    def close() -> None:
        if hosts and request.host.rsplit(":", 1)[0] not in hosts:
            abort(400)
        if request.path.startswith(CLOSED):
            abort(404)
        if request.path.startswith(STATEMENTS) and (request.content_length or 0) > LONGEST_STATEMENT_BYTES:
            abort(413)

    @app.after_request
    def answer(response: Response) -> Response:
        return _answer(response, roots)
