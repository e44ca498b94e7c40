"""The committee's page: where each role lands, and what the rules single out, against figures of other models."""

import json

import duckdb
import pytest
from playwright.sync_api import Browser

from tests.browser.superset_server import Superset
from tests.browser.visitor import visiting

pytestmark = pytest.mark.browser
ATTENTION = "Qu’est-ce qui demande attention, et pourquoi ? (Bretagne, mois choisi)"


@pytest.mark.parametrize("login, slug", [("comite", "comite"), ("analyste", "pilotage"), ("administrateur", "comite")])
def test_each_role_lands_on_its_dashboard(browser: Browser, superset: Superset, login: str, slug: str) -> None:
    with visiting(browser, superset, login) as visitor:
        assert visitor.page.url.startswith(f"{superset.url}/superset/dashboard/{slug}/")
        for home in ("/", "/superset/welcome/"):
            answer = visitor.page.request.get(f"{superset.url}{home}", max_redirects=0)
            assert (answer.status, answer.headers["location"]) == (302, f"/superset/dashboard/{slug}/")


def test_a_visitor_who_is_not_signed_in_is_asked_to(browser: Browser, superset: Superset) -> None:
    context = browser.new_context()
    answer = context.request.get(f"{superset.url}/", max_redirects=0)
    assert (answer.status, answer.headers["location"]) == (302, "/login/")
    context.close()


def test_a_reader_is_told_the_last_month_with_the_page(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    """So his browser asks for the figures at once, and once; whoever edits the page gets it as it is written."""
    query = "select max(mois_situation), max_by(libelle_mois, mois_situation) from marts.ind_comite_mois"
    ((_, last),) = published.execute(query).fetchall()
    told = {}
    for login in ("comite", "administrateur"):
        with visiting(browser, superset, login) as visitor:
            answer = visitor.page.request.get(f"{superset.url}/api/v1/dashboard/comite").json()
            (month, *_) = json.loads(answer["result"]["json_metadata"])["native_filter_configuration"]
            told[login] = month["defaultDataMask"]["filterState"].get("value")
            asked: list[str] = []
            visitor.page.on("request", lambda request, asked=asked: asked.append(request.url))
            visitor.open("comite")
            assert visitor.tile("Titre de la page").inner_text().count(last) == 1
            assert (
                visitor.page.locator('[data-test="filter-bar"] .ant-select-selection-item').first.inner_text() == last
            )
            tiles = [url for url in asked if "/api/v1/chart/data?form_data" in url]
            assert len(tiles) == len(set(tiles)) == visitor.page.locator("[data-test-chart-name]").count()
    assert told == {"comite": [last], "administrateur": None}


def test_a_reader_opens_the_list_of_pages(browser: Browser, superset: Superset) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.page.goto(f"{superset.url}/dashboard/list/", wait_until="networkidle")
        visitor.page.get_by_text("Comité de pilotage").first.wait_for()
        assert visitor.incidents == []


def test_the_keyboard_never_stops_on_a_header_that_nobody_sees(browser: Browser, superset: Superset) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("comite")
        headers: dict[str, float] = {}
        for _ in range(40):
            visitor.page.keyboard.press("Tab")
            focused = visitor.page.locator("th:focus")
            if focused.count():
                headers[focused.inner_text()] = focused.bounding_box()["height"]
        assert list(headers)[:3] == ["Sur quoi ?", "Pourquoi ?", "Période et réponses"]
        assert min(headers.values()) > 15


def test_attention_on_screen_is_what_the_rules_single_out(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    query = """
        select libelle_objet, libelle_regle, raison, est_nouveau from marts.ind_attention_mois
        where est_signale and mois = (select max(mois) from marts.ind_pilotage_mois)
    """
    expected = published.execute(query).fetchall()
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("comite")
        shown = visitor.cells(ATTENTION)
        ((count, *_),) = visitor.cells("L’essentiel")
    written = {
        (f"{o}{' ★ Nouveau' if new else ''} {rule}", " ".join(reason.split())) for o, rule, reason, new in expected
    }
    assert expected and {(row[0], row[1]) for row in shown} == written
    assert len(shown) == len(expected) and f"{len(expected)} point" in count


def test_attention_to_targets_is_that_of_the_published_indicators(published: duckdb.DuckDBPyConnection) -> None:
    """The rule adds collectivités up; the indicator of the territory is added up by another model."""
    query = """
        select a.valeur, i.cible - v.valeur, a.est_signale, r.seuil
        from marts.ind_attention_mois a
        join marts.dim_processus p on p.processus = a.objet_code
        join marts.ind_valeurs v on v.code_indicateur = p.code_indicateur
            and v.perimetre_type = 'territoire' and v.dimension = 'ensemble' and v.population = 'toutes'
        join marts.dim_indicateurs i on i.code_indicateur = v.code_indicateur
            and i.version_definition = v.version_definition and i.periode_minimale = v.periode_type
        cross join (select 0.2 as seuil) r
        where a.code_regle = 'taux_loin_de_sa_cible'
            and v.periode_debut = date_trunc(case v.periode_type when 'mois' then 'month' else 'quarter' end, a.mois)
    """
    rows = published.execute(query).fetchall()
    assert len(rows) > 4
    assert all(abs(found - other) < 1e-9 for found, other, _, _ in rows)
    assert all(singled == (other > float(limit)) for _, other, singled, limit in rows)
