"""The published totals of 2013, and the arithmetic behind them, against figures written by hand from the documents.

G007 to G016 of the founding documents: 1.12 M€ by buying together, 3.8 M€ at the rate of the day over five years,
9.7 M€ at 100 %. The rest is the method's own arithmetic, done on paper.
"""

from collections.abc import Callable
from decimal import Decimal

import duckdb
import numpy as np
import pytest

from tests.economie.warehouse import Economie, read_seed

Fetch = Callable[..., dict]


@pytest.fixture(scope="module")
def s0(calcul: duckdb.DuckDBPyConnection) -> Fetch:
    """One row of `ind_economies` in S0_2013, the whole of it unless said otherwise."""

    def fetch(mesure: str, variante: str = "central", processus: str = "ensemble", nature: str = "ensemble") -> dict:
        found = calcul.execute(
            "select * from marts.ind_economies where scenario = 'S0_2013' and mesure = $1 and variante = $2 "
            "and processus = $3 and nature_gain = $4",
            [mesure, variante, processus, nature],
        )
        names = [column[0] for column in found.description]
        (row,) = found.fetchall()
        return dict(zip(names, row, strict=True))

    return fetch


def test_published_totals_to_the_euro(s0: Fetch) -> None:
    totals = {
        "acquisition_mutualisee": 1_120_000,
        "projection_taux_constant": 3_800_000,
        "potentiel": 9_700_000,
        "restant": 5_900_000,
    }
    assert {mesure: s0(mesure)["montant_eur"] for mesure in totals} == {k: Decimal(v) for k, v in totals.items()}
    assert s0("projection_taux_constant")["montant_annuel_eur"] == 760_000
    assert s0("potentiel")["montant_annuel_eur"] == 1_940_000
    assert s0("restant")["montant_annuel_eur"] == 1_180_000
    assert s0("acquisition_mutualisee")["horizon_annees"] == 3 and s0("potentiel")["horizon_annees"] == 5
    acquis = s0("acquisition_mutualisee")["montant_eur"]
    assert acquis + s0("projection_taux_constant")["montant_eur"] == 4_920_000
    assert acquis + s0("potentiel")["montant_eur"] == 10_820_000


def test_unit_costs_at_the_modes(calcul: duckdb.DuckDBPyConnection) -> None:
    rows = calcul.execute(
        "select processus, canal, sum(valeur_operation_eur) from marts.ind_couts_unitaires "
        "where bareme = 'socle' and processus <> 'couts_fixes' group by all"
    ).fetchall()
    costs = {(processus, canal): cost for processus, canal, cost in rows}
    # Acte : 10 min et 30 pages, 0,35 pli, portage 0,40, stockage 0,15 ; dématérialisé, 4 min.
    assert costs["actes", "papier"] == pytest.approx(10 / 60 * 23 * 1.25 + 30 * 0.06 + 0.35 * 1.45 + 0.4 + 0.15)
    assert costs["actes", "demat"] == pytest.approx(4 / 60 * 23 * 1.25)
    assert costs["actes", "papier"] - costs["actes", "demat"] == pytest.approx(5.73, abs=0.005)
    assert costs["marches", "papier"] == pytest.approx(346.5, abs=0.05)
    assert costs["marches", "demat"] == pytest.approx(82.2, abs=0.05)
    assert costs["marches", "papier"] - costs["marches", "demat"] == pytest.approx(264.3, abs=0.05)


def test_shares_of_the_gain_of_a_consultation(calcul: duckdb.DuckDBPyConnection) -> None:
    rows = calcul.execute(
        "select etape, sum(gain_operation_eur) from marts.ind_couts_unitaires "
        "where bareme = 'socle' and processus = 'marches' group by etape"
    ).fetchall()
    total = sum(gain for _, gain in rows)
    shares = {etape: round(100 * gain / total, 1) for etape, gain in rows}
    assert shares == {"retrait": 73.4, "offres": 16.7, "procedure": 6.9, "archivage": 3.0}


def test_potential_before_calibration_and_its_factor(s0: Fetch) -> None:
    assert float(s0("potentiel", "non_calibre")["montant_eur"]) == pytest.approx(9_917_100, abs=0.05)
    assert s0("potentiel")["facteur_calage"] == pytest.approx(9.7 / 9.9171, abs=1e-6)
    assert s0("potentiel")["est_calibre"] and not s0("potentiel", "non_calibre")["est_calibre"]
    assert float(s0("potentiel", processus="actes")["montant_eur"]) == pytest.approx(5.046e6, abs=500)
    assert float(s0("potentiel", processus="marches")["montant_eur"]) == pytest.approx(4.654e6, abs=500)


def test_rates_that_the_two_totals_imply(calcul: duckdb.DuckDBPyConnection) -> None:
    rows = calcul.execute(
        "select processus, taux_economies, taux_volumes, taux_moyen_simple from marts.ind_taux_economies "
        "where scenario = 'S0_2013'"
    ).fetchall()
    rates = {row[0]: row[1:] for row in rows}
    assert rates["actes"][0] == pytest.approx(0.30, abs=1e-6)
    assert rates["marches"][0] == pytest.approx(0.491, abs=5e-4)
    economies, volumes, simple = rates["ensemble"]
    assert economies == pytest.approx(3.8 / 9.7, abs=1e-6)
    # 0,30 × 180 000 actes et 49,1 % de 3 600 consultations, sur 183 600.
    assert volumes == pytest.approx((0.30 * 180_000 + 0.4912 * 3_600) / 183_600, abs=1e-4)
    assert simple == pytest.approx((0.30 + 0.4912) / 2, abs=1e-4)


@pytest.mark.parametrize(
    ("variante", "projection", "potentiel"),
    [
        ("actualise_2_5", 3.531, 9.013),
        ("actualise_3_2", 3.461, 8.834),
        ("actualise", 3.383, 8.637),
        ("actualise_4_5", 3.336, 8.517),
    ],
)
def test_discounted_totals(s0: Fetch, variante: str, projection: float, potentiel: float) -> None:
    assert round(float(s0("projection_taux_constant", variante)["montant_eur"]) / 1e6, 3) == projection
    assert round(float(s0("potentiel", variante)["montant_eur"]) / 1e6, 3) == potentiel


def test_ramp_has_the_same_total_and_its_own_years(calcul: duckdb.DuckDBPyConnection, s0: Fetch) -> None:
    years = calcul.execute(
        "select annee, sum(montant_eur) from marts.ind_economies_annees where scenario = 'S0_2013' "
        "and variante = 'rampe' and mesure = 'projection_taux_constant' group by annee order by annee"
    ).fetchall()
    millions = [(annee, round(float(montant) / 1e6, 3)) for annee, montant in years]
    assert millions == [(2013, 0.388), (2014, 0.574), (2015, 0.760), (2016, 0.946), (2017, 1.132)]
    assert float(s0("projection_taux_constant", "rampe")["montant_eur"]) == pytest.approx(3.8e6, abs=1)


def test_fixed_costs_come_out_once(s0: Fetch) -> None:
    # 536 certificats à 90 € ; 400 agents × 7 h × 23 € × 1,25, amortis sur cinq ans ; cinq fois.
    fixes = 5 * (536 * 90 + 400 * 7 * 23 * 1.25 / 5)
    for mesure, total in (("projection_taux_constant", 3.8e6), ("potentiel", 9.7e6)):
        assert float(s0(mesure, "couts_fixes")["montant_eur"]) == pytest.approx(total - fixes, abs=1)
    assert float(s0("restant", "couts_fixes")["montant_eur"]) == pytest.approx(5.9e6, abs=1)


def test_time_is_capacity_and_not_cash(s0: Fetch) -> None:
    time, cash = s0("potentiel", nature="temps"), s0("potentiel", nature="budget")
    assert float(time["montant_eur"]) / 9.7e6 == pytest.approx(0.46, abs=0.005)
    assert time["nb_heures"] / 5 == pytest.approx(30_600, abs=50)
    assert time["equivalents_temps_plein"] == pytest.approx(19, abs=0.1)
    paper = s0("potentiel", nature="externe")
    assert float(cash["montant_eur"] + paper["montant_eur"]) / 5 == pytest.approx(1.05e6, abs=5_000)


@pytest.mark.parametrize(
    ("parametre", "low", "high"),
    [
        ("cout_page_eur", 7.74, 12.09),
        ("acte_nombre_an", 8.20, 12.21),
        ("acte_minutes_c_papier", 8.19, 12.07),
        ("marche_dce_par_consultation", 8.52, 12.01),
        ("marche_consultations_an", 8.46, 11.77),
    ],
)
def test_tornado_of_the_potential(calcul: duckdb.DuckDBPyConnection, parametre: str, low: float, high: float) -> None:
    (row,) = calcul.execute(
        "select montant_min_eur, montant_max_eur, rang from marts.ind_tornade where scenario = 'S0_2013' "
        "and mesure = 'potentiel' and parametre = $1",
        [parametre],
    ).fetchall()
    assert (round(float(row[0]) / 1e6, 2), round(float(row[1]) / 1e6, 2)) == (low, high)
    assert row[2] <= 5


def test_published_quantiles_are_those_of_the_prior(economie: Economie) -> None:
    quantiles_within(economie, 20_000)


@pytest.mark.long
def test_published_quantiles_at_the_size_of_the_bench(economie: Economie) -> None:
    quantiles_within(economie, 200_000)


def quantiles_within(economie: Economie, nb_tirages: int) -> None:
    """P10, P50 and P90 of the potential, within 2 % of the method's own."""
    connection = economie.compute(nb_tirages=nb_tirages, until=["int_economies_quantiles"])
    (row,) = connection.execute(
        "select p10_eur, p50_eur, p90_eur, probabilite_cible, nb_tirages from intermediate.int_economies_quantiles "
        "where scenario = 'S0_2013' and mesure = 'potentiel' and processus = 'ensemble' "
        "and nature_gain = 'ensemble' and variante = 'tous'"
    ).fetchall()
    assert row[:3] == pytest.approx((8.25e6, 10.61e6, 13.43e6), rel=0.02)
    assert row[3] == pytest.approx(0.68, abs=0.02)
    assert row[4] == nb_tirages


def test_quantiles_against_the_formula_written_again_in_numpy(calcul: duckdb.DuckDBPyConnection, s0: Fetch) -> None:
    """The same 2 000 draws, and the formula of the method written a second time."""
    names = [row["parametre"] for row in read_seed("seeds/economie/hyp_parametres_cout.csv")]
    p = {
        name: np.array(
            calcul.execute(
                "select valeur from brut.tirages__tirages where parametre = $1 order by tirage", [name]
            ).fetchnumpy()["valeur"]
        )
        for name in names
    }
    c, b = (p[f"cout_horaire_{k}_eur"] * p["coefficient_frais_generaux"] / 60 for k in "cb")
    acte = (p["acte_minutes_c_papier"] - p["acte_minutes_c_demat"]) * c + p["acte_pages"] * p["cout_page_eur"]
    acte += p["acte_plis"] * p["cout_pli_simple_eur"] + p["acte_transport_eur"] + p["acte_stockage_eur"]
    retrait = (p["marche_dce_minutes_c_papier"] - p["marche_dce_minutes_c_demat"]) * c
    retrait += p["marche_dce_pages"] * p["cout_page_eur"] + p["cout_pli_lourd_eur"]
    offre = (p["marche_offre_minutes_c_papier"] - p["marche_offre_minutes_c_demat"]) * c
    offre += p["marche_offre_pages"] * p["cout_page_eur"]
    marche = p["marche_dce_par_consultation"] * retrait + p["marche_offres_par_consultation"] * offre
    marche += (p["marche_procedure_minutes_b_papier"] - p["marche_procedure_minutes_b_demat"]) * b
    marche += p["marche_archives_eur"]
    totals = {
        "potentiel": 5 * (p["acte_nombre_an"] * acte + p["marche_consultations_an"] * marche),
        "projection_taux_constant": 5
        * (
            p["acte_nombre_an"] * acte * p["acte_taux_actuel"]
            + p["marche_consultations_an"] * marche * p["marche_taux_actuel"]
        ),
    }
    for mesure, montants in totals.items():
        row = s0(mesure, "non_calibre")
        published = [float(row[f"p{rang}_eur"]) for rang in (5, 10, 50, 90, 95)]
        assert published == pytest.approx(np.quantile(montants, [0.05, 0.1, 0.5, 0.9, 0.95]).tolist())
        assert row["probabilite_gain"] == np.mean(montants > 0)


def test_two_totals_leave_the_unknowns_open(economie: Economie) -> None:
    """Draws that match both totals still spread widely: the page shows it instead of claiming one answer."""
    connection = economie.compute(nb_tirages=20_000, until=["ind_parametres_compatibles", "ind_tirages_compatibles"])
    rows = connection.execute(
        "select parametre, nb_compatibles, p5_compatible, p50_compatible, p95_compatible "
        "from marts.ind_parametres_compatibles where scenario = 'S0_2013'"
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    assert found["acte_taux_actuel"][0] >= 100
    assert found["acte_taux_actuel"][1:] == pytest.approx((0.25, 0.33, 0.41), abs=0.03)
    assert found["marche_taux_actuel"][1:] == pytest.approx((0.41, 0.49, 0.58), abs=0.03)
    assert found["gain_operation_actes"][1:] == pytest.approx((4.5, 5.6, 6.8), abs=0.5)
    assert found["gain_operation_marches"][1:] == pytest.approx((222, 278, 338), abs=25)
    shown = connection.execute(
        "select corr(taux_actes, taux_marches), count(*) from marts.ind_tirages_compatibles where scenario = 'S0_2013'"
    ).fetchone()
    assert shown and shown[0] < -0.2, "the ridge: what one rate gains, the other gives back"
    assert shown[1] == found["acte_taux_actuel"][0]
