"""What a reader chooses in the filters: read whole in its box, named by the page, answered by every tile."""

import json
import os
import subprocess

import duckdb
import pytest
from playwright.sync_api import Browser, Page

from orchestration import chromium
from tests.browser.expected import dashboard_slugs
from tests.browser.superset_server import PROJECT, PYTHON, Superset
from tests.browser.visitor import visiting

pytestmark = pytest.mark.browser
OPTIONS = 3
TABLET = 1024
WITHOUT_FILTERS = {"enquetes"}

# Choices of which a part is hidden, with what is shown of the bar when it is read.
CUT_CHOICES = """() => [...document.querySelectorAll(
    '[data-test="form-item-value"] :is(.ant-select-selection-item, .ant-select-selection-item-content)')].filter(e => {
        const box = e.closest('.ant-select-selector').getBoundingClientRect(), own = e.getBoundingClientRect();
        const hidden = getComputedStyle(e).overflow !== 'visible';
        return hidden && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
            || own.right > box.right + 1 || own.bottom > box.bottom + 1;
    }).map(e => e.innerText)"""


def _cut_as_superset_does(page: Page) -> None:
    """Give the choices the style that they have without ours."""
    rule = "white-space: nowrap !important; overflow: hidden !important; text-overflow: ellipsis !important"
    style = f'[data-test="form-item-value"] .ant-select .ant-select-selection-item-content {{ {rule} }}'
    page.evaluate(
        "css => document.head.append(Object.assign(document.createElement('style'), {textContent: css}))", style
    )


def test_a_long_choice_is_read_whole_and_named_by_the_page(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    """Of a month long past: none of its figures is provisional any more."""
    query = """
        select max_by(nom_epci, length(nom_epci)), min_by(libelle_mois, mois_situation)
        from marts.ind_comite_mois where siren_epci is not null
    """
    ((epci, month),) = published.execute(query).fetchall()
    query = "select count(distinct siren) from marts.ind_pilotage_mois where nom_epci = ? and libelle_mois = ?"
    ((count,),) = published.execute(query, [epci, month]).fetchall()
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("comite")
        visitor.choose("Mois", month)
        visitor.choose("Intercommunalité", epci)
        ((heading,),) = visitor.cells("Titre de la page")
        assert f"{epci} · " in heading and heading.endswith(f"situation à fin {month} · {count} collectivités suivies")
        assert (visitor.incidents, visitor.tile_errors(), visitor.layout_faults()) == ([], [], [])
        assert visitor.page.evaluate(CUT_CHOICES) == []
        visitor.choose("Processus", "Comptabilité (Hélios)")
        assert (visitor.incidents, visitor.tile_errors(), visitor.page.evaluate(CUT_CHOICES)) == ([], [], [])
        _cut_as_superset_does(visitor.page)
        assert epci in visitor.page.evaluate(CUT_CHOICES)


def test_a_tablet_keeps_a_choice_behind_the_button_of_the_other_filters(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    query = "select max_by(nom_epci, length(nom_epci)) from marts.ind_comite_mois where siren_epci is not null"
    ((epci,),) = published.execute(query).fetchall()
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("comite", width=TABLET)
        others = visitor.page.locator('[data-test="dropdown-container-btn"]')
        assert others.inner_text().split("\n") == ["Plus de filtres", "0"]
        others.click()
        visitor.page.locator(".ant-popover:visible .ant-select").first.click()
        visitor.page.keyboard.type(epci)
        visitor.page.locator(".ant-select-item-option:visible", has_text=epci).first.click()
        visitor.page.locator("[data-test='filter-bar__apply-button']").click()
        chromium.settle(visitor.page)
        ((heading,),) = visitor.cells("Titre de la page")
        assert f"{epci} · " in heading
        assert others.inner_text().split("\n") == ["Plus de filtres", "1"]
        others.click()
        choice = visitor.page.locator(".ant-popover:visible .ant-select-selection-item-content").first
        assert choice.inner_text() == epci
        assert visitor.page.evaluate(CUT_CHOICES) == []
        assert (visitor.incidents, visitor.tile_errors()) == ([], [])


@pytest.mark.long
def test_a_page_names_few_territories_and_counts_many(browser: Browser, superset: Superset) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("conformite")
        visitor.choose("Département", "Finistère")
        visitor.choose("Département", "Morbihan")
        visitor.choose("Type", "Communes")
        ((several,),) = visitor.cells("Titre de la page")
        visitor.page.locator("[data-test='filter-bar__clear-button']").click()
        visitor.choose("Type", "Région")
        ((region,),) = visitor.cells("Titre de la page")
    assert "Finistère, Morbihan, " in several and " intercommunalités · Communes · situation au" in several
    assert "Bretagne · Région · " in region and "intercommunalités" not in region


@pytest.mark.long
def test_no_choice_of_a_filter_puts_a_tile_in_error(superset: Superset) -> None:
    command = [str(PYTHON), str(PROJECT / "tests" / "browser" / "every_choice.py"), str(OPTIONS)]
    environment = os.environ | {"OBSERVATOIRE_HOME": str(superset.home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found["reponses"]) == set(dashboard_slugs()) - WITHOUT_FILTERS
    assert found["erreurs"] == []
