"""Where each role lands: after sign-in, and whenever it asks for the home page.

The first role of the table that a person has decides. Whoever has none of them lands on the list of dashboards, which
holds what they may open; whoever is not signed in is asked to.
"""

from collections.abc import Iterable
from typing import Any

HOME_PAGES = ("/", "/superset/welcome/")
SIGN_IN = "/login/"
LIST = "/dashboard/list/"

DASHBOARD_OF_ROLE = {
    "Comité": "comite",
    "Administrateur": "comite",
    "Analyste": "pilotage",
    "Collectivité": "ma-collectivite",
}

# The order of the list of dashboards: what is read first, then the details, then the proofs.
READING_ORDER = (
    "comite",
    "pilotage",
    "etapes",
    "carte",
    "conformite",
    "economies",
    "simulateur",
    "appropriation",
    "enquetes",
    "programmes",
    "pilotes",
    "ma-collectivite",
    "qualite",
    "preuves",
)


def landing_page(roles: Iterable[str]) -> str:
    """Return the address where someone who has these roles lands."""
    owned = set(roles)
    slug = next((slug for role, slug in DASHBOARD_OF_ROLE.items() if role in owned), None)
    return LIST if slug is None else f"/superset/dashboard/{slug}/"


def open_on_landing_pages(app: Any) -> None:
    """Send whoever asks a Flask application for the home page to where they land."""
    from flask import redirect, request
    from flask_login import current_user

    @app.before_request
    def before() -> Any:
        if request.method != "GET" or request.path not in HOME_PAGES:
            return None
        if not current_user.is_authenticated:
            return redirect(SIGN_IN)
        return redirect(landing_page(role.name for role in current_user.roles))
