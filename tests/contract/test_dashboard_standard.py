"""The standard of the dashboards, without a server: titles, filters, colours, formats and links of every page.

A page that is added is held to it at once; what is exempt is listed here, with its reason.
"""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

Asset = dict[str, Any]

# Tiles whose title is hidden, or that say unit and period in each sentence of theirs.
SPEAKS_FOR_ITSELF = re.compile(r"Titre de la page|L’essentiel|Chiffres clés.*")
NO_FIGURE = {
    "Que valent les documents fondateurs ? Les 22 incohérences relevées, et ce que nous en faisons": "des textes",
}
MARKS = re.compile(r"%|€|points|nombre|jours|dates|score|étapes|mois")
PERIODS = re.compile(
    r"mois|à ce jour|année|horizon|par an\b|en un an|campagne|depuis|\b20\d\d\b|durée|dates|[Éé]tude de 2013"
)

# Filters that every page has when its models hold their column, in this order.
STANDARD = {
    "Mois": "libelle_mois",
    "Processus": "libelle_processus",
    "Département": "nom_departement",
    "Intercommunalité": "nom_epci",
    "Type": "libelle_type",
    "Taille": "classe_taille",
}
PAGES_OF_ONE_CHOICE = {
    "ma-collectivite": "une seule collectivité, que choisit la page",
    "pilotes": "un panel de six entités, que choisit la page",
    "preuves": "une collectivité et un mois, que choisit la page",
    "enquetes": "les réponses ne se croisent pas avec le territoire : une collectivité s'y reconnaîtrait",
    "simulateur": "une simulation vaut pour toute la Bretagne",
    "carte": "un seul processus, que choisit la page, sur les douze derniers mois clos",
}
FRENCH_DATES = re.compile(r"(%[AabBdemyY]|[ /])+")
FRENCH_NUMBERS = re.compile(r"\+?,\.\d~?[f%]")


@pytest.fixture(scope="module")
def sync(project: Path) -> ModuleType:
    """superset/sync.py; its folder is no package and is only on the path while it is imported."""
    sys.path.insert(0, str(project / "superset"))
    try:
        import sync
    finally:
        sys.path.pop(0)
    return sync


@pytest.fixture(scope="module")
def charts(sync: ModuleType) -> dict[str, Asset]:
    return {chart["uuid"]: chart for chart in sync.load_folder("charts").values()}


@pytest.fixture(scope="module")
def dashboards(sync: ModuleType) -> dict[str, Asset]:
    return {dashboard["slug"]: dashboard for dashboard in sync.load_folder("dashboards").values()}


@pytest.fixture(scope="module")
def datasets(sync: ModuleType) -> dict[str, Asset]:
    return {dataset["uuid"]: dataset for dataset in sync.load_folder("datasets").values()}


def _tiles(dashboard: Asset) -> list[Asset]:
    return [t for t in dashboard["position"].values() if isinstance(t, dict) and t.get("type") == "CHART"]


def _columns(dataset: Asset) -> set[str]:
    return {column["column_name"] for column in dataset["columns"]}


def _filters(dashboard: Asset) -> list[Asset]:
    return dashboard["metadata"]["native_filter_configuration"]


def _is_known(title: str) -> bool:
    return bool(SPEAKS_FOR_ITSELF.fullmatch(title)) or title in NO_FIGURE


def test_every_title_says_its_unit_and_its_period(charts: dict[str, Asset]) -> None:
    titles = [chart["slice_name"] for chart in charts.values() if not _is_known(chart["slice_name"])]
    endings = {title: title[title.rfind("(") :] if title.endswith(")") else "" for title in titles}
    assert [title for title, ending in endings.items() if not MARKS.search(ending)] == []
    assert [title for title in titles if not PERIODS.search(title)] == []


def test_a_table_cut_by_the_server_is_one_page_that_nobody_sorts(charts: dict[str, Asset], project: Path) -> None:
    """A second page could not be reached, and a sort would compare the HTML of cells."""
    style = (project / "superset" / "style.css").read_text("utf-8")
    (rule,) = re.findall(r":is\(([^()]*)\) \.table th \{ pointer-events: none; \}", style)
    unsortable = re.compile("|".join(re.escape(start) + ".*" for start in re.findall(r'="([^"]*)"', rule)))
    tables = [chart for chart in charts.values() if chart["viz_type"] == "table"]
    cut = [chart for chart in tables if chart["params"]["server_pagination"]]
    assert {chart["uuid"] for chart in cut} == {c["uuid"] for c in tables if unsortable.fullmatch(c["slice_name"])}
    for params in (chart["params"] for chart in cut):
        assert params["server_page_length"] == params["row_limit"] and not params["include_search"]


def test_titles_fit_on_two_lines(charts: dict[str, Asset], dashboards: dict[str, Asset]) -> None:
    """One column of the page holds at least eleven characters of a line of its title."""
    tiles = [tile["meta"] for dashboard in dashboards.values() for tile in _tiles(dashboard)]
    long = [m["uuid"] for m in tiles if len(charts[m["uuid"]]["slice_name"]) > 2 * 11 * m["width"]]
    assert [charts[uuid]["slice_name"] for uuid in long] == []


def test_a_dashboard_names_its_tiles_as_the_charts_do(charts: dict[str, Asset], dashboards: dict[str, Asset]) -> None:
    wrong = [
        (slug, tile["meta"]["sliceName"])
        for slug, dashboard in dashboards.items()
        for tile in _tiles(dashboard)
        if tile["meta"]["sliceName"] != charts[tile["meta"]["uuid"]]["slice_name"]
    ]
    assert wrong == []


def test_an_axis_has_a_unit(charts: dict[str, Asset]) -> None:
    """Percents say it at each graduation; a number of something is named along the axis."""
    drawn = [c for c in charts.values() if c["viz_type"].startswith("echarts_timeseries")]
    assert len(drawn) >= 4
    assert [
        c["slice_name"]
        for c in drawn
        if not c["params"]["y_axis_format"].endswith("%") and not c["params"].get("y_axis_title")
    ] == []


def test_formats_are_french(charts: dict[str, Asset], datasets: dict[str, Asset]) -> None:
    numbers = {m["d3format"] for d in datasets.values() for m in d["metrics"] if m["d3format"]}
    dates = set()
    for chart in charts.values():
        params = chart["params"]
        settings = params.get("column_config", {}).values()
        numbers |= {s["d3NumberFormat"] for s in settings if "d3NumberFormat" in s}
        numbers |= {params[key] for key in ("y_axis_format", "number_format") if params.get(key)}
        dates |= {v for k, v in params.items() if k.lower().replace("_", "").endswith("timeformat") and v}
        dates |= {params["table_timestamp_format"]} if params.get("table_timestamp_format") else set()
    assert [n for n in sorted(numbers) if not FRENCH_NUMBERS.fullmatch(n)] == []
    assert [d for d in sorted(dates) if not FRENCH_DATES.fullmatch(d)] == []


def _colours(text: str) -> set[str]:
    return {colour.upper() for colour in re.findall(r"#[0-9A-Fa-f]{6}\b", text)}


def test_every_colour_comes_from_the_palette(sync: ModuleType, project: Path, charts: dict[str, Asset]) -> None:
    known = _colours((project / "superset" / "palette.py").read_text("utf-8"))
    cells = "\n".join(m["expression"] for d in sync.load_folder("datasets").values() for m in d["metrics"])
    assert _colours(cells) - known == set()
    assert _colours(yaml.safe_dump(list(charts.values()))) - known == set()
    schemes = {
        c["params"][k] for c in charts.values() for k in ("color_scheme", "linear_color_scheme") if k in c["params"]
    }
    assert schemes <= {"observatoire", "obs_bleus", "obs_couverture", "obs_refus"}


def test_series_that_have_a_name_have_a_colour(sync: ModuleType, dashboards: dict[str, Asset]) -> None:
    """A page with a drawn chart gives its series' colours: the order of the data must not choose them."""
    charts = {c["uuid"]: c for c in sync.load_folder("charts").values()}
    for slug, dashboard in dashboards.items():
        drawn = [t for t in _tiles(dashboard) if charts[t["meta"]["uuid"]]["viz_type"].startswith("echarts_timeseries")]
        assert not drawn or dashboard["metadata"]["label_colors"], slug


def test_every_page_has_the_filters_that_its_data_allow(
    dashboards: dict[str, Asset], charts: dict[str, Asset], datasets: dict[str, Asset]
) -> None:
    assert PAGES_OF_ONE_CHOICE.keys() <= dashboards.keys()
    for slug, dashboard in dashboards.items():
        if slug in PAGES_OF_ONE_CHOICE:
            continue
        main = {t["datasetUuid"] for native in _filters(dashboard) for t in native["targets"]}
        assert main, f"{slug} : aucun filtre"
        allowed = [name for name, column in STANDARD.items() if any(column in _columns(datasets[u]) for u in main)]
        names = [native["name"] for native in _filters(dashboard)]
        assert [name for name in names if name in STANDARD] == allowed, slug


def test_a_filter_has_the_same_name_and_column_on_every_page(dashboards: dict[str, Asset]) -> None:
    for slug, dashboard in dashboards.items():
        for native in _filters(dashboard):
            (target,) = native["targets"]
            if native["name"] in STANDARD:
                assert target["column"]["name"] == STANDARD[native["name"]], (slug, native["name"])
        parents = {native["name"]: native["cascadeParentIds"] for native in _filters(dashboard)}
        if {"Département", "Intercommunalité"} <= parents.keys():
            assert parents["Intercommunalité"] == ["NATIVE_FILTER-departement"], slug
        if {"Type", "Taille"} <= parents.keys():
            assert parents["Taille"] == ["NATIVE_FILTER-type"], slug


def test_a_tile_that_no_filter_of_territory_reaches_says_so(
    dashboards: dict[str, Asset], charts: dict[str, Asset], datasets: dict[str, Asset]
) -> None:
    for slug, dashboard in dashboards.items():
        if slug in PAGES_OF_ONE_CHOICE:
            continue
        territory = [n for n in _filters(dashboard) if n["name"] in ("Département", "Intercommunalité")]
        for tile in _tiles(dashboard):
            chart = charts[tile["meta"]["uuid"]]
            columns = _columns(datasets[chart["dataset_uuid"]])
            reached = any(
                n["targets"][0]["column"]["name"] in columns and tile["meta"]["chartId"] not in n["scope"]["excluded"]
                for n in territory
            )
            title = chart["slice_name"]
            assert reached or _is_known(title) or re.search("Bretagne|France", title), (slug, title)


def _links(manifest: Asset) -> list[tuple[str, str, Asset]]:
    """Return the links that the models' metrics make: model, page, choices."""
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    metrics = [
        (n["name"], m) for n in nodes for m in (n["config"].get("meta", {}).get("superset") or {}).get("metrics", [])
    ]
    return [
        (name, m["arguments"]["page"], m["arguments"]["choix"])
        for name, m in metrics
        if "page" in m.get("arguments", {})
    ]


def test_a_link_aims_at_filters_that_exist(manifest: Asset, dashboards: dict[str, Asset]) -> None:
    """A filter that changed its name would open the page on everything."""
    links = _links(manifest)
    assert {page for _, page, _ in links} >= {"pilotage", "ma-collectivite", "preuves"}
    for model, page, choices in links:
        filters = {n["id"]: n["targets"][0]["column"]["name"] for n in _filters(dashboards[page])}
        for name, (column, _) in choices.items():
            assert filters.get(f"NATIVE_FILTER-{name}") == column, (model, page, name)
