"""What stands on an open dashboard, read tile by tile so that it can be laid out again on paper.

A table is read as a table, a text as a text, and what is drawn as a picture with the figures that it was drawn from.
"""

import base64
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from orchestration.chromium import TILE

TITLE_TILE = "Titre de la page"

# Per tile: place on the page in pixels, title as shown, and the cleaned HTML of its table or text. Of a table that
# Superset cuts in a fixed head and a body, one is made again; only the styles of the cells themselves are kept.
READ_TILES = """() => [...document.querySelectorAll('TILE')].map((tile, rank) => {
    const shown = e => e && getComputedStyle(e).display !== 'none';
    const clean = root => {
        root.querySelectorAll('thead svg, script, style').forEach(e => e.remove());
        root.querySelectorAll('a').forEach(a => a.replaceWith(...a.childNodes));
        for (const e of [root, ...root.querySelectorAll('*')])
            for (const {name} of [...e.attributes]) {
                const drawing = e.closest('svg') && !/^(class|id|on)/.test(name);
                const picture = name === 'src' && e.src.startsWith('data:image/');
                if (!drawing && !picture && !['style', 'alt'].includes(name)) e.removeAttribute(name);
            }
        return root.outerHTML;
    };
    const chart = tile.querySelector('[data-test-chart-name]');
    const box = tile.getBoundingClientRect();
    const header = tile.querySelector('[data-test="slice-header"]');
    const title = chart && shown(header) ? tile.querySelector('[data-test="span-title"]')?.innerText ?? '' : '';
    const found = {rank, x: box.x, y: box.y, width: box.width, height: box.height, title, html: null,
                   name: chart?.dataset.testChartName ?? '', chart_id: Number(chart?.dataset.testChartId ?? 0)};
    const body = [...tile.querySelectorAll('table')].filter(t => t.querySelector('tbody tr')).pop();
    const text = tile.querySelector('.dashboard-markdown .markdown-container, .safe-markdown') ??
        (chart ? null : tile);
    if (body) {
        const table = document.createElement('table');
        const heads = [...(tile.querySelector('thead')?.querySelectorAll('th') ?? [])];
        const total = heads.reduce((sum, th) => sum + th.getBoundingClientRect().width, 0) || 1;
        const group = table.appendChild(document.createElement('colgroup'));
        for (const th of heads) {
            const column = group.appendChild(document.createElement('col'));
            column.style.width = (100 * th.getBoundingClientRect().width / total).toFixed(2) + '%';
        }
        if (heads.some(th => parseFloat(getComputedStyle(th).fontSize) > 0)) {
            const row = table.createTHead().insertRow();
            for (const th of heads) {
                const cell = row.appendChild(document.createElement('th'));
                cell.textContent = th.innerText;
                cell.style.textAlign = getComputedStyle(th).textAlign;
            }
        }
        const lines = table.appendChild(document.createElement('tbody'));
        const place = getComputedStyle(body.tBodies[0]);
        if (place.display === 'grid') lines.style.cssText =
            `display:grid;grid-template-columns:repeat(${place.gridTemplateColumns.split(' ').length},minmax(0,1fr))`;
        for (const tr of body.querySelectorAll('tbody tr')) {
            const row = lines.insertRow();
            for (const td of tr.cells) {
                const cell = row.insertCell();
                cell.innerHTML = td.innerHTML;
                cell.style.textAlign = getComputedStyle(td).textAlign;
                const bar = td.querySelector('.cell-bar'), copy = cell.querySelector('.cell-bar');
                if (bar) for (const key of ['position', 'left', 'top', 'width', 'height', 'backgroundColor'])
                    copy.style[key] = getComputedStyle(bar)[key];
            }
        }
        found.html = clean(table);
    } else if (text) found.html = clean(text.cloneNode(true));
    return found;
})""".replace("TILE", TILE)
# A drawing may reach under the title of its tile, which is printed as text.
WITHOUT_HEADERS = "[data-test='slice-header'] { visibility: hidden !important }"
FONTS = """() => [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
    .filter(rule => rule instanceof CSSFontFaceRule && rule.style.fontFamily.includes('Inter'))
    .map(rule => rule.cssText).join('\\n')"""
CHOICES = """() => [...document.querySelectorAll('[data-test="filter-bar"] .filter-item-wrapper')].map(item => [
    item.querySelector('h4')?.innerText ?? '',
    [...item.querySelectorAll('.ant-select-selection-item')].map(e => e.title || e.innerText).join(', ')])"""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile: where it stands (pixels), its title, its table or text as HTML, or its picture (PNG) with its figures.

    `answer` is what Superset answered to a drawn chart: `colnames`, `coltypes`, `data`.
    """

    name: str
    title: str
    x: float
    y: float
    width: float
    height: float
    html: str | None
    picture: str | None
    answer: dict[str, Any] | None

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Reading:
    """A dashboard as it was read: tiles in reading order, lines of its head, choices of the filters, fonts."""

    title: str
    tiles: list[Tile]
    head: list[str]
    choices: dict[str, str]
    fonts: str


def read(page: Page, answers: dict[int, dict[str, Any]]) -> Reading:
    """Read a dashboard whose tiles are complete; `answers` is what each chart received, by chart id."""
    found = page.evaluate(READ_TILES)
    tiles = [_tile(page, item, answers) for item in found]
    head = next((item["rank"] for item in found if item["name"] == TITLE_TILE), None)
    lines = [] if head is None else page.locator(TILE).nth(head).locator("td").first.inner_text().splitlines()
    return Reading(
        title=page.title(),
        tiles=sorted(tiles, key=lambda tile: (round(tile.y), tile.x)),
        head=[line.strip() for line in lines if line.strip()],
        choices={label: choice for label, choice in page.evaluate(CHOICES) if choice},
        fonts=page.evaluate(FONTS),
    )


def _tile(page: Page, item: dict[str, Any], answers: dict[int, dict[str, Any]]) -> Tile:
    drawn = item["html"] is None
    return Tile(
        **{key: item[key] for key in ("name", "title", "x", "y", "width", "height", "html")},
        picture=_picture(page, item["rank"]) if drawn else None,
        answer=answers.get(item["chart_id"]) if drawn else None,
    )


def _picture(page: Page, rank: int) -> str:
    """Return the PNG of what a tile draws, in base64, at the density of the page."""
    drawing = page.locator(TILE).nth(rank).locator("[data-test='slice-container']").first
    return base64.b64encode(drawing.screenshot(style=WITHOUT_HEADERS)).decode()
