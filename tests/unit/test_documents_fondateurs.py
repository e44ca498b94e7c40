"""The founding documents as data: every figure is the one that was read, every derived one is computed again here.

`EXPECTED` states each figure once more, by hand; when the references lie beside the project they are compared too.
"""

import csv
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest

from orchestration.ingest.readers import is_luhn

SEEDS = Path(__file__).parents[2] / "seeds"
TOLERANCE = 5e-7
EXPECTED: dict[str, float] = {
    "G001": 98,
    "G002": 122.5,
    "G003": 10,
    "G004": 5,
    "G005": 2,
    "G006": 50_000,
    "G007": 1_120_000,
    "G008": 3_800_000,
    "G009": 9_700_000,
    "G010": 39.175258,
    "G011": 760_000,
    "G012": 1_940_000,
    "G013": 5_900_000,
    "G014": 1_180_000,
    "G015": 4_920_000,
    "G016": 10_820_000,
    "G020": 536,
    "G021": 393,
    "G022": 12_000,
    "G023": 12_000,
    "G024": 3555.555556,
    "G025": 73.320896,
    "G026": 12_000_000,
    "G027": 2_000_000,
    "G028": 900,
    "G029": 30,
    "G030": 16,
    "G031": 26_359,
    "G032": 8,
    "G033": 24_364,
    "G034": 9,
    "G035": 13,
    "G036": 0.1,
    "G037": 0.15,
    "G038": 5,
    "G039": 3,
    "G040": 10_000,
    "G041": 35_000,
    "G042": 5000,
    "G043": 2000,
    "G044": 8,
    "G045": 2.916667,
    "G046": 5.089059,
    "G050": 53,
    "G051": 37,
    "G052": 16,
    "G053": 69.811321,
    "G054": 30.188679,
    "G055": 60,
    "G056": 78.571429,
    "G057": 73.333333,
    "G058": 64.285714,
    "G059": 53,
    "G060": 14,
    "G061": 69.69697,
    "G062": 37,
    "G063": 1546,
    "G064": 4_000_000,
    "G065": 46,
    "G066": 16,
    "G067": 13,
    "G068": 15,
    "G069": 15,
    "G070": 14,
    "G071": 10,
    "G072": 11,
    "G073": 6,
    "G074": 19,
    "G075A": 18,
    "G075B": 36,
    "G076A": 9,
    "G076B": 12,
    "G077": 72,
    "G078": 1,
    "G080": 80_000,
    "G081": 25_000,
    "G082": 300,
    "G083": 25,
    "G084": 2,
    "G085A": 18,
    "G085B": 24,
    "G086A": 36,
    "G086B": 48,
}
# The coded pairs of the references: (actors, people) and (soonest, latest) in one number.
PAIRS = {"G075": 1_000, "G076": 1_000, "G085": 100, "G086": 100}
Terms = dict[str, Fraction]
DERIVED: dict[str, Callable[[Terms], Fraction | int]] = {
    "G002": lambda v: v["G001"] * 100 / v["A001"],
    "G010": lambda v: 100 * (1 - (v["G009"] - v["G008"]) / v["G009"]),
    "G011": lambda v: v["G008"] / v["A002"],
    "G012": lambda v: v["G009"] / v["A002"],
    "G013": lambda v: v["G009"] - v["G008"],
    "G014": lambda v: v["G009"] / v["A002"] - v["G008"] / v["A002"],
    "G015": lambda v: v["G007"] + v["G008"],
    "G016": lambda v: v["G007"] + v["G009"],
    "G024": lambda v: v["G023"] / (v["A003"] / 12),
    "G025": lambda v: 100 / (v["G020"] / v["G021"]),
    "G027": lambda v: v["G026"] / v["A004"],
    "G034": lambda _: months(date(2014, 10, 1), date(2015, 6, 1)),
    "G035": lambda _: months(date(2016, 6, 1), date(2017, 6, 1)),
    "G036": lambda v: v["A005"] / 100 * v["A006"] / 12,
    "G037": lambda v: v["A005"] / 100 * v["A007"] / 12,
    "G045": lambda v: v["G041"] / v["G022"],
    "G046": lambda v: v["G043"] / v["G021"],
    "G051": lambda v: v["A010"] + v["A012"] + v["A014"] + v["A016"],
    "G052": lambda v: v["G050"] - v["A010"] - v["A012"] - v["A014"] - v["A016"],
    "G053": lambda v: 100 - 100 * v["G052"] / v["G050"],
    "G054": lambda v: 100 - 100 * v["G051"] / v["G050"],
    "G055": lambda v: 100 * v["A010"] / v["A011"],
    "G056": lambda v: 100 * v["A012"] / v["A013"],
    "G057": lambda v: 100 * v["A014"] / v["A015"],
    "G058": lambda v: 100 * v["A016"] / v["A017"],
    "G059": lambda v: v["A011"] + v["A013"] + v["A015"] + v["A017"],
    "G060": lambda v: v["G051"] - v["A021"],
    "G061": lambda v: 100 * (v["G051"] - v["G060"]) / (v["G050"] - v["A019"]),
    "G062": lambda v: v["A019"] * v["A018"] / 100 + v["A021"],
    "G067": lambda v: ceil(v["G051"] / 3),
    "G069": lambda v: v["G065"] - (v["G066"] + v["G068"]),
    "G077": lambda _: sum(1 for n in range(365) if "07-15" <= date.fromordinal(ORDINAL + n).isoformat()[5:] <= "09-24"),
    "G083": lambda _: Fraction(100, 4),
}
ORDINAL = date(2014, 1, 1).toordinal()
SHOWN = {"G053": 70, "G054": 30, "G055": 60, "G056": 79, "G057": 73, "G058": 64, "G061": 70}


def months(first: date, last: date) -> int:
    """Months from one to the other, both counted, by walking."""
    count, year, month = 1, first.year, first.month
    while (year, month) != (last.year, last.month):
        year, month, count = (year + 1, 1, count + 1) if month == 12 else (year, month + 1, count + 1)
    return count


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / "sources" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def values() -> dict[str, dict[str, str]]:
    return {row["code_valeur"]: row for row in rows("ref_valeurs_sources")}


@pytest.mark.parametrize("code", EXPECTED)
def test_each_figure_is_the_one_that_was_read(values: dict[str, dict[str, str]], code: str) -> None:
    assert float(values[code]["valeur"]) == pytest.approx(EXPECTED[code], abs=TOLERANCE)


@pytest.mark.parametrize("code", DERIVED)
def test_each_derived_figure_is_found_again_by_another_route(values: dict[str, dict[str, str]], code: str) -> None:
    terms = {name: Fraction(row["valeur"]) for name, row in values.items()}
    assert float(DERIVED[code](terms)) == pytest.approx(EXPECTED[code], abs=TOLERANCE)


def test_derived_figures_are_those_computed_here_and_name_known_terms(values: dict[str, dict[str, str]]) -> None:
    assert {code for code, row in values.items() if row["nature"] == "derive"} == set(DERIVED)
    named = {term for row in values.values() for term in row["termes"].split(";") if term}
    assert named <= set(values)
    assert all(row["formule"] for row in values.values() if row["nature"] == "derive")


def test_the_survey_shows_the_rounded_rates_of_its_report(values: dict[str, dict[str, str]]) -> None:
    """Rounding happens here, at display: 69.81 and 30.19 sum to 100 once rounded, by chance."""
    assert {code: round(float(values[code]["valeur"])) for code in SHOWN} == SHOWN


def test_figures_of_another_region_are_never_called_breton(values: dict[str, dict[str, str]]) -> None:
    assert {row["territoire"] for row in values.values() if row["document_source"] == "003"} == {"nord_pas_de_calais"}
    assert {row["territoire"] for row in values.values() if row["document_source"] == "004"} == {"ville_a"}


def test_the_siren_quoted_by_the_documents_passes_its_check() -> None:
    assert is_luhn("387472160")


def test_services_are_as_many_as_the_document_counts(values: dict[str, dict[str, str]]) -> None:
    with (SEEDS / "nomenclatures" / "ref_services.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == float(values["G044"]["valeur"])


def test_the_references_say_the_same_when_they_are_here(project: Path, values: dict[str, dict[str, str]]) -> None:
    """Beside `EXPECTED`, which holds alone in a clone elsewhere."""
    path = project.parent / "shared" / "reference" / "golden-values.csv"
    if not path.exists():
        pytest.skip("pas de références à côté du projet : les chiffres attendus sont dans ce fichier")
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code, figure = row["id"], float(row["calcule"])
            parts = divmod(figure, PAIRS[code]) if code in PAIRS else (figure,)
            codes = (f"{code}A", f"{code}B") if code in PAIRS else (code,)
            found = [float(values[name]["valeur"]) for name in codes]
            assert found == pytest.approx(list(parts), abs=1e-3), code


# --- Contradictions and milestones ------------------------------------------------------------------------------------


def test_the_twenty_two_contradictions_are_registered_with_a_decision() -> None:
    register = rows("ref_incoherences_sources")
    assert [row["code_incoherence"] for row in register] == [f"I{n}" for n in range(1, 23)]
    assert [int(row["ordre_incoherence"]) for row in register] == list(range(1, 23))
    assert all(row["constat"].endswith(".") and row["decision"].endswith(".") for row in register)
    assert {row["statut"] for row in register} == {"ouvert", "tranche", "a_confirmer"}


def test_what_is_ambiguous_in_the_figures_is_not_called_settled(values: dict[str, dict[str, str]]) -> None:
    assert values["G002"]["statut"] == "incoherent"
    assert {values[code]["statut"] for code in ("G040", "G042")} == {"ambigu"}
    assert {values[code]["statut"] for code in ("G007", "G008", "G009", "G010", "G016")} == {"projection"}


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2011-11-29", "seminaire"),
        ("2012-12-07", "seminaire"),
        ("2013-09-26", "seminaire"),
        ("2017-07-01", "convention"),
        ("2017-10-05", "seminaire"),
        ("2010-01-01", "plan"),
        ("2015-12-31", "plan"),
        ("2020-01-01", "plan"),
        ("2024-12-31", "plan"),
        ("2026-04-01", "obligation"),
        ("2024-01-01", "rupture_definition"),
        ("2007-01-15", "version_plateforme"),
    ],
)
def test_the_milestones_of_the_documents_are_there(day: str, kind: str) -> None:
    assert [row for row in rows("ref_jalons") if (row["date_jalon"], row["type_jalon"]) == (day, kind)]


def test_each_milestone_says_where_it_comes_from_and_how_sure_it_is() -> None:
    register = rows("ref_jalons")
    assert all(row["document_source"] in {"000", "001", "002", "003", "004"} and row["ligne"] for row in register)
    assert {row["statut"] for row in register} == {"exact", "a_confirmer"}
    assert all(row["remarque"] for row in register if row["statut"] == "a_confirmer")
