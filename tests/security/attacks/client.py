"""Someone who attacks over HTTP as a browser would: its cookies, its CSRF token, no help from the server's inside."""

import re
from typing import Any

import httpx

from tests.browser.superset_server import Superset
from tests.security.attacks.attempt import ANONYME, COLLECTIVITE, LOGINS, Attempt, filled

PATIENCE_SECONDS = 180
TOKEN_FIELD = re.compile(r'csrf_token[^>]*?value="([^"]+)"')
PAGES = {COLLECTIVITE: "ma-collectivite"}
PAGE_OF_OTHERS = "pilotage"
SET_OF_OTHERS = "fct_actes"


class Client:
    """A session on a server, signed in or not, and the names of what it attacks."""

    def __init__(self, superset: Superset, role: str) -> None:
        self.superset = superset
        self.role = role
        # A refusal may come before the body was read, which ends the connection.
        no_reuse = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=superset.url, timeout=PATIENCE_SECONDS, limits=no_reuse)
        self.names: dict[str, Any] = {"jeton": "", "adresse": superset.url}
        if role != ANONYME:
            self.sign_in(LOGINS[role])

    def login_token(self) -> str:
        """Return the token of the sign-in form, empty when the form has none."""
        found = TOKEN_FIELD.search(self.http.get("/login/").text)
        return found[1] if found else ""

    def sign_in(self, login: str, next_page: str = "/") -> httpx.Response:
        """Sign in as the form does; keep the token of the session."""
        form = {"username": login, "password": self.superset.password(login), "csrf_token": self.login_token()}
        answer = self.http.post("/login/", params={"next": next_page}, data=form)
        self.names["jeton"] = self.http.get("/api/v1/security/csrf_token/").json().get("result") or ""
        return answer

    def send(self, attempt: Attempt) -> httpx.Response:
        """Send an attempt as this person."""
        headers = {"Referer": self.superset.url + "/", **filled(attempt.headers, self.names)}
        if attempt.token is not None:
            headers["X-CSRFToken"] = filled(attempt.token, self.names)
        path = filled(attempt.path, self.names)
        body = {"json": filled(attempt.body, self.names)} if attempt.body is not None else {}
        if attempt.form is not None:
            body = {"data": filled(attempt.form, self.names)}
        return self.http.request(attempt.method, path, headers=headers, **body)

    def get(self, path: str) -> Any:
        """Return the result of an address of the API."""
        answer = self.http.get(path)
        answer.raise_for_status()
        return answer.json()["result"]


def names_for(administrator: Client, role: str) -> dict[str, Any]:
    """Return what an attacker of a role would know: a page open to them, its first chart, and ids of others."""
    slug = PAGES.get(role, "pilotage")
    chart = administrator.get(f"/api/v1/dashboard/{slug}/charts")[0]
    other = administrator.get(f"/api/v1/dashboard/{PAGE_OF_OTHERS}/charts")[-1]
    dataset = int(chart["form_data"]["datasource"].split("__")[0])
    described = administrator.get(f"/api/v1/dataset/{dataset}")
    query = f"(filters:!((col:table_name,opr:eq,value:{SET_OF_OTHERS})))"
    accounts = administrator.get("/api/v1/security/users/?q=(page_size:100)")
    roles = administrator.get("/api/v1/security/roles/?q=(page_size:100)")
    return {
        "tableau": administrator.get(f"/api/v1/dashboard/{slug}")["id"],
        "graphique": chart["id"],
        "jeu": dataset,
        "mesure": described["metrics"][0]["metric_name"],
        "colonne": described["columns"][0]["column_name"],
        "autre_graphique": other["id"],
        "autre_jeu": administrator.get(f"/api/v1/dataset/?q={query}")[0]["id"],
        "base": administrator.get("/api/v1/database/")[0]["id"],
        "compte": {account["username"]: account["id"] for account in accounts}.get(LOGINS.get(role), 0),
        "compte_administrateur": {account["username"]: account["id"] for account in accounts}["administrateur"],
        "role_administrateur": {found["name"]: found["id"] for found in roles}["Administrateur"],
        "role": {found["name"]: found["id"] for found in roles}.get(role, 0),
    }
