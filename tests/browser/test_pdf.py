"""The committee's page on paper: A4 sheets whose text is searched for the figures of a query."""

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader

from orchestration.pdf_tiles import TITLE_TILE
from orchestration.settings import COMMITTEE_PAGE
from tests.browser.expected import Chart, charts_of, rows, text_of, visible_texts
from tests.browser.superset_server import PROJECT, Superset

pytestmark = pytest.mark.browser
A4_LANDSCAPE_POINTS = (842, 595)


def print_page(home: Path, slug: str, *options: str) -> subprocess.CompletedProcess:
    """Run the command of `make pdf`."""
    command = [sys.executable, "-m", "orchestration.pdf", slug, *options]
    environment = {**os.environ, "OBSERVATOIRE_HOME": str(home)}
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)


def tight(text: str) -> str:
    """A text without its spaces, which a printer puts where it likes."""
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def pdf(superset: Superset) -> PdfReader:
    done = print_page(superset.home, COMMITTEE_PAGE, "--adresse", superset.url)
    assert done.returncode == 0, done.stderr[-3000:]
    return PdfReader(superset.home / "publication" / f"{COMMITTEE_PAGE}.pdf")


@pytest.fixture(scope="module")
def pages(pdf: PdfReader) -> list[str]:
    return [tight(page.extract_text()) for page in pdf.pages]


@pytest.fixture(scope="module")
def charts(published: duckdb.DuckDBPyConnection) -> list[Chart]:
    return charts_of(COMMITTEE_PAGE, published)


def test_every_sheet_is_a_landscape_a4_with_its_head_and_foot(pdf: PdfReader, pages: list[str], home: Path) -> None:
    version = (home / "publication" / "observatoire.duckdb").resolve().stem.removeprefix("observatoire-")
    title = tight(pdf.metadata.title)
    for number, (page, text) in enumerate(zip(pdf.pages, pages, strict=True), start=1):
        assert [page.mediabox.width, page.mediabox.height] == pytest.approx(A4_LANDSCAPE_POINTS, abs=1)
        assert title in text and f"page{number}/{len(pages)}" in text and f"version{version}" in text
        assert "situationàfin" in text and "Statut:chiffresprovisoires" in text and "Donnéesdedémonstration" in text
        assert "Source:Observatoire" in text
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"] and pdf.trailer["/Root"]["/Lang"].startswith("fr")


def test_every_table_shows_the_figures_of_a_query_and_stands_on_one_sheet(
    charts: list[Chart], pages: list[str], published: duckdb.DuckDBPyConnection
) -> None:
    for chart in (c for c in charts if c.viz_type == "table" and c.name != TITLE_TILE):
        possible = [tight("".join(visible_texts(chart, row))) for row in rows(chart, published)]
        shown = [{number for number, page in enumerate(pages) if row in page} for row in possible]
        found = [sheets for sheets in shown if sheets]
        assert len(found) == min(chart.params["row_limit"], len(possible)), (chart.name, possible)
        assert set.intersection(*found), chart.name


def test_every_drawn_chart_has_its_title_and_its_figures_as_text(
    charts: list[Chart], pages: list[str], published: duckdb.DuckDBPyConnection
) -> None:
    text = "".join(pages)
    for chart in (c for c in charts if c.viz_type != "table"):
        _, annexe = text.split("Leschiffresdesgraphiques", 1)
        assert text.count(tight(chart.name)) >= 1 and tight(chart.name) in annexe, chart.name
        if chart.viz_type != "deck_polygon":
            shown = {tight(text_of(row[2], chart.params["y_axis_format"])) for row in rows(chart, published) if row[2]}
            assert [figure for figure in shown if figure not in annexe] == [], chart.name


def test_an_unknown_page_is_refused_in_one_sentence(superset: Superset) -> None:
    done = print_page(superset.home, "inconnu", "--adresse", superset.url)
    assert done.returncode == 1 and done.stderr.strip().splitlines()[-1] == (
        "Le tableau de bord « inconnu » n'existe pas, ou n'est pas ouvert à ce compte."
    )


@pytest.mark.long
def test_without_a_served_superset_the_command_serves_one_for_itself(superset: Superset) -> None:
    """The address given is nobody's."""
    path = superset.home / "publication" / f"{COMMITTEE_PAGE}.pdf"
    path.unlink(missing_ok=True)
    done = print_page(superset.home, COMMITTEE_PAGE, "--adresse", "http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr[-3000:]
    assert (superset.home / "journaux" / "superset_pdf.log").exists()
    assert len(PdfReader(path).pages) > 1
