"""A dashboard in an installed Chromium: signed in, opened, and complete once each of its tiles is drawn.

The PDF of the committee and the browser tests look at pages through this one door.
"""

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Response, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTH, HEIGHT, TALLEST = 1366, 768, 6000
LOAD_MILLISECONDS = 60_000

TILE = ".dashboard-component-chart-holder"
# A tile is complete when it shows a table with cells, a canvas on which something is drawn, or that it is empty. The
# canvas of a map can't be read, and asking for it too early would break it: its legend comes with its polygons.
PENDING_TILES = """() => [...document.querySelectorAll('TILE')].filter(tile => {
    if (!tile.querySelector('[data-test-chart-name]')) return false;
    if (tile.querySelector('.loading, [data-test="loading-indicator"]')) return true;
    if (tile.querySelector('td, .ant-empty')) return false;
    if (tile.querySelector('[data-test-viz-type="deck_polygon"]')) return !tile.querySelector('.slice_container ul li');
    const canvas = tile.querySelector('canvas');
    if (!canvas || !canvas.width) return true;
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let drawn = 0;
    for (let i = 3; i < pixels.length && drawn < 200; i += 40) if (pixels[i]) drawn += 1;
    return drawn < 200;
}).map(tile => tile.innerText.slice(0, 80))""".replace("TILE", TILE)


class NoBrowser(Exception):
    """No Chromium is installed; the message is the command to type, in French."""


class Incomplete(Exception):
    """A page did not open or some of its tiles never finished loading; the message names them, in French."""


def browser_path() -> str:
    """Return the installed browser; raises `NoBrowser` when there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowser("Il manque un navigateur : tapez « sudo apt-get install -y chromium fonts-dejavu-core ».")
    return found


@contextmanager
def launched(*more_flags: str) -> Iterator[Browser]:
    """Start the installed browser."""
    path = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more_flags])
        yield browser
        browser.close()


def password_of(home: Path, login: str) -> str | None:
    """Return the drawn password of a demonstration account, None when it has none."""
    path = home / "superset" / "identifiants.csv"
    if not path.exists():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        return {row["utilisateur"]: row["mot_de_passe"] for row in csv.DictReader(file)}.get(login)


def sign_in(page: Page, url: str, login: str, password: str) -> bool:
    """Fill the sign-in page and send it; whether the account was accepted."""
    page.goto(f"{url}/login/", timeout=LOAD_MILLISECONDS)
    page.fill("#username", login)
    page.fill("#password", password)
    with page.expect_navigation(wait_until="domcontentloaded", timeout=LOAD_MILLISECONDS):
        page.keyboard.press("Enter")
    return "/login" not in page.url


def open_first_screen(page: Page, url: str, slug: str, width: int = WIDTH) -> None:
    """Open a dashboard and wait until no tile of the first screen shows that it is loading."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    address = f"{url}/superset/dashboard/{slug}/"
    answer = page.goto(address, wait_until="domcontentloaded", timeout=LOAD_MILLISECONDS)
    if answer is None or answer.status >= 400 or not page.url.startswith(address):
        raise Incomplete(f"Le tableau de bord « {slug} » n'existe pas, ou n'est pas ouvert à ce compte.")
    page.wait_for_selector(TILE, timeout=LOAD_MILLISECONDS)
    settle(page, visible_only=True)


def unfold(page: Page, width: int = WIDTH) -> None:
    """Make the window as tall as the page, so that every tile loads, and wait until each is drawn."""
    page.set_viewport_size({"width": width, "height": TALLEST})
    settle(page)


def settle(page: Page, visible_only: bool = False) -> None:
    """Wait until no tile is pending (or, on the first screen, until none shows that it is loading)."""
    waited = 0
    while waited < LOAD_MILLISECONDS:
        page.wait_for_timeout(500)
        waited += 500
        loading = page.locator(f"{TILE} .loading").count()
        if not loading and (visible_only or not page.evaluate(PENDING_TILES)):
            page.wait_for_timeout(800)
            return
    raise Incomplete(f"Tuiles jamais complètes : {page.evaluate(PENDING_TILES)}")


def chart_answer(response: Response) -> tuple[int, dict[str, Any]] | None:
    """Return the id of a chart and its first result, with the `form_data` asked for, when a response is a chart's."""
    is_chart = "/api/v1/chart/data" in response.url and response.request.method == "POST" and response.ok
    if not is_chart or "json" not in response.headers.get("content-type", ""):
        return None
    form_data = json.loads(response.request.post_data or "{}").get("form_data") or {}
    if not form_data.get("slice_id"):
        return None
    return form_data["slice_id"], {**response.json()["result"][0], "form_data": form_data}
