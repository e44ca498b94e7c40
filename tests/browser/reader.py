"""A reader of dashboards without a browser: signs in, and asks the charts' interface what a browser asked before."""

import re
from dataclasses import dataclass, field
from typing import Any

import requests
from playwright.sync_api import Request

from tests.browser.superset_server import Superset

SECONDS = 120
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')

Question = dict[str, Any]


@dataclass
class Reader:
    """A session of one account; `fork` gives another reader of the same session, with connections of its own."""

    superset: Superset
    session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def signed_in(cls, superset: Superset, login: str) -> "Reader":
        """Sign in with a demonstration account."""
        reader = cls(superset)
        form = reader.session.get(f"{superset.url}/login/", timeout=SECONDS).text
        given = {"username": login, "password": superset.password(login), "csrf_token": TOKEN.search(form)[1]}
        answer = reader.session.post(f"{superset.url}/login/", data=given, timeout=SECONDS, allow_redirects=False)
        assert answer.status_code == 302 and "/login" not in answer.headers["Location"], answer.status_code
        token = reader.session.get(f"{superset.url}/api/v1/security/csrf_token/", timeout=SECONDS).json()["result"]
        reader.session.headers.update({"X-CSRFToken": token, "Referer": superset.url})
        return reader

    def fork(self) -> "Reader":
        copy = Reader(self.superset)
        copy.session.cookies.update(self.session.cookies)
        copy.session.headers.update(self.session.headers)
        return copy

    def ask(self, question: Question, force: bool = False) -> requests.Response:
        """Ask one question of a chart or a filter; `force` has it computed again."""
        body = {**question["body"], "force": force}
        return self.session.post(f"{self.superset.url}{question['path']}", json=body, timeout=SECONDS)

    def page(self, slug: str) -> requests.Response:
        """Open the page of a dashboard, without what its scripts would do."""
        return self.session.get(f"{self.superset.url}/superset/dashboard/{slug}/", timeout=SECONDS)

    def again(self, request: Request) -> requests.Response:
        """Ask again what a browser asked, as this reader."""
        kept = {name: value for name, value in request.headers.items() if name in ("accept", "content-type")}
        data = request.post_data_buffer
        return self.session.request(request.method, request.url, data=data, headers=kept, timeout=SECONDS)
