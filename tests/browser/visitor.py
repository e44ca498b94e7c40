"""Someone in front of a real Chromium: signs in, opens a dashboard, waits for it, and notes all that went wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response

from orchestration import chromium
from orchestration.chromium import HEIGHT, LOAD_MILLISECONDS, TALLEST, TILE, WIDTH
from tests.browser.superset_server import PROJECT, Superset

# Pictures of the pages, kept after the tests to be looked at.
CAPTURES = PROJECT / "target" / "captures"

# Scroll bars inside a tile, text cut by an ellipsis, text that leaves its tile.
BAD_LAYOUT = """() => {
    const faults = [];
    const wide = e => e.scrollWidth > e.clientWidth + 1, tall = e => e.scrollHeight > e.clientHeight + 1;
    for (const tile of document.querySelectorAll('TILE')) {
        const name = tile.innerText.slice(0, 50), box = tile.getBoundingClientRect();
        for (const e of tile.querySelectorAll('*')) {
            const style = getComputedStyle(e), shown = e.clientHeight > 0;
            if (shown && /auto|scroll/.test(style.overflowY) && tall(e)) faults.push(['défilement vertical', name]);
            if (shown && /auto|scroll/.test(style.overflowX) && wide(e)) faults.push(['défilement horizontal', name]);
            if (style.textOverflow === 'ellipsis' && wide(e)) faults.push(['texte coupé', name, e.innerText]);
            if (/^\\d/.test(style.webkitLineClamp) && tall(e)) faults.push(['texte coupé', name, e.innerText]);
        }
        for (const e of tile.querySelectorAll('td, th, .dashboard-markdown p, .header-title')) {
            const r = e.getBoundingClientRect();
            const out = r.bottom > box.bottom + 1 || r.right > box.right + 1;
            if (r.height && out) faults.push(['déborde', name, e.innerText]);
        }
    }
    return faults;
}""".replace("TILE", TILE)

CELLS = """name => {
    const chart = document.querySelector(`[data-test-chart-name="${name}"]`);
    const texts = row => [...row.querySelectorAll('td')].map(cell => cell.innerText);
    return [...chart.querySelectorAll('tbody tr')].map(texts);
}"""
ERRORS = f"{TILE} .ant-alert-error, {TILE} [data-test='error-alert'], {TILE} .ant-empty"


@dataclass
class Visitor:
    """A page of a signed-in visitor and the incidents of the visit."""

    superset: Superset
    page: Page
    incidents: list[str] = field(default_factory=list)
    data: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    chart_names: dict[int, str] = field(default_factory=dict)
    computed: list[dict[str, Any]] = field(default_factory=list)

    def watch(self) -> None:
        """Note console errors, failed answers, requests to elsewhere; keep each chart's data, and what was computed."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.incidents.append(f"erreur de page : {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.incidents.append(f"console : {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.superset.url, "data:", "blob:")):
            self.incidents.append(f"requête hors de la machine : {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.incidents.append(f"HTTP {response.status} : {response.url}")
        elif "/api/v1/chart/data" in response.url and "json" in response.headers.get("content-type", ""):
            self._on_chart_data(response)
        elif response.url.endswith("/charts"):
            self.chart_names |= {chart["id"]: chart["slice_name"] for chart in response.json()["result"]}

    def _on_chart_data(self, response: Response) -> None:
        if answer := chromium.chart_answer(response):
            self.data[answer[0]] = answer[1]["data"]
        if not all(result["is_cached"] for result in response.json()["result"]):
            self.computed.append(json.loads(response.request.post_data or "{}")["form_data"])

    def sign_in(self, login: str) -> None:
        """Sign in with a demonstration account."""
        assert chromium.sign_in(self.page, self.superset.url, login, self.superset.password(login)), login

    def open(self, slug: str, captures: Path | None = None, width: int = WIDTH) -> None:
        """Open a dashboard, photograph its first screen, then unfold it whole and wait until each tile is drawn."""
        chromium.open_first_screen(self.page, self.superset.url, slug, width)
        if captures:
            captures.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=captures / f"{slug}_premier_ecran.png")
        chromium.unfold(self.page, width)
        if captures:
            height = self.page.evaluate(
                f"Math.ceil(Math.max(...[...document.querySelectorAll('{TILE}')].map("
                "e => e.getBoundingClientRect().bottom))) + 14"
            )
            clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
            self.page.screenshot(path=captures / f"{slug}.png", clip=clip)

    def choose(self, label: str, option: str) -> None:
        """Choose one option of a filter, apply, and wait until the page has followed."""
        # Filters stand in a bar above the page, or beside it.
        wrapper = self.page.locator(".filter-item-wrapper, [data-test='filter-bar'] .ant-form-item", has_text=label)
        wrapper.locator(".ant-select").first.click()
        # A long list is only in the page around what is in sight.
        self.page.keyboard.type(option)
        self.page.locator(".ant-select-item-option:visible", has_text=option).first.click()
        self.page.keyboard.press("Escape")
        self.page.locator("[data-test='filter-bar__apply-button']").click()
        chromium.settle(self.page)

    def follow(self, link: Locator) -> str:
        """Click a link of a cell, wait until the page that it opens is complete, return the text of the link."""
        text = link.inner_text()
        with self.page.expect_navigation(wait_until="domcontentloaded", timeout=LOAD_MILLISECONDS):
            link.click()
        self.page.wait_for_selector(TILE, timeout=LOAD_MILLISECONDS)
        chromium.settle(self.page)
        return text

    def go_back(self) -> None:
        """Return to the page before, and wait until it is complete."""
        self.page.go_back(wait_until="domcontentloaded", timeout=LOAD_MILLISECONDS)
        self.page.wait_for_selector(TILE, timeout=LOAD_MILLISECONDS)
        chromium.settle(self.page)

    def tile(self, chart_name: str) -> Locator:
        """Return the tile of a chart."""
        return self.page.locator(f'[data-test-chart-name="{chart_name}"]')

    def layout_faults(self) -> list[Any]:
        """Return what a reader could not see without scrolling inside a tile or guessing a cut text."""
        return self.page.evaluate(BAD_LAYOUT)

    def tile_errors(self) -> list[str]:
        """Return the tiles that show an error or say that they are empty."""
        return self.page.locator(ERRORS).all_inner_texts()

    def cells(self, chart_name: str) -> list[list[str]]:
        """Return the text of a table's cells, as it is on screen."""
        return [[" ".join(cell.split()) for cell in row] for row in self.page.evaluate(CELLS, chart_name)]

    def data_of(self, chart_name: str) -> list[dict[str, Any]]:
        """Return the rows that a chart received and drew."""
        (slice_id,) = [i for i, name in self.chart_names.items() if name == chart_name]
        return self.data[slice_id]

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        """Send a request as the page would, with its session and its CSRF token."""
        script = """async ([path, body]) => {
            const token = (await (await fetch('/api/v1/security/csrf_token/')).json()).result;
            const answer = await fetch(path, {method: 'POST', body: JSON.stringify(body),
                headers: {'Content-Type': 'application/json', 'X-CSRFToken': token || ''}});
            return [answer.status, await answer.text()];
        }"""
        status, text = self.page.evaluate(script, [path, body])
        return status, text


@contextmanager
def visiting(browser: Browser, superset: Superset, login: str) -> Iterator[Visitor]:
    """Sign in, in a session of its own."""
    size = {"width": WIDTH, "height": HEIGHT}
    context = browser.new_context(viewport=size, locale="fr-FR", timezone_id="Europe/Paris")
    visitor = Visitor(superset, context.new_page())
    visitor.watch()
    visitor.sign_in(login)
    yield visitor
    context.close()
