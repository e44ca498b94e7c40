"""From the territory to an EPCI, to a collectivité, to the lines of files: by links, each figure equal to a query."""

import re

import duckdb
import pytest
from playwright.sync_api import Browser

from tests.browser.expected import charts_of
from tests.browser.superset_server import Superset
from tests.browser.visitor import Visitor, visiting

RATES = """
    select libelle_processus, sum(numerateur) / nullif(sum(denominateur), 0)
    from marts.ind_pilotage_mois where recul_mois = 0 and nom_epci = ?
    group by libelle_processus
"""
PROOFS = """
    select
        coalesce(sum(nombre) filter (where terme = 'numerateur'), 0), sum(nombre) filter (where terme = 'denominateur'),
        list(distinct f.nom_fichier)
    from marts.ind_preuves p
    left join marts.fct_fichiers_recus f on p.fichier_sha256 = f.sha256 and f.statut <> 'doublon'
    where p.libelle_indicateur = ? and p.libelle_collectivite = ? and p.dimension = 'ensemble'
      and (p.libelle_annee = ? or p.libelle_mois = ?)
"""


def _title(slug: str, start: str, published: duckdb.DuckDBPyConnection) -> str:
    (title,) = [chart.name for chart in charts_of(slug, published) if chart.name.startswith(start)]
    return title


def _percent(rate: float | None) -> str:
    if rate is None:
        return "◌ Non calculé"
    if 0.995 <= rate < 1:
        return "> 99 %"
    return "< 1 %" if 0 < rate < 0.005 else f"{int(100 * rate + 0.5)} %"


def _fine(rate: float) -> str:
    """A ratio as the page of proofs writes it, with one decimal."""
    return f"{100 * rate:.1f} %".replace(".", ",")


def _number(text: str) -> int:
    return int(re.match(r"[\d\s]+", text)[0].replace("\u202f", "").replace(" ", ""))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _check_proofs(
    visitor: Visitor, published: duckdb.DuckDBPyConnection, indicator: str, period: str, shown: str
) -> None:
    """The page of proofs shows the figure that led to it, its two terms, and files and lines that were received."""
    ((heading,),) = visitor.cells("Titre de la page")
    label, collectivity = re.search(r"(Taux|Part|Actes|Indice)[^·]* · ([^·]+) · ", heading)[0].split(" · ")[:2]
    assert label == indicator and period in heading
    above, below, files = published.execute(PROOFS, [indicator, collectivity, period, period]).fetchone()
    ((value, top, bottom, _),) = visitor.cells("L’essentiel")
    assert value.startswith(_fine(above / below))
    assert _plain(shown) in (_percent(above / below), _fine(above / below))
    assert (_number(top), _number(bottom)) == (above, below)
    lines = visitor.cells(_title("preuves", "Quels fichiers", published))
    assert lines and {line[5].replace(" ", "") for line in lines} <= {str(name).replace(" ", "") for name in files}
    assert all(_number(line[6]) >= 0 for line in lines)


@pytest.mark.long
def test_from_an_epci_to_a_line_of_a_file(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("pilotage")
        leaders = visitor.tile(_title("pilotage", "En tête : jusqu’à huit EPCI", published))
        epci = visitor.follow(leaders.locator("td a").first)
        rates = dict(published.execute(RATES, [epci]).fetchall())
        targets = visitor.cells(_title("pilotage", "Où en est-on de la cible", published))
        assert {row[0]: row[1] for row in targets} == {
            name: _percent(rate) if rate is not None else "◌" for name, rate in rates.items()
        }
        each = visitor.tile(_title("pilotage", "Et chaque collectivité", published))
        row = each.locator("tbody tr", has=visitor.page.locator("a[href*='/preuves/']")).first
        name, rate = row.locator("a").first.inner_text(), row.locator("a[href*='/preuves/']").first
        assert epci in row.inner_text()
        visitor.follow(rate)
        _follow_back_to_the_collectivity(visitor, published, name)


def _follow_back_to_the_collectivity(visitor: Visitor, published: duckdb.DuckDBPyConnection, name: str) -> None:
    """From the month's proofs back to the list, then by the collectivité's page to the year's proofs."""
    ((heading,),) = visitor.cells("Titre de la page")
    assert name in heading
    ((value, *_),) = visitor.cells("L’essentiel")
    month = heading.rsplit(" · ", 1)[1]
    indicator = value.split("% ", 1)[1]
    _check_proofs(visitor, published, indicator, month, value.split("%")[0] + "%")
    visitor.go_back()
    each = visitor.tile(_title("pilotage", "Et chaque collectivité", published))
    visitor.follow(each.get_by_role("link", name=name, exact=True).first)
    ((heading,),) = visitor.cells("Titre de la page")
    assert name in heading
    year = re.search(r"année (\d{4})", heading)[1]
    figure = visitor.tile(_title("ma-collectivite", "Où en êtes-vous", published)).locator("td a").first
    shown = visitor.follow(figure)
    ((value, *_),) = visitor.cells("L’essentiel")
    _check_proofs(visitor, published, value.split("% ", 1)[1], year, shown)
    assert visitor.incidents == []


@pytest.mark.long
def test_a_step_leads_to_the_lines_that_prove_it(
    browser: Browser, superset: Superset, published: duckdb.DuckDBPyConnection
) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open("etapes")
        title = _title("etapes", "Un marché, de l’avis", published)
        name, _, count, *_ = next(row for row in visitor.cells(title) if row[0].startswith("Marché signé"))
        above, below = (_number(part) for part in count.split(" sur "))
        visitor.follow(visitor.tile(title).get_by_role("link", name=name, exact=True))
        ((value, top, bottom, _),) = visitor.cells("L’essentiel")
        assert (_number(top), _number(bottom)) == (above, below)
        assert value.startswith(_fine(above / below))
        assert visitor.incidents == []
