"""Certificates, training and equipment: the costs that no rate changes, counted for those whose savings are counted.

The scale gives them for 536 members. A scenario set by parameters counts the 536; one that observes counts whom it
sees, each for what its size class weighs.
"""

import duckdb
import pytest

from tests.economie.warehouse import Economie, Row

# Certificates and training, as the study of 2013 has them; newcomers trained and equipment, which it leaves out.
SOCLE = 536 * 90 + 400 * 7 * 23 * 1.25 / 5
COMPLET = SOCLE + 0.15 * 400 * 7 * 23 * 1.25 + 400 * 488 / 4
# The weights of the three collectivities of the test: 800, 4 000 and 12 000 inhabitants.
POIDS = {"500 à 999 hab.": 0.3385, "3 500 à 4 999 hab.": 0.8124, "10 000 à 19 999 hab.": 2.0310}
UNE, DEUX, TROIS = POIDS.values()
# The third has sent nothing yet of the only total it declares: it pays once everything is sent, not today. Its acts,
# of an unknown total, count where what is seen counts.
POIDS_COMPTES = {
    "constate": UNE + DEUX + TROIS,
    "projection_taux_constant": 5 * (UNE + DEUX),
    "potentiel": 5 * (UNE + DEUX + TROIS),
    "restant": 5 * TROIS,
}


def net(connection: duckdb.DuckDBPyConnection, scenario: str, processus: str) -> dict[str, float]:
    """What the variant that takes fixed costs off says, by measure."""
    rows = connection.execute(
        "select mesure, montant_eur from marts.ind_economies where variante = 'couts_fixes' and scenario = $1 "
        "and processus = $2 and nature_gain = 'ensemble'",
        [scenario, processus],
    ).fetchall()
    return {mesure: float(montant) for mesure, montant in rows}


def test_the_observed_scenario_counts_whom_it_observes(calcul: duckdb.DuckDBPyConnection) -> None:
    expected = {mesure: -poids * COMPLET / 536 for mesure, poids in POIDS_COMPTES.items()}
    assert net(calcul, "actuel", "couts_fixes") == pytest.approx(expected, abs=0.02)


def test_a_posed_scenario_counts_its_whole_perimeter_without_equipment(calcul: duckdb.DuckDBPyConnection) -> None:
    expected = {"projection_taux_constant": -5 * SOCLE, "potentiel": -5 * SOCLE}
    assert net(calcul, "S0_2013", "couts_fixes") == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("scenario", ["S0_2013", "actuel"])
def test_what_remains_is_still_the_difference(calcul: duckdb.DuckDBPyConnection, scenario: str) -> None:
    totals = net(calcul, scenario, "ensemble")
    assert totals["potentiel"] - totals["projection_taux_constant"] == pytest.approx(totals["restant"], abs=0.05)


def test_each_class_has_its_rows_and_they_make_the_variant(calcul: duckdb.DuckDBPyConnection) -> None:
    rows = calcul.execute(
        "select classe_taille, etape, nb_collectivites, cout_collectivite_eur from marts.ind_couts_fixes "
        "where scenario = 'actuel' and mesure = 'potentiel' and annee = 2027"
    ).fetchall()
    etapes = {
        "certificats": 536 * 90 / 536,
        "formation": 400 * 7 * 23 * 1.25 / 5 / 536,
        "renouvellement": 0.15 * 400 * 7 * 23 * 1.25 / 536,
        "equipement": 400 * 488 / 4 / 536,
    }
    assert {row[:3]: float(row[3]) for row in rows} == pytest.approx(
        {(classe, etape, 1): poids * cout for classe, poids in POIDS.items() for etape, cout in etapes.items()},
        abs=0.006,
    )
    sums = calcul.execute(
        "select scenario, mesure, sum(cout_total_eur) from marts.ind_couts_fixes group by all"
    ).fetchall()
    assert {scenario for scenario, _, _ in sums} == {"S0_2013", "actuel"}
    for scenario, mesure, total in sums:
        assert net(calcul, scenario, "couts_fixes")[mesure] == pytest.approx(-float(total), abs=0.5), (scenario, mesure)


def test_an_unknown_size_weighs_as_the_mean(economie: Economie) -> None:
    """A class that no row weighs is not a class of weight zero."""

    def unweighted(name: str, rows: list[Row]) -> list[Row]:
        if name != "hyp_poids_couts_fixes":
            return rows
        return [row for row in rows if row["classe_taille"] != "10 000 à 19 999 hab."]

    connection = economie.compute(unweighted, nb_tirages=2, until=["int_couts_fixes_perimetres"])
    poids = connection.execute(
        "select distinct poids from intermediate.int_couts_fixes_perimetres where scenario = 'actuel' "
        "and mesure = 'restant'"
    ).fetchall()
    assert poids == [(1.0,)]
