"""Bring back into superset/assets what was changed in the browser: `python superset/retrieve.py` (`make recuperer`).

What Superset holds is compared with what the last preparation loaded into it (`arbre.json` of the home), so that only
what someone changed since is written, and a file that was changed on both sides is told and left alone. Files keep
their order, their style and the numbers that they give their charts; what preparing adds (style sheet, colours,
milestones) is taken off again. A new chart on one of our dashboards becomes a file named after its title. A chart that
holds SQL is refused, and then nothing is written.
"""

import json
import logging
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import sync
import yaml

Asset = dict[str, Any]

HERE = Path(__file__).resolve().parent
STYLE = HERE / "style.css"
TREE = "arbre.json"
MILESTONES = "Jalons"
# What Superset writes into a chart about where it was opened, and into a dashboard about what it computed from it.
TRANSIENT = ("datasource", "slice_id", "dashboards", "dashboardId", "extra_form_data", "url_params")
COMPUTED = ("color_scheme_domain", "shared_label_colors", "map_label_colors", "default_filters", "chart_configuration")
# The line that preparing puts before the style sheet, for the filters of the page.
FILTER_WIDTH = re.compile(r"^:root \{ --largeur-filtre: \d+px; \}\n")
EMPTY: tuple[Any, ...] = (None, "", [], {})


def remember(home: Path) -> None:
    """Keep the text of what a preparation loads, to know later what was changed in the browser."""
    texts = {name: (sync.ASSETS / name).read_text("utf-8") for name in _names()}
    (home / TREE).write_text(json.dumps(texts, ensure_ascii=False), "utf-8")


def _names() -> list[str]:
    return [*sync.load_folder("charts"), *sync.load_folder("dashboards")]


def _like(new: Any, old: Any) -> Any:
    """Return a value with the keys in the order of the old one, without what is only another way of saying the same."""
    if new == old:
        return old  # itself, since the tree's files say a list once that several tiles share
    if isinstance(new, dict) and isinstance(old, dict):
        kept = {key: _like(new[key], old[key]) for key in old if key in new}
        return kept | {key: value for key, value in new.items() if key not in old and value not in EMPTY}
    if isinstance(new, list) and isinstance(old, list):
        return [_like(item, old[rank]) if rank < len(old) else item for rank, item in enumerate(new)]
    return old if str(new) == str(old) else new


def chart_as_written(exported: Asset, old: Asset) -> Asset:
    """Return a chart as its file would say it."""
    params = {key: value for key, value in exported["params"].items() if key not in TRANSIENT}
    layers = params.get("annotation_layers", [])
    kept = [layer for layer in layers if layer["name"] != MILESTONES]
    if len(kept) < len(layers):
        params |= {"annotation_layers": kept, "jalons": True}
    written = {**exported, "params": params, "query_context": None}
    return _like(written, old) if old else written


def _numbered(position: Asset, old: Asset) -> dict[int, int]:
    """Return the number that the file gives each chart, by Superset's own; a new chart takes the next one."""
    tiles = [tile["meta"] for tile in old.get("position", {}).values() if _is_chart(tile)]
    known = {meta["uuid"]: meta["chartId"] for meta in tiles}
    numbers: dict[int, int] = {}
    for meta in (tile["meta"] for tile in position.values() if _is_chart(tile)):
        known.setdefault(meta["uuid"], max(known.values(), default=0) + 1)
        numbers[meta["chartId"]] = known[meta["uuid"]]
    return numbers


def _is_chart(tile: Any) -> bool:
    return isinstance(tile, dict) and tile.get("type") == "CHART"


def _filter_as_written(native: Asset, numbers: dict[int, int]) -> Asset:
    """Return a filter with the file's numbers, without what preparing or the browser adds."""
    written = {key: value for key, value in native.items() if key not in ("chartsInScope", "tabsInScope")}
    controls = {key: value for key, value in native["controlValues"].items() if (key, value) != ("creatable", False)}
    excluded = [numbers[number] for number in native["scope"]["excluded"] if number in numbers]
    return {**written, "controlValues": controls, "scope": {**native["scope"], "excluded": excluded}}


def dashboard_as_written(exported: Asset, old: Asset) -> Asset:
    """Return a dashboard as its file would say it."""
    numbers = _numbered(exported["position"], old)
    position = {
        name: {**tile, "meta": {**tile["meta"], "chartId": numbers[tile["meta"]["chartId"]]}}
        if _is_chart(tile)
        else tile
        for name, tile in exported["position"].items()
    }
    metadata = {key: value for key, value in exported["metadata"].items() if key not in COMPUTED}
    metadata |= {key: old["metadata"][key] for key in COMPUTED if key in old["metadata"]}
    natives = metadata.get("native_filter_configuration", [])
    metadata["native_filter_configuration"] = [_filter_as_written(native, numbers) for native in natives]
    if "global_chart_configuration" in metadata:
        metadata["global_chart_configuration"]["chartsInScope"] = []
    css = None if FILTER_WIDTH.sub("", exported["css"] or "") == STYLE.read_text("utf-8") else exported["css"]
    return _like({**exported, "position": position, "metadata": metadata, "css": css}, old)


def _styles() -> Iterator[Callable[[Asset], str]]:
    """Yield the ways in which the files of the tree are laid out."""
    for width in (120, 80, 100, 110, 118, 119):
        yield lambda asset, width=width: sync.dump(asset, width)
        yield lambda asset, width=width: yaml.safe_dump(asset, allow_unicode=True, sort_keys=False, width=width)


def text_like(asset: Asset, text: str) -> str:
    """Return the text of an asset in the style of the file that it replaces."""
    old = yaml.safe_load(text)

    def likeness(style: Callable[[Asset], str]) -> float:
        return SequenceMatcher(None, style(old).splitlines(), text.splitlines(), autojunk=False).ratio()

    return max(_styles(), key=likeness)(asset)


def _slug(text: str) -> str:
    """Return a title as the name of a file: ASCII, a word per underscore, no longer than sixty letters."""
    plain = unicodedata.normalize("NFKD", text.replace("’", " ")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain)[:60].strip("_") or "graphique"


def changes(loaded: dict[str, str], exported: list[Asset]) -> tuple[dict[str, str | None], list[str]]:
    """Compare what was loaded with what Superset holds: new text of each changed file (None: leaves), and refusals."""
    assets = {name: yaml.safe_load(text) for name, text in loaded.items()}
    names = {asset["uuid"]: name for name, asset in assets.items()}
    written: dict[str, str | None] = {}
    now: dict[str, Asset] = {}
    for found in sorted(exported, key=lambda asset: "position" not in asset):
        name = names.get(found["uuid"]) or _new_name(found, exported, now)
        old = assets.get(name, {})
        now[name] = (dashboard_as_written if "position" in found else chart_as_written)(found, old)
        if now[name] != old:
            written[name] = text_like(now[name], loaded[name]) if old else sync.dump(now[name])
    written |= {name: None for name in assets if name.startswith("charts/") and name not in now}
    datasets = {dataset["uuid"]: dataset for dataset in sync.load_folder("datasets").values()}
    charts = [name for name, text in written.items() if name.startswith("charts/") and text]
    return written, [problem for name in charts for problem in sync.chart_problems(name, now[name], datasets)]


def _new_name(chart: Asset, exported: list[Asset], taken: dict[str, Asset]) -> str:
    """Return the file of a chart that someone made on one of our dashboards."""
    holders = (d["slug"] for d in exported if "position" in d and chart["uuid"] in sync.chart_uuids(d))
    stem = f"charts/{next(holders)}__{_slug(chart['slice_name'])}"
    return next(name for n in range(1, 100) if (name := f"{stem}{f'_{n}' * (n > 1)}.yaml") not in taken)


def write(home: Path, exported: list[Asset]) -> tuple[int, list[str]]:
    """Write into the tree what changed since the last preparation; exit status and lines in French."""
    loaded = json.loads((home / TREE).read_text("utf-8"))
    written, problems = changes(loaded, exported)
    if problems:
        return 1, [*problems, "Rien n’a été écrit."]
    lines, status = [], 0
    for name, text in sorted(written.items()):
        path = sync.ASSETS / name
        if (path.read_text("utf-8") if path.exists() else None) != loaded.get(name):
            lines.append(f"{name} : changé aussi dans le dépôt depuis la dernière préparation, laissé tel quel")
            status = 1
        elif text is None:
            path.unlink()
            lines.append(f"{name} : retiré, plus aucun tableau de bord ne le montre")
        else:
            path.write_text(text, "utf-8")
            lines.append(f"{name} : écrit")
    return status, lines or ["Rien n’a été modifié dans le navigateur."]


def _exported(loaded: dict[str, str]) -> list[Asset]:
    """Return our dashboards and the charts that they show, as Superset exports them."""
    from superset.commands.dashboard.export import ExportDashboardsCommand
    from superset.models.dashboard import Dashboard
    from superset.utils.core import override_user

    from superset import db, security_manager

    ours = [yaml.safe_load(text)["uuid"] for name, text in loaded.items() if name.startswith("dashboards/")]
    with override_user(security_manager.find_user("administrateur")):
        ids = [found.id for found in db.session.query(Dashboard).filter(Dashboard.uuid.in_(ours))]
        files = dict(ExportDashboardsCommand(ids).run())
        return [yaml.safe_load(text()) for name, text in files.items() if name.startswith(("dashboards/", "charts/"))]


def main() -> int:
    """Bring the changes back; 1 when something was refused or left."""
    os.environ["SUPERSET_CONFIG_PATH"] = str(HERE / "superset_config.py")
    logging.disable(logging.WARNING)
    from superset.app import create_app

    app = create_app()
    home = Path(app.config["PUBLISHED_FILE"]).parent.parent / "superset"
    if not (home / TREE).exists():
        print("Superset n’a pas encore été préparé ici : make up d’abord.")
        return 1
    with app.app_context():
        exported = _exported(json.loads((home / TREE).read_text("utf-8")))
    status, lines = write(home, exported)
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
