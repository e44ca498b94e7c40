"""The printed form of a dashboard: A4 landscape, every tile whole, readable without colour.

Tables stay tables and titles stay titles, so that the document can be searched and read aloud. What is drawn is a
picture; its figures follow as text, at the end of the document, and the order of its lines is said under it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from typing import Any

from orchestration.pdf_tiles import TITLE_TILE, Reading, Tile

# An A4 sheet on its side; the layout is that of a screen, reduced to the sheet.
MARGINS = {"top": "21mm", "bottom": "13mm", "left": "10mm", "right": "10mm"}
SCALE = 0.8
PIXELS_PER_MM = 96 / 25.4
WIDTH = int((297 - 20) * PIXELS_PER_MM / SCALE)
HEIGHT = int((210 - 34) * PIXELS_PER_MM / SCALE)
# A strip that is a little too tall is reduced to this at most; beyond, it is cut between two rows of its tables.
SMALLEST = 0.85

OBSERVATOIRE = "Observatoire de l’administration numérique en Bretagne"
MOIS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
TEMPORAL, NUMERIC = 2, 0

# What is printed must be found when it is searched for: no ligature, and the apostrophe of a font that has one (Inter
# draws it with the glyph of another character, whose code the document would hold).
STYLE = """
@font-face { font-family: Apostrophe; src: local('DejaVu Sans'); unicode-range: U+2019; }
@font-face { font-family: Apostrophe; font-weight: 600 700; src: local('DejaVu Sans Bold'); unicode-range: U+2019; }
* { box-sizing: border-box; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0; font: 13px/1.35 Apostrophe, Inter, 'DejaVu Sans', Arial, sans-serif; color: #1B2733;
    font-variant-ligatures: none; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 12px; }
h2 { font-size: 15px; line-height: 1.3; margin: 0 0 8px; break-after: avoid; }
h3 { font-size: 13px; margin: 0 0 4px; break-after: avoid; }
p { margin: 0 0 6px; }
.bande { display: flex; gap: 12px; margin-bottom: 12px; align-items: stretch; break-inside: avoid; }
.colonne { display: flex; flex-direction: column; gap: 12px; min-width: 0; }
.tuile { flex: 1 0 auto; border: 1px solid #8C97A3; border-radius: 6px; padding: 10px 14px; break-inside: avoid; }
.longue, .longue .tuile { break-inside: auto; }
.tuile img { display: block; max-width: 100%; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th { font-weight: 500; color: #4A5866; padding: 2px 6px 4px; vertical-align: bottom; }
td { position: relative; padding: 4px 6px; vertical-align: middle; overflow-wrap: anywhere; }
thead ~ tbody td { border-top: 1px solid #AEB8C2; }
table:not(:has(thead)) td { vertical-align: top; padding: 2px 10px; }
tbody[style*=grid] :is(tr, td) { display: block; }
.legende { margin: 6px 0 0; }
.annexe { break-before: page; }
.annexe section { margin-bottom: 16px; }
.annexe table { font-size: 11px; font-variant-numeric: tabular-nums; table-layout: auto; width: auto; }
.annexe td, .annexe th { padding: 1px 6px 1px 30px; text-align: right; border-top: 1px solid #D5DBE1; }
.annexe td:first-child, .annexe th:first-child { text-align: left; padding-left: 0; }
"""
# Give each strip its sheet, before printing: the first that fits in what is left of the sheet comes next, so that no
# sheet stays half empty; the last strip, which explains how to read the others, stays last.
FIT = """() => {
    const height = e => e.getBoundingClientRect().height + 12;
    const end = document.querySelector('.annexe');
    const waiting = [...document.querySelectorAll('.bande')];
    let free = SHEET - height(document.querySelector('h1'));
    while (waiting.length) {
        let rank = waiting.slice(0, Math.max(1, waiting.length - 1)).findIndex(e => height(e) * SMALLEST <= free);
        if (rank < 0) {
            rank = 0;
            free = SHEET;
            waiting[0].style.breakBefore = 'page';
        }
        const [strip] = waiting.splice(rank, 1);
        document.body.insertBefore(strip, end);
        const ratio = free / height(strip);
        if (ratio < SMALLEST) strip.classList.add('longue');
        else if (ratio < 1) strip.style.zoom = ratio * 0.98;
        free = ratio < SMALLEST ? 0 : free - height(strip);
    }
}""".replace("SHEET", str(HEIGHT)).replace("SMALLEST", str(SMALLEST))
MARGIN_STYLE = "font:7.5pt 'DejaVu Sans',sans-serif;font-variant-ligatures:none;color:#1B2733;width:100%;margin:0 10mm;"


@dataclass(frozen=True, slots=True)
class Edition:
    """Which publication a document shows: version and date as text, whether its figures are invented."""

    version: str
    publiee_le: str
    est_demonstration: bool


def document(reading: Reading, base: str) -> str:
    """Return the HTML of the whole document; `base` is the address that the fonts come from."""
    tiles = [tile for tile in reading.tiles if tile.name != TITLE_TILE]
    drawn = [tile for tile in tiles if tile.answer and tile.answer["data"]]
    body = [f"<h1>{escape(_headline(reading))}</h1>", *(_strip(strip) for strip in _strips(tiles))]
    if drawn:
        sections = "".join(f"<section><h3>{escape(tile.name)}</h3>{_figures(tile)}</section>" for tile in drawn)
        body.append(f"<div class=annexe><h2>Les chiffres des graphiques</h2>{sections}</div>")
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{escape(reading.title)}</title>'
        f'<base href="{base}"><style>{reading.fonts}{STYLE}</style></head><body>{"".join(body)}</body></html>'
    )


def digest(reading: Reading) -> str:
    """Return a digest of the texts and figures of a page: the same for two publications that say the same."""
    said = [(tile.name, tile.html or (_grid(tile) if tile.answer else None)) for tile in reading.tiles]
    return hashlib.sha256(repr((reading.title, reading.head, reading.choices, said)).encode()).hexdigest()


def header(reading: Reading, edition: Edition) -> str:
    """Return what stands at the top of each page: title, warning, period with the choices made, status."""
    warning = "⚠ Données de démonstration : chiffres fictifs, à ne pas diffuser." if edition.est_demonstration else ""
    situation = _situation(reading)
    choices = [f"{label} : {choice}" for label, choice in reading.choices.items() if choice not in situation]
    return _margin(
        f"<b style='font-size:10pt'>{escape(reading.title)}</b>",
        f"<b>{warning}</b>",
        escape(" · ".join(filter(None, [situation, *choices]))),
        _status(situation),
        "border-bottom:1px solid #4A5866;padding-bottom:2mm",
    )


def footer(edition: Edition) -> str:
    """Return what stands at the foot of each page: source, publication, page n of N."""
    source = f"Source : {OBSERVATOIRE}, publication du {edition.publiee_le} (version {edition.version})"
    return _margin("", "", source, "page <span class=pageNumber></span>/<span class=totalPages></span>", "")


def _status(situation: str) -> str:
    """What a page says of its figures when they are those of a month; of other pages' figures, nothing."""
    if "provisoire" in situation:
        return "Statut : chiffres provisoires"
    return "Statut : chiffres définitifs" if "à fin " in situation else ""


def _margin(left: str, right: str, left_below: str, right_below: str, style: str) -> str:
    line = "<div style='display:flex;justify-content:space-between;gap:6mm'><span>{}</span><span>{}</span></div>"
    return f'<div style="{MARGIN_STYLE}{style}">{line.format(left, right)}{line.format(left_below, right_below)}</div>'


def _lines(reading: Reading) -> list[str]:
    """The lines of the page's head, its warning left out: institution, question, situation."""
    return [line for line in reading.head if not line.startswith("⚠")]


def _headline(reading: Reading) -> str:
    """The question that the page asks, else its title."""
    return _lines(reading)[1] if len(_lines(reading)) > 1 else reading.title


def _situation(reading: Reading) -> str:
    """What the page says of its period."""
    return " · ".join(_lines(reading)[2:])


def _strips(tiles: list[Tile]) -> Iterator[list[Tile]]:
    """Yield the tiles that stand side by side, from top to bottom."""
    strip: list[Tile] = []
    for tile in tiles:
        if strip and tile.y >= max(other.bottom for other in strip) - 1:
            yield strip
            strip = []
        strip.append(tile)
    if strip:
        yield strip


def _strip(tiles: list[Tile]) -> str:
    """Return a strip as columns of the same shares of the width as on the screen."""
    ordered = sorted(tiles, key=lambda tile: (round(tile.x), tile.y))
    columns = [list(column) for _, column in groupby(ordered, key=lambda tile: round(tile.x))]
    widths = [max(tile.width for tile in column) for column in columns]
    shown = (
        f'<div class=colonne style="flex:{width:.0f} 1 0">{"".join(map(_tile, column))}</div>'
        for width, column in zip(widths, columns, strict=True)
    )
    return f"<div class=bande>{''.join(shown)}</div>"


def _tile(tile: Tile) -> str:
    title = f"<h2>{escape(tile.title)}</h2>" if tile.title else ""
    if tile.html is not None:
        return f"<article class=tuile>{title}{tile.html}</article>"
    order = _order(tile)
    text = escape(f"{tile.name}. {order}".strip(), quote=True)
    picture = f'<img alt="{text}" src="data:image/png;base64,{tile.picture}">'
    return f"<article class=tuile>{title}{picture}{f'<p class=legende>{escape(order)}</p>' if order else ''}</article>"


def _order(tile: Tile) -> str:
    """Say the lines of a series from top to bottom at its last period: where colours are lost, their order is not."""
    if tile.answer is None or not tile.answer["data"] or tile.answer["coltypes"][0] != TEMPORAL:
        return ""
    period, *series = tile.answer["colnames"]
    if len(series) < 2 or any(kind != NUMERIC for kind in tile.answer["coltypes"][1:]):
        return ""
    last = tile.answer["data"][-1]
    known = sorted((name for name in series if last[name] is not None), key=lambda name: -last[name])
    values = (f"{name} {_number(last[name], _format(tile))}" for name in known)
    return f"De haut en bas, {_moment(last[period])} : {' · '.join(values)}."


def _figures(tile: Tile) -> str:
    """Return the figures of a drawn chart as a table."""
    names, rows = _grid(tile)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _grid(tile: Tile) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows of a chart's figures; one measure over two keys becomes a table of two entries."""
    answer, d3_format = tile.answer or {}, _format(tile)
    kinds = dict(zip(answer["colnames"], answer["coltypes"], strict=True))
    for name in _drawing_only(answer["form_data"]):
        kinds.pop(name, None)
    heads = [_label(answer, name) for name in kinds]
    lines = (tuple(_cell(row[name], kind, d3_format) for name, kind in kinds.items()) for row in answer["data"])
    rows = [list(line) for line in dict.fromkeys(lines)]
    if len(kinds) == 3 and list(kinds.values()).count(NUMERIC) == 1:
        return _crossed(heads, rows, list(kinds.values()).index(NUMERIC))
    return heads, rows


def _drawing_only(form_data: dict[str, Any]) -> list[str]:
    """The columns that only draw: a cell's rank; a map's contours, several per territory, and its colour's value."""
    if form_data["viz_type"] == "heatmap_v2":
        return ["rank"]
    return [form_data["line_column"], form_data["metric"]] if form_data["viz_type"] == "deck_polygon" else []


def _crossed(heads: list[str], rows: list[list[str]], measure: int) -> tuple[list[str], list[list[str]]]:
    """Turn (key, key, measure) rows into a table with the key of fewer values across."""
    first, second = (rank for rank in range(3) if rank != measure)
    values = {rank: list(dict.fromkeys(row[rank] for row in rows)) for rank in (first, second)}
    across, down = (first, second) if len(values[first]) < len(values[second]) else (second, first)
    known = {(row[down], row[across]): row[measure] for row in rows}
    cells = [[line, *(known.get((line, column), "") for column in values[across])] for line in values[down]]
    return [heads[measure], *values[across]], cells


def _label(answer: dict[str, Any], name: str) -> str:
    """The French name of a column, as its dataset gives it."""
    found = (label for label, columns in answer["label_map"].items() if columns == [name] and label != name)
    return next(found, name[:1].upper() + name[1:])


def _format(tile: Tile) -> str:
    return (tile.answer or {}).get("form_data", {}).get("y_axis_format") or ",.2~f"


def _cell(value: Any, kind: int, d3_format: str) -> str:
    if value is None:
        return "—"
    if kind == TEMPORAL:
        return _moment(value)
    return _number(value, d3_format) if kind == NUMERIC else re.sub(r"<[^>]*>", " ", str(value)).strip()


def _moment(milliseconds: float) -> str:
    """A month in French, or a day when it is not the first."""
    day = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{MOIS[day.month - 1]} {day.year}" if day.day == 1 else f"{day:%d/%m/%Y}"


def _number(value: float, d3_format: str) -> str:
    """A number as the page writes it, from the D3 format of its chart: percent or not, so many decimals."""
    factor, unit = (100, "\u00a0%") if d3_format.endswith("%") else (1, "")
    precision = re.search(r"\.(\d)", d3_format)
    text = f"{value * factor:,.{precision[1] if precision else 0}f}"
    if "~" in d3_format and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", "\u202f").replace(".", ",").replace("-", "\u2212") + unit
