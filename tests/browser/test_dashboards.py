"""Each dashboard in a real Chromium, as the committee opens it: complete, quiet, readable, and true to the file."""

import runpy
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser

from tests.browser.expected import (
    Chart,
    charts_of,
    dashboard_slugs,
    milliseconds,
    required_choices,
    rows,
    visible_texts,
)
from tests.browser.superset_server import PROJECT, Superset
from tests.browser.visitor import CAPTURES, Visitor, visiting

pytestmark = pytest.mark.browser
CLOSE = 1e-9


@pytest.fixture(scope="module", params=dashboard_slugs())
def visit(request: pytest.FixtureRequest, browser: Browser, superset: Superset) -> Iterator[tuple[str, Visitor]]:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open(request.param, captures=CAPTURES)
        yield request.param, visitor


def test_nothing_goes_wrong_and_nothing_leaves_the_machine(visit: tuple[str, Visitor]) -> None:
    assert visit[1].incidents == []


def test_what_the_page_asks_was_answered_in_advance(visit: tuple[str, Visitor]) -> None:
    """Superset's preparation asked it first, and so does each publication; only kinds it does not know are computed."""
    if required_choices(visit[0]) > 1:
        pytest.skip("Superset fait ces choix un à un, et demande parfois entre deux ce que personne ne verra")
    known = runpy.run_path(str(PROJECT / "superset" / "questions.py"))["BUILDERS"]
    missed = [form for form in visit[1].computed if form.get("viz_type", "table") in known]
    assert [(form.get("slice_id"), form.get("native_filter_id")) for form in missed] == []


def test_no_tile_is_empty_or_in_error(visit: tuple[str, Visitor]) -> None:
    assert visit[1].tile_errors() == []


def test_nothing_is_cut_or_scrolls_at_1366_pixels(visit: tuple[str, Visitor]) -> None:
    assert visit[1].layout_faults() == []


def test_the_page_says_that_it_shows_demonstration_data(
    visit: tuple[str, Visitor], published: duckdb.DuckDBPyConnection
) -> None:
    query = "select coalesce(bool_or(est_demonstration), false) from marts.fct_fichiers_recus"
    (is_demonstration,) = published.execute(query).fetchone()
    assert ("Données de démonstration" in visit[1].page.inner_text("body")) == is_demonstration


def test_every_cell_of_every_table_equals_a_query(
    visit: tuple[str, Visitor], published: duckdb.DuckDBPyConnection
) -> None:
    slug, visitor = visit
    for chart in (c for c in charts_of(slug, published) if c.viz_type == "table"):
        _check_table(chart, visitor.cells(chart.name), rows(chart, published))


def _check_table(chart: Chart, shown: list[list[str]], expected: list[tuple]) -> None:
    """Rows on screen are rows of the query, as many as the limit lets, and those that sort first."""
    limit = chart.params["row_limit"]
    possible = [visible_texts(chart, row) for row in expected]
    assert len(shown) == min(limit, len(possible)), chart.name
    assert [row for row in shown if row not in possible] == [], chart.name
    if len(possible) > limit:
        ranked = sorted((row[-1] for row in expected if row[-1] is not None), reverse=chart.params["order_desc"])
        last = ranked[limit - 1]
        surely = [
            visible_texts(chart, row)
            for row in expected
            if row[-1] is not None and (row[-1] > last if chart.params["order_desc"] else row[-1] < last)
        ]
        assert [row for row in surely if row not in shown] == [], chart.name


def test_every_drawn_chart_equals_a_query(visit: tuple[str, Visitor], published: duckdb.DuckDBPyConnection) -> None:
    slug, visitor = visit
    for chart in (c for c in charts_of(slug, published) if c.viz_type not in ("table", "deck_polygon")):
        drawn = _drawn(chart, visitor.data_of(chart.name))
        expected = {(milliseconds(row[0]), row[1]): row[2] for row in rows(chart, published) if row[2] is not None}
        assert drawn.keys() == expected.keys(), chart.name
        assert all(abs(drawn[key] - expected[key]) < CLOSE for key in expected), chart.name


def test_every_map_equals_a_query(visit: tuple[str, Visitor], published: duckdb.DuckDBPyConnection) -> None:
    slug, visitor = visit
    for chart in (c for c in charts_of(slug, published) if c.viz_type == "deck_polygon"):
        drawn = {row["contour"]: row[chart.metrics[0]] for row in visitor.data_of(chart.name)}
        expected = dict(rows(chart, published))
        assert drawn.keys() == expected.keys() and expected, chart.name
        assert all(abs(drawn[contour] - expected[contour]) < CLOSE for contour in expected), chart.name


def _drawn(chart: Chart, data: list[dict[str, Any]]) -> dict[tuple[int, str], float]:
    """Return the values of a chart by period and series, whether it received them long or wide."""
    x_axis, series = chart.keys
    if series in data[0]:
        found = {(row[x_axis], row[series]): row[chart.metrics[0]] for row in data}
    else:
        found = {(row[x_axis], name): value for row in data for name, value in row.items() if name != x_axis}
    return {key: value for key, value in found.items() if value is not None}


def test_committee_rates_are_those_of_the_published_indicators(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    """The page adds collectivités up; the indicator of the territory is added up by another model."""
    query = """
        select p.libelle_processus, v.valeur, v.nb_collectivites, v.nb_collectivites_attendues
        from marts.ind_valeurs v
        join marts.dim_processus p using (code_indicateur)
        join marts.dim_indicateurs i using (code_indicateur, version_definition)
        cross join (select max(mois) as mois from marts.ind_pilotage_mois) m
        where v.perimetre_type = 'territoire' and v.dimension = 'ensemble' and v.population = 'toutes'
          and v.periode_type = i.periode_minimale
          and v.periode_debut = case v.periode_type when 'mois' then m.mois
                                else cast(date_trunc('quarter', m.mois) as date) end
        order by p.ordre_processus
    """
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("pilotage")
        table = visitor.cells("Où en est-on de la cible ? (%, mois choisi)")
    expected = published.execute(query).fetchall()
    assert [row[0] for row in table] == [row[0] for row in expected]
    for shown, (_, rate, answered, awaited) in zip(table, expected, strict=True):
        assert shown[1] == _percent(rate)
        assert shown[-1].removesuffix(" ⚠") == _percent(answered / awaited)


def _percent(ratio: float | None) -> str:
    if ratio is None:
        return "◌ Non calculé"
    if 0.995 <= ratio < 1:
        return "> 99 %"
    if 0 < ratio < 0.005:
        return "< 1 %"
    return f"{int(100 * ratio + 0.5)} %"


def test_filter_on_a_department_moves_the_whole_page(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    query = """
        select count(distinct siren) from marts.ind_pilotage_mois
        where recul_mois = 0 and nom_departement = 'Finistère'
    """
    (count,) = published.execute(query).fetchone()
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("pilotage")
        visitor.choose("Département", "Finistère")
        ((heading,),) = visitor.cells("Titre de la page")
        assert f"{count} collectivités suivies" in heading
        (title,) = [c.name for c in charts_of("pilotage", published) if c.name.startswith("Et chaque collectivité")]
        assert {row[0] for row in visitor.cells(title)} == {"Finistère"}


def test_a_lever_moves_the_simulator_and_says_by_how_much(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    """At the centre the page gives the scenario back; all acts sent moves the projection, and nothing else."""
    query = """
        select sum(montant_eur), sum(montant_central_eur) from marts.ind_simulateur
        where scenario = 'actuel' and mesure = 'projection_taux_constant' and niveau_taux_actes = '100 % des actes'
          and rang_taux_marches = 0 and rang_cout_page = 0 and rang_minutes = 0 and rang_part_budget = 0
          and rang_decote = 0
    """
    chosen, central = published.execute(query).fetchone()
    assert chosen > central
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("simulateur")
        (before,) = visitor.cells("L’essentiel")
        assert all("= le chiffre du scénario" in cell for cell in before)
        visitor.choose("Actes", "100 % des actes")
        (after,) = visitor.cells("L’essentiel")
        ((heading,),) = visitor.cells("Titre de la page")
    assert "▲ +" in after[0] and after[1] == before[1] and after[3] == before[3]
    assert "actes : 100 % des actes" in heading


def test_a_filter_offers_what_exists_and_nothing_that_is_typed(browser: Browser, superset: Superset) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("qualite")
        visitor.page.locator(".filter-item-wrapper", has_text="Mois").locator(".ant-select").first.click()
        visitor.page.keyboard.type("un mois qui n’existe pas")
        visitor.page.wait_for_timeout(1000)
        assert visitor.page.locator(".ant-select-item-option", has_text="un mois qui n’existe pas").count() == 0


def test_committee_goes_from_page_to_page_without_an_incident(browser: Browser, superset: Superset) -> None:
    """Leaving a dashboard, Superset saves its series' colours when they lack, which a reader may not do."""
    first, *others = dashboard_slugs()
    with visiting(browser, superset, "comite") as visitor:
        for slug in (first, *others, first):
            visitor.open(slug)
        assert visitor.incidents == []


@pytest.mark.long
@pytest.mark.parametrize("login", ["analyste", "administrateur"])
@pytest.mark.parametrize("slug", dashboard_slugs())
def test_every_other_role_opens_every_dashboard(browser: Browser, superset: Superset, login: str, slug: str) -> None:
    with visiting(browser, superset, login) as visitor:
        visitor.open(slug)
        assert visitor.incidents == []
        assert visitor.tile_errors() == []
        assert visitor.layout_faults() == []


def test_committee_reads_dashboards_and_nothing_else(browser: Browser, superset: Superset) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("pilotage")
        sql = {"database_id": 1, "sql": "select 1", "schema": "marts"}
        assert visitor.post("/api/v1/sqllab/execute/", sql)[0] == 403
        for path in ("/api/v1/database/", "/api/v1/dataset/", "/api/v1/chart/1/data/", "/sqllab/", "/users/list/"):
            answer = visitor.page.request.get(f"{superset.url}{path}", max_redirects=0)
            assert answer.status in (302, 401, 403, 404), path


def test_analyst_queries_the_marts_and_no_file(browser: Browser, superset: Superset) -> None:
    with visiting(browser, superset, "analyste") as visitor:
        visitor.open("pilotage")
        (database,) = [d["id"] for d in visitor.page.request.get(f"{superset.url}/api/v1/database/").json()["result"]]

        def run(sql: str) -> tuple[int, str]:
            body = {"database_id": database, "sql": sql, "schema": "marts", "runAsync": False, "queryLimit": 10}
            return visitor.post("/api/v1/sqllab/execute/", body)

        status, text = run("select count(*) as n from marts.dim_collectivites")
        assert status == 200 and '"n"' in text
        for attack in (
            "select * from read_text('/etc/passwd')",
            "select * from '/etc/passwd'",
            "attach '/etc/passwd' as fichier",
            "explain analyze select 1",
            "set memory_limit = '100GB'",
        ):
            status, text = run(attack)
            assert status >= 400 and "root:" not in text and "Traceback" not in text, attack


def test_an_event_of_the_sign_in_page_cannot_replace_the_session(browser: Browser, superset: Superset) -> None:
    context = browser.new_context()
    context.request.get(f"{superset.url}/login/")
    answer = context.request.post(f"{superset.url}/superset/log/?explode=events", form={"events": "[]"})
    assert (answer.status, "set-cookie" in answer.headers) == (204, False)
    context.close()
