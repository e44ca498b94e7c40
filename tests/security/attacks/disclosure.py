"""What the server says of itself, and where it sends people: nothing inside, nowhere else."""

from tests.security.attacks.attempt import EVERYONE, Attempt

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
DATA = "/api/v1/chart/data"


def page(name: str, path: str) -> Attempt:
    """An attempt to open a page as a browser does."""
    return Attempt(name, "GET", path, headers=BROWSER, refused_to=EVERYONE)


DIVULGATION = [
    page("version", "/version"),
    page("page inconnue", "/nulle-part/"),
    page("tableau inconnu", "/api/v1/dashboard/nulle-part"),
    page("console de débogage", "/console"),
    page("documentation de l'API", "/api/v1/_openapi"),
    page("dossier de versions", "/.git/config"),
    page("variables d'environnement", "/.env"),
    page("configuration", "/static/../superset_config.py"),
    page("configuration encodée", "/static/%2e%2e/%2e%2e/config.py"),
    page("configuration doublement encodée", "/static/%252e%252e/config.py"),
    page("chemin absolu", "/static/assets/..%2f..%2f..%2f..%2f..%2fetc/passwd"),
    page("autre langue", "/lang/xx"),
    page("octet nul", "/static/assets/%00"),
    page("métadonnées", "/superset.db"),
    page("mots de passe", "/identifiants.csv"),
    page("incorporé inconnu", "/embedded/00000000-0000-0000-0000-000000000000"),
    Attempt("méthode inconnue", "DELETE", "/login/", headers=BROWSER, refused_to=EVERYONE),
    Attempt("corps illisible", "POST", DATA, [], refused_to=EVERYONE),
    Attempt("corps vide", "POST", DATA, {}, refused_to=EVERYONE),
    Attempt("types inattendus", "POST", DATA, {"datasource": "x", "queries": 3}, refused_to=EVERYONE),
    Attempt("trace demandée", "POST", DATA + "?stacktrace=true&_instrument=1", {"queries": None}, refused_to=EVERYONE),
    Attempt("rison illisible", "GET", "/api/v1/dashboard/?q=(((", refused_to=EVERYONE),
    Attempt("identifiant démesuré", "GET", f"/api/v1/dashboard/{'9' * 400}", refused_to=EVERYONE),
    Attempt(
        "tri inconnu", "GET", "/api/v1/dashboard/?q=(order_column:password,order_direction:asc)", refused_to=EVERYONE
    ),
]

# Addresses that someone else's page could send a person to after they signed in.
ELSEWHERE = [
    "https://evil.example/",
    "http://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://127.0.0.1@evil.example/",
    "https://evil.example/http://127.0.0.1",
    "\thttps://evil.example/",
    "%2F%2Fevil.example/",
]

FORGED = [
    Attempt("nom d'hôte forgé", "GET", "/login/", headers={"Host": "evil.example"}, refused_to=EVERYONE),
    Attempt("hôte et page fermée", "GET", "/users/list/", headers={"Host": "evil.example"}, refused_to=EVERYONE),
    Attempt("hôte et barre manquante", "GET", "/login", headers={"Host": "evil.example"}, refused_to=EVERYONE),
    Attempt("hôte et port", "GET", "/", headers={"Host": "evil.example:8088"}, refused_to=EVERYONE),
    Attempt("hôte proche", "GET", "/", headers={"Host": "127.0.0.1.evil.example"}, refused_to=EVERYONE),
    Attempt("page d'avertissement", "GET", "/redirect/?url=https://evil.example/", refused_to=EVERYONE),
    Attempt("lien permanent inconnu", "GET", "/superset/dashboard/p/https:%2F%2Fevil.example/", refused_to=EVERYONE),
    Attempt("retour ailleurs", "GET", "/lang/fr?next=https://evil.example/", refused_to=EVERYONE),
]
