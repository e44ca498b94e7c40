"""Every parameter says which figures it moves: it moves these, and no other.

An analyst who challenges an assumption must see what hangs on it, and be sure that nothing else does.
"""

import duckdb
import pytest

from tests.economie.warehouse import Change, Economie, Row, read_seed

PARAMETRES = [row["parametre"] for row in read_seed("seeds/economie/hyp_parametres_cout.csv")]
FIGURES = "montant_eur, equivalents_temps_plein, p10_eur, p50_eur, p90_eur, probabilite_gain"
# The same draws, a little longer: 3 % more keeps every rate under 1.
FACTOR = 1.03

Cells = dict[tuple[str, ...], tuple[object, ...]]


def scaled(parametre: str) -> Change:
    """The seed with one parameter a little higher."""

    def change(name: str, rows: list[Row]) -> list[Row]:
        if name != "hyp_parametres_cout":
            return rows
        return [raised(row) if row["parametre"] == parametre else row for row in rows]

    return change


def raised(row: Row) -> Row:
    """One line of the seed with its three values a little higher."""
    return row | {key: str(float(row[key]) * FACTOR) for key in ("min", "mode", "max")}


def cells(connection: duckdb.DuckDBPyConnection) -> Cells:
    """Every figure of `ind_economies`, by its grain."""
    rows = connection.execute(
        f"select scenario, variante, nature_gain, mesure, processus, {FIGURES} from marts.ind_economies"
    ).fetchall()
    return {row[:5]: tuple(None if v is None else float(f"{float(v):.9g}") for v in row[5:]) for row in rows}


@pytest.fixture(scope="module")
def reference(economie: Economie) -> Cells:
    """The figures with the seed as it is."""
    return cells(economie.compute(until=["ind_economies"]))


def moved(economie: Economie, reference: Cells, parametre: str) -> set[str]:
    """The pairs mesure:processus with a figure that differs once the parameter is higher."""
    after = cells(economie.compute(scaled(parametre), until=["ind_economies"]))
    assert after.keys() == reference.keys()
    return {f"{key[3]}:{key[4]}" for key, figures in after.items() if figures != reference[key]}


@pytest.mark.parametrize("parametre", PARAMETRES)
def test_a_parameter_moves_what_it_says_and_nothing_else(economie: Economie, reference: Cells, parametre: str) -> None:
    (listed,) = [
        row["agit_sur"]
        for row in read_seed("seeds/economie/hyp_parametres_cout.csv")
        if row["parametre"] == parametre and row["classe_taille"] == "toutes"
    ]
    assert moved(economie, reference, parametre) == set(filter(None, listed.split(";")))
