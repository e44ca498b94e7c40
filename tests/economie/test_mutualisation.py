"""Buying together, what each class pays, and the simulator, against figures done on paper from the founding documents.

393 entities that would have paid 500, 1 200, 3 000 or 8 000 euros a year; one contract of 491 080 euros, three years.
"""

from decimal import Decimal

import duckdb
import pytest

from tests.economie.warehouse import Economie, Row

CONTRAT = 491_080
# Entities × price of each class, over three years, before calibration.
ISOLES = {
    "moins_de_2000": 193 * 500 * 3,
    "de_2000_a_10000": 120 * 1200 * 3,
    "de_10000_a_50000": 60 * 3000 * 3,
    "plus_de_50000": 20 * 8000 * 3,
}
KAPPA = (1_120_000 + CONTRAT) / 1_741_500
MARCHES_DE_BASE = "from marts.ind_mutualisation where scenario = 'S0_2013' and variante = "


def test_the_prices_are_calibrated_on_the_published_total(calcul: duckdb.DuckDBPyConnection) -> None:
    assert sum(ISOLES.values()) == 1_741_500
    (kappa,) = calcul.execute(f"select distinct kappa {MARCHES_DE_BASE} 'central'").fetchone()
    assert kappa == pytest.approx(0.9251, abs=5e-5) and kappa == pytest.approx(KAPPA)
    rows = dict(
        calcul.execute(f"select distinct classe_achat, achats_isoles_eur {MARCHES_DE_BASE} 'central'").fetchall()
    )
    assert {name: float(value) for name, value in rows.items()} == pytest.approx(
        {name: KAPPA * value for name, value in ISOLES.items()}, abs=0.01
    )


def test_the_lines_make_the_total_to_the_cent(calcul: duckdb.DuckDBPyConnection) -> None:
    query = "select sum(montant_eur) from intermediate.int_acquisition where scenario = 'S0_2013' and variante = $1"
    assert calcul.execute(query, ["central"]).fetchone() == (Decimal("1120000.00"),)
    # 193 × 500 × 35 % + 120 × 1 200 × 70 % + 60 × 3 000 × 95 % + 20 × 8 000, over three years, less the contract.
    attendu = 3 * (33_775 + 100_800 + 171_000 + 160_000) - CONTRAT
    assert attendu == 905_645
    assert calcul.execute(query, ["probabilites_achat"]).fetchone() == (Decimal(attendu),)


def test_above_eighteen_percent_of_the_budget_buying_together_saves_nothing(
    calcul: duckdb.DuckDBPyConnection,
) -> None:
    (seuil,) = calcul.execute(f"select distinct part_budget_seuil {MARCHES_DE_BASE} 'central'").fetchone()
    assert seuil == pytest.approx(1_120_000 / (2_000_000 * 3)) and seuil == pytest.approx(0.1867, abs=5e-5)


def test_every_key_shares_the_whole_contract(calcul: duckdb.DuckDBPyConnection) -> None:
    query = f"select classe_achat, contribution_eur {MARCHES_DE_BASE} 'central' and cle_repartition = "
    par_entite = {k: float(v) for k, v in calcul.execute(query + "'entite'").fetchall()}
    entites = {"moins_de_2000": 193, "de_2000_a_10000": 120, "de_10000_a_50000": 60, "plus_de_50000": 20}
    assert par_entite == pytest.approx({k: CONTRAT * n / 393 for k, n in entites.items()}, abs=0.01)
    par_classe = {k: float(v) for k, v in calcul.execute(query + "'classe'").fetchall()}
    assert par_classe == pytest.approx({k: CONTRAT * v / 1_741_500 for k, v in ISOLES.items()}, abs=0.01)


# Members of today, one in each of the first three classes; each sent one consultation but the third, which sent four.
MEMBRES = {"moins_de_2000": (800, 1), "de_2000_a_10000": (4000, 1), "de_10000_a_50000": (12000, 4)}
PRIX = {"moins_de_2000": 500, "de_2000_a_10000": 1200, "de_10000_a_50000": 3000}


@pytest.fixture(scope="module")
def actuel(economie: Economie) -> duckdb.DuckDBPyConnection:
    """The members of today, with consultations of their own."""
    consultations = [("1", 1), ("2", 1), ("3", 4)]
    return economie.compute(nb_tirages=2, until=["ind_mutualisation"], consultations=consultations)


@pytest.mark.parametrize(
    ("cle", "poids"),
    [
        ("entite", dict.fromkeys(MEMBRES, 1)),
        ("habitant", {classe: habitants for classe, (habitants, _) in MEMBRES.items()}),
        ("volume", {classe: volume for classe, (_, volume) in MEMBRES.items()}),
        ("classe", PRIX),
    ],
)
def test_each_key_charges_each_class_its_share_and_says_who_gains(
    actuel: duckdb.DuckDBPyConnection, cle: str, poids: dict[str, int]
) -> None:
    """Equity: what a class pays against the price it would have paid alone, by entity and by inhabitant."""
    rows = actuel.execute(
        "select classe_achat, contribution_eur, economie_nette_eur, part_prix_isole, contribution_habitant_an_eur, "
        "prix_isole_habitant_an_eur from marts.ind_mutualisation "
        "where scenario = 'actuel' and variante = 'central' and cle_repartition = $1 and nb_entites > 0",
        [cle],
    ).fetchall()
    assert {row[0] for row in rows} == set(MEMBRES)
    for classe, contribution, nette, part, par_habitant, isole_par_habitant in rows:
        du, seul, habitants = CONTRAT * poids[classe] / sum(poids.values()), 3 * PRIX[classe], MEMBRES[classe][0]
        assert float(contribution) == pytest.approx(du, abs=0.01)
        assert float(nette) == pytest.approx(seul - du, abs=0.02)
        assert part == pytest.approx(du / seul)
        assert (par_habitant, isole_par_habitant) == pytest.approx((du / 3 / habitants, seul / 3 / habitants))


def test_a_factor_that_leaves_its_bounds_stops_the_build(economie: Economie) -> None:
    def other_target(name: str, rows: list[Row]) -> list[Row]:
        if name != "hyp_budget_syndicat":
            return rows
        return [row | {"valeur": "9000000"} if row["cle"] == "cible_acquisition" else row for row in rows]

    connection = economie.compute(other_target, until=("int_acquisition_classes",))
    (kappa,) = connection.execute(
        "select max(kappa) from intermediate.int_acquisition_classes where est_calibre"
    ).fetchone()
    assert kappa == pytest.approx((9_000_000 + CONTRAT) / 1_741_500) and kappa > 2
    (node,) = [n for n in economie.nodes.values() if n["name"] == "assert_calage_de_l_acquisition_dans_ses_bornes"]
    assert node["config"]["severity"].lower() == "error"
    assert set(node["depends_on"]["nodes"]) == {
        "model.observatoire.int_acquisition_classes",
        "seed.observatoire.hyp_budget_syndicat",
    }


def test_each_member_of_today_has_its_own_line(calcul: duckdb.DuckDBPyConnection) -> None:
    """Communes of 800, 4 000 and 12 000 inhabitants: their price over three years, less a third of the contract."""
    rows = calcul.execute(
        "select siren, sum(montant_eur) from intermediate.int_acquisition "
        "where scenario = 'actuel' and variante = 'central' group by siren"
    ).fetchall()
    attendu = {siren: 3 * prix - CONTRAT / 3 for siren, prix in (("1", 500), ("2", 1200), ("3", 3000))}
    assert {siren: float(montant) for siren, montant in rows} == pytest.approx(attendu, abs=0.02)


def simule(connection: duckdb.DuckDBPyConnection, mesure: str, **niveaux: str) -> float:
    """A measure of S0_2013 in the simulator, every lever at its centre but those named."""
    leviers = ("taux_actes", "taux_marches", "cout_page", "minutes", "part_budget", "decote")
    libelles = dict(
        connection.execute("select concat(levier, ':', niveau), libelle_niveau from seeds.hyp_leviers").fetchall()
    )
    conditions = [
        f"niveau_{levier} = '{libelles[f'{levier}:{niveaux[levier]}']}'" if levier in niveaux else f"rang_{levier} = 0"
        for levier in leviers
    ]
    (total,) = connection.execute(
        f"select sum(montant_eur) from marts.ind_simulateur where scenario = 'S0_2013' and mesure = '{mesure}' "
        f"and {' and '.join(conditions)}"
    ).fetchone()
    return float(total)


def test_the_simulator_gives_the_scenario_back_at_its_centre(calcul: duckdb.DuckDBPyConnection) -> None:
    assert simule(calcul, "potentiel") == pytest.approx(9_700_000, abs=1)
    assert simule(calcul, "projection_taux_constant") == pytest.approx(3_800_000, abs=1)
    assert simule(calcul, "restant") == pytest.approx(5_900_000, abs=1)
    assert simule(calcul, "acquisition_mutualisee") == pytest.approx(1_120_000, abs=1)


def test_each_lever_moves_what_it_must(calcul: duckdb.DuckDBPyConnection) -> None:
    kappa = 9_700_000 / 9_917_235  # 5 × (180 000 × 5,7325 + 3 600 × 264,325)
    actes = 5 * 180_000 * 5.7325 * kappa
    projection = "projection_taux_constant"
    # Tous les actes au lieu de 30 % : 70 % de leur potentiel en plus.
    assert simule(calcul, projection, taux_actes="tous") == pytest.approx(3_800_000 + 0.7 * actes, rel=1e-4)
    # Quatre centimes de plus la page : 30 pages par acte ; 10 × 120 et 4 × 80 pages par consultation.
    plus = 5 * kappa * 0.04 * (180_000 * 30 + 3_600 * (1200 + 320))
    assert simule(calcul, "potentiel", cout_page="haut") == pytest.approx(9_700_000 + plus, rel=1e-4)
    # Un tiers de minutes en plus : six minutes par acte, et 200 minutes de C et 30 de B par consultation.
    minutes = 5 * kappa * 1.25 / 60 * (180_000 * 6 * 23 + 3_600 * (192 * 23 + 30 * 29)) / 3
    assert simule(calcul, "potentiel", minutes="haut") == pytest.approx(9_700_000 + minutes, rel=1e-3)
    assert simule(calcul, projection, decote="trente") == pytest.approx(0.7 * 3_800_000, abs=1)
    # Vingt centièmes de deux millions par an pendant trois ans.
    assert simule(calcul, "acquisition_mutualisee", part_budget="cinquieme") == pytest.approx(-80_000, abs=1)
    assert simule(calcul, projection, part_budget="cinquieme") == pytest.approx(3_800_000, abs=1)
