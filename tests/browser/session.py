"""Someone who asks Superset over HTTP as a browser would: their cookies and the token of their session."""

import re
from typing import Any

import httpx

from tests.browser.superset_server import Superset

PATIENCE_SECONDS = 90
TOKEN = re.compile(r'csrf_token[^>]*?value="([^"]+)"')


class Session:
    """A session on a server, signed in when a login is given."""

    def __init__(self, superset: Superset, login: str | None = None, password: str | None = None) -> None:
        self.http = httpx.Client(base_url=superset.url, timeout=PATIENCE_SECONDS)
        self.token = ""
        if login:
            self.signed_in = self.sign_in(login, password or superset.password(login))
            answer = self.get("/api/v1/security/csrf_token/")
            self.token = answer.json()["result"] if answer.status_code == 200 else ""

    def sign_in(self, login: str, password: str) -> httpx.Response:
        """Sign in as the form does."""
        page = TOKEN.search(self.http.get("/login/").text)
        form = {"username": login, "password": password, "csrf_token": page[1] if page else ""}
        return self.http.post("/login/", data=form)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.send("POST", path, body)

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send what changes something, with the token of the session."""
        headers = {"X-CSRFToken": self.token, "Referer": str(self.http.base_url)}
        return self.http.request(method, path, json=body, headers=headers)

    def dashboard(self, slug: str) -> tuple[int, list[dict[str, Any]]]:
        """Return the id of a dashboard and its charts."""
        identity = self.get(f"/api/v1/dashboard/{slug}").json()["result"]["id"]
        return identity, self.get(f"/api/v1/dashboard/{slug}/charts").json()["result"]
