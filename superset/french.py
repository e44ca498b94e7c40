"""Superset in French, login page and error messages included.

The wheel carries a French catalogue that leaves gaps: some messages are wrong, the page is not declared French, and
the catalogue of the browser is refused to whoever has not signed in yet.
"""

import json
from pathlib import Path

from flask import Flask, Response, request
from flask_babel import get_translations

# Numbers and dates as D3 prints them: 1 234,5 · 83 % · −2 · 3 avril 2026.
D3_FORMAT_FR = {
    "decimal": ",",
    "thousands": "\u202f",
    "grouping": [3],
    "currency": ["", "\u00a0€"],
    "percent": "\u00a0%",
    "minus": "\u2212",
}
D3_TIME_FORMAT_FR = {
    "dateTime": "%A %e %B %Y à %X",
    "date": "%d/%m/%Y",
    "time": "%H:%M:%S",
    "periods": ["", ""],
    "days": ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
    "shortDays": ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
    "months": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "shortMonths": ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
}

CORRECTIONS = {
    "Clear all": "Tout effacer",
    "Filters and controls": "Filtres",
    "Username:": "Nom d’utilisateur",
    "Export to .CSV": "CSV (virgules, pour un logiciel)",
    "Export to Excel": "CSV pour Excel (points-virgules)",
    "Export to full .CSV": "CSV, toutes les lignes",
    "Export to full Excel": "CSV pour Excel, toutes les lignes",
    "No results were returned for this query": "Aucun résultat pour ce choix",
    "There is currently no information to display.": "Rien à afficher avec ces filtres, ou rien n’a encore été reçu.",
    "Waiting on %s": "En attente de la base « %s »",
    "Waiting on database...": "En attente de la base…",
    "Error parsing": "Erreur de syntaxe SQL",
    "Drill to detail": "Voir les lignes",
    "Drill to detail by": "Voir les lignes de",
    "Drill to detail: %s": "Lignes : %s",
    "This database does not allow for DDL/DML, but the query mutates data. "
    "Please contact your administrator for more assistance.": "Base en lecture seule : "
    "seules les requêtes de lecture sont permises.",
}

LANGUAGE_PACK = "/superset/language_pack/fr/"


def _browser_catalogue() -> bytes:
    """Return the French catalogue of the browser, mended."""
    import superset

    path = Path(superset.__file__).parent / "translations/fr/LC_MESSAGES/messages.json"
    catalogue = json.loads(path.read_text("utf-8"))
    messages = catalogue["locale_data"]["superset"]
    messages.update({english: [french] for english, french in CORRECTIONS.items()})
    return json.dumps(catalogue, ensure_ascii=False).encode()


def _mend_server_catalogue() -> None:
    """Mend the messages that the server translates; the catalogue of a locale is loaded once."""
    catalogue = getattr(get_translations(), "_catalog", None)
    if catalogue is not None and not CORRECTIONS.keys() <= catalogue.keys():
        catalogue.update(CORRECTIONS)


def _declare_french(response: Response) -> Response:
    """Say in the page that it is French, for screen readers and hyphenation."""
    if response.mimetype == "text/html" and response.status_code == 200 and not response.direct_passthrough:
        page = response.get_data()
        if b"<html>" in page[:4000]:
            response.set_data(page.replace(b"<html>", b'<html lang="fr">', 1))
    return response


def speak_french(app: Flask) -> None:
    """Register the hooks above (Superset's `FLASK_APP_MUTATOR`)."""
    catalogue: list[bytes] = []

    @app.before_request
    def before() -> Response | None:
        if request.path == LANGUAGE_PACK:
            if not catalogue:
                catalogue.append(_browser_catalogue())
            headers = {"Cache-Control": "public, max-age=3600"}
            return Response(catalogue[0], mimetype="application/json", headers=headers)
        _mend_server_catalogue()
        return None

    app.after_request(_declare_french)
