"""The map on screen: the colours of its classes are there, grey is no class, and pointing at a territory names it."""

import base64
from collections.abc import Iterator

import duckdb
import pytest
from playwright.sync_api import Browser

from tests.browser.expected import Chart, charts_of, text_of
from tests.browser.superset_server import Superset
from tests.browser.visitor import Visitor, visiting

pytestmark = pytest.mark.browser
MAP = "Carte des intercommunalités (en %, douze mois)"
CANVAS = f'[data-test-chart-name="{MAP}"] canvas'
# Where to point, in shares of the canvas: inland, east, west.
PLACES = ((0.5, 0.5), (0.8, 0.5), (0.2, 0.4))
# A smaller patch of colour could be the edge of another.
FEWEST_PIXELS = 40
COLOURS = """async ([png, fewest]) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + png;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), {width: image.width, height: image.height});
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const counts = new Map(), pixels = context.getImageData(0, 0, image.width, image.height).data;
    for (let i = 0; i < pixels.length; i += 4) {
        const colour = pixels.slice(i, i + 3).join(' ');
        counts.set(colour, (counts.get(colour) || 0) + 1);
    }
    return [...counts].filter(([, count]) => count >= fewest).map(([colour]) => colour);
}"""


@pytest.fixture(scope="module")
def chart(published: duckdb.DuckDBPyConnection) -> Chart:
    (found,) = [c for c in charts_of("carte", published) if c.name == MAP]
    return found


@pytest.fixture(scope="module")
def visitor(browser: Browser, superset: Superset) -> Iterator[Visitor]:
    with visiting(browser, superset, "comite") as someone:
        someone.open("carte")
        someone.choose("Processus", "Actes réglementaires")
        yield someone


def colour_of(rate: float, chart: Chart) -> str:
    """The colour that the chart's file gives to a rate, as three numbers."""
    classes = chart.params["color_breakpoints"]
    colours = [c["color"] for c in classes if c["minValue"] <= rate <= c["maxValue"]]
    colour = (colours or [chart.params["default_breakpoint_color"]])[0]
    return f"{colour['r']} {colour['g']} {colour['b']}"


def test_each_territory_has_the_colour_of_its_class_and_the_unknown_is_grey(visitor: Visitor, chart: Chart) -> None:
    rates = [row[chart.metrics[0]] for row in visitor.data_of(MAP)]
    expected = {colour_of(rate, chart) for rate in rates}
    assert len(expected) > 2
    png = base64.b64encode(visitor.page.locator(CANVAS).first.screenshot()).decode()
    shown = set(visitor.page.evaluate(COLOURS, [png, FEWEST_PIXELS]))
    assert expected <= shown
    assert colour_of(-1, chart) == "220 220 220"


def test_pointing_at_a_territory_gives_its_name_and_its_rate_in_french(
    visitor: Visitor, chart: Chart, published: duckdb.DuckDBPyConnection
) -> None:
    (expression,) = [m["expression"] for m in chart.dataset["metrics"] if m["metric_name"] == "t_infobulle"]
    query = f"""
        select nom_epci, {expression} from marts.ind_carte_epci
        where recul_mois = 0 and processus = 'actes' group by nom_epci
    """
    expected = {
        f"Intercommunalité : {name} Sur douze mois : {text_of(said, None)}"
        for name, said in published.execute(query).fetchall()
    }
    box = visitor.page.locator(CANVAS).first.bounding_box()
    said = set()
    for x, y in PLACES:
        for step in (0, 4):
            visitor.page.mouse.move(box["x"] + x * box["width"] + step, box["y"] + y * box["height"])
            visitor.page.wait_for_timeout(500)
        said.add(" ".join(visitor.page.locator(".deckgl-tooltip").inner_text().split()))
    assert len(said) == len(PLACES) and said <= expected
    assert visitor.incidents == []
