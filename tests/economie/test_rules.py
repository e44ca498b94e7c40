"""What must hold whatever the assumptions: sums, degenerate laws, one count of the platform, refused seeds."""

from decimal import Decimal

import duckdb
import pytest

from orchestration import tirages
from tests.economie.warehouse import Change, Economie, Row

# Rounding is shared out so that lines add up: a cent may pass from one collectivity to the next.
CENT = Decimal("0.01")
QUANTILES = ("p5_eur", "p10_eur", "p50_eur", "p90_eur", "p95_eur")


def edited(seed: str, edit: dict[str, str], **where: str) -> Change:
    """The rows of one seed that match, with some values replaced."""

    def change(name: str, rows: list[Row]) -> list[Row]:
        if name != seed:
            return rows
        return [row | edit if all(row[key] == value for key, value in where.items()) else row for row in rows]

    return change


def without_spread(name: str, rows: list[Row]) -> list[Row]:
    """Every parameter at its mode, for certain."""
    return [row | {"min": row["mode"], "max": row["mode"]} for row in rows] if name == "hyp_parametres_cout" else rows


def amounts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, ...], float]:
    """Every amount of `ind_economies`, by its grain."""
    rows = connection.execute(
        "select scenario, variante, mesure, processus, nature_gain, montant_eur from marts.ind_economies"
    ).fetchall()
    return {row[:5]: float(row[5]) for row in rows}


def test_without_spread_every_quantile_is_the_amount(economie: Economie) -> None:
    """In a calibrated variant the quantiles are the prior's: there they coincide with the amount before calibration."""
    connection = economie.compute(without_spread, nb_tirages=7, until=["ind_economies"])
    columns = ", ".join(QUANTILES)
    rows = connection.execute(
        f"select scenario, mesure, variante, processus, nature_gain, montant_eur, {columns} from marts.ind_economies "
        "where mesure <> 'acquisition_mutualisee' and not est_calibre"
    ).fetchall()
    assert {row[0] for row in rows} == {"S0_2013", "actuel"}
    for row in rows:
        # Des centimes : les montants sont des sommes d'arrondis.
        assert [float(value) for value in row[6:]] == pytest.approx([float(row[5])] * 5, abs=0.06), row[:5]


def test_territory_is_the_sum_of_its_collectivities(calcul: duckdb.DuckDBPyConnection) -> None:
    rows = calcul.execute(
        "select scenario, mesure, processus, nature_gain, siren, annee, montant_eur "
        "from marts.ind_economies_collectivites"
    ).fetchall()
    assert not [row for row in rows if "ensemble" in row[:4]]
    sums: dict[tuple[str, ...], float] = {}
    for scenario, mesure, processus, nature, _, _, montant in rows:
        for key in {(p, n) for p in (processus, "ensemble") for n in (nature, "ensemble")}:
            place = (scenario, "central", mesure, *key)
            sums[place] = round(sums.get(place, 0) + float(montant), 2)
    published = {key: montant for key, montant in amounts(calcul).items() if key[1] == "central"}
    assert sums == published


def test_observed_scenario_by_hand(calcul: duckdb.DuckDBPyConnection) -> None:
    """Three collectivities of the test, acts only: 8 of 10, 3 of 6, and 5 of an unknown total, three months each."""
    rows = calcul.execute(
        "select mesure, siren, sum(nb_operations), count(distinct annee) from marts.ind_economies_collectivites "
        "where scenario = 'actuel' and processus = 'actes' group by all"
    ).fetchall()
    found = {row[:2]: row[2:] for row in rows}
    assert found["constate", "3"] == (15, 1), "what is seen counts, declared or not"
    assert ("projection_taux_constant", "3") not in found, "an unknown total is not a total of zero"
    assert found["projection_taux_constant", "1"] == (24 * 5, 5)
    assert found["potentiel", "1"] == (30 * 5, 5)
    assert found["restant", "2"] == (9 * 5, 5)
    # Acte au barème complet : 7,649 - 1,917 aux modes du socle, + rejets 0,02 × 6 - 0,01 × 6,
    # - numérisation 30 × 0,3 × 0,05 - réimpression 30 × 0,2 × 0,06.
    gain = 5.7325 + 0.06 - 0.45 - 0.36
    (montant,) = calcul.execute(
        "select sum(montant_eur) from marts.ind_economies_collectivites where scenario = 'actuel' "
        "and processus = 'actes' and mesure = 'potentiel' and siren = '1'"
    ).fetchone()
    assert float(montant) == pytest.approx(150 * gain * 0.9, abs=0.05)


def test_coverage_says_who_is_missing(calcul: duckdb.DuckDBPyConnection) -> None:
    rows = calcul.execute(
        "select mesure, nb_collectivites, nb_collectivites_attendues from marts.ind_economies where "
        "scenario = 'actuel' and variante = 'central' and processus = 'actes' and nature_gain = 'ensemble'"
    ).fetchall()
    assert {row[0]: row[1:] for row in rows} == {
        "constate": (3, 3),
        "projection_taux_constant": (2, 3),
        "potentiel": (2, 3),
        "restant": (2, 3),
    }


def test_the_platform_is_counted_once(economie: Economie, calcul: duckdb.DuckDBPyConnection) -> None:
    """Twice the price of the common contract moves what buying together saves, and nothing else."""
    dearer = edited("hyp_budget_syndicat", {"valeur": "982160"}, cle="cout_contrat", scenario="actuel")
    before, after = amounts(calcul), amounts(economie.compute(dearer, nb_tirages=2, until=["ind_economies"]))
    moved = {key for key in before if before[key] != after[key]}
    assert moved == {key for key in before if key[0] == "actuel" and key[2] == "acquisition_mutualisee"}
    key = ("actuel", "central", "acquisition_mutualisee", "plateforme", "budget")
    assert before[key] - after[key] == pytest.approx(491_080, abs=0.01)
    assert {key[2] for key in before if key[3] == "plateforme"} == {"acquisition_mutualisee"}


def test_a_scenario_is_rows_and_no_code(economie: Economie) -> None:
    """An analyst copies a scenario under another name, with half the acts: it comes out beside the others."""

    def copy(name: str, rows: list[Row]) -> list[Row]:
        if name not in ("hyp_scenarios", "hyp_scenarios_processus", "hyp_variantes"):
            return rows
        own = [row | {"scenario": "essai"} for row in rows if row["scenario"] == "S0_2013"]
        if name == "hyp_scenarios":
            own = [row | {"cible_potentiel_eur": "", "cible_projection_eur": "", "processus_cale": ""} for row in own]
        if name == "hyp_variantes":
            own = [row | {"est_calibre": "false"} for row in own if row["variante"] in ("central", "actualise")]
        return rows + own

    found = amounts(economie.compute(copy, nb_tirages=2, until=["ind_economies"]))
    assert found["essai", "central", "potentiel", "ensemble", "ensemble"] == pytest.approx(9_917_100, abs=0.05)
    assert {key[1] for key in found if key[0] == "essai"} == {"central", "actualise"}


def test_a_class_may_have_its_own_value(economie: Economie) -> None:
    """Twelve minutes instead of ten in the class of the first collectivity: its acts alone save more."""

    def override(name: str, rows: list[Row]) -> list[Row]:
        if name != "hyp_parametres_cout":
            return rows
        (row,) = [row for row in rows if row["parametre"] == "acte_minutes_c_papier"]
        return [*rows, row | {"classe_taille": "500 à 999 hab.", "min": "12", "mode": "12", "max": "12"}]

    query = (
        "select siren, sum(montant_eur) from marts.ind_economies_collectivites where scenario = 'actuel' "
        "and processus = 'actes' and mesure = 'potentiel' group by siren"
    )
    before = dict(economie.compute(nb_tirages=2, until=["ind_economies_collectivites"]).execute(query).fetchall())
    after = dict(
        economie.compute(override, nb_tirages=2, until=["ind_economies_collectivites"]).execute(query).fetchall()
    )
    assert after["2"] == pytest.approx(before["2"], abs=CENT)
    assert float(after["1"] - before["1"]) == pytest.approx(150 * 2 / 60 * 23 * 1.25 * 0.9, abs=0.05)


def test_panel_surveys_pull_the_prior(economie: Economie) -> None:
    """Four surveys at 8 minutes against a mode of 10: the posterior mean of the method, done by hand."""

    def surveys(name: str, rows: list[Row]) -> list[Row]:
        if name != "ref_releves_panel":
            return rows
        row = {"parametre": "acte_minutes_c_papier", "valeur": "8", "unite": "minutes par acte", "source": "x"}
        return [
            row | {"siren": str(i), "nom_collectivite": str(i), "date_releve": "2012-01-01", "statut": "P"}
            for i in range(4)
        ]

    connection = economie.compute(surveys, nb_tirages=500, until=["int_parametres_jeux"])
    low, mode, high = 6, 10, 15
    mean = (low + 4 * mode + high) / 6
    prior, survey = (mean - low) * (high - mean) / 7, (0.4 * mode) ** 2
    expected = (4 * 8 / survey + mode / prior) / (4 / survey + 1 / prior)
    row = connection.execute(
        "select nb_releves, valeur_centrale, resserrement from intermediate.int_parametres_cout "
        "where parametre = 'acte_minutes_c_papier'"
    ).fetchone()
    assert row == (4, pytest.approx(expected), pytest.approx((1 - (4 / survey) / (4 / survey + 1 / prior)) ** 0.5))
    drawn = connection.execute(
        "select min(valeur), max(valeur) from intermediate.int_parametres_jeux "
        "where parametre = 'acte_minutes_c_papier' and type_jeu = 'tirage'"
    ).fetchone()
    assert drawn and expected + row[2] * (low - mode) <= drawn[0] < drawn[1] <= expected + row[2] * (high - mode)


def test_how_many_surveys_hold_a_cost_is_said(economie: Economie, calcul: duckdb.DuckDBPyConnection) -> None:
    """None is said to be none: n is 0 in the scale and in the tornado, not unknown."""
    queries = (
        "select nb_releves, origine_cout from marts.ind_couts_unitaires where bareme = 'socle' "
        "and processus = 'actes' and canal = 'papier' and poste = 'impression'",
        "select distinct nb_releves from marts.ind_tornade where parametre = 'acte_pages'",
        "select distinct origine_cout from marts.ind_economies_collectivites "
        "where scenario = 'actuel' and processus = 'actes'",
    )
    assert [calcul.execute(query).fetchall() for query in queries] == [[(0, "hypothese")], [(0,)], [("hypothese",)]]
    assert calcul.execute("select count(*) from marts.ind_couts_unitaires where nb_releves is null").fetchone() == (0,)

    def surveys(name: str, rows: list[Row]) -> list[Row]:
        if name != "ref_releves_panel":
            return rows
        row = {"parametre": "acte_pages", "valeur": "20", "unite": "pages par acte", "source": "x", "statut": "P"}
        return [row | {"siren": "", "nom_collectivite": str(i), "date_releve": "2012-01-01"} for i in range(3)]

    connection = economie.compute(surveys, nb_tirages=2)
    assert [connection.execute(query).fetchall() for query in queries] == [[(3, "panel")], [(3,)], [("panel",)]]


def test_what_a_collectivity_declares_counts_for_it_alone_once_plausible(economie: Economie) -> None:
    """The first declares twelve minutes an act on paper, one month mistyped; the second four hundred, and a bill."""
    declared = [
        *[
            ("1", "TEMPS_ACTE_PAPIER_MIN", f"2026-{mois:02d}-01", minutes)
            for mois, minutes in ((7, 12), (8, 12), (9, 200))
        ],
        ("2", "TEMPS_ACTE_PAPIER_MIN", "2026-09-01", 400),
        ("2", "COUT_IMPRESSION_EUR", "2026-09-01", 50),
    ]
    wanted = ["ind_economies_collectivites", "ind_couts_declares"]
    before = economie.compute(nb_tirages=2, until=wanted)
    after = economie.compute(nb_tirages=2, until=wanted, retours=declared)
    query = (
        "select siren, sum(montant_eur), any_value(origine_cout) from marts.ind_economies_collectivites "
        "where scenario = 'actuel' and processus = 'actes' and mesure = 'potentiel' group by siren order by siren"
    )
    (une, deux), (une_declaree, deux_declaree) = (c.execute(query).fetchall() for c in (before, after))
    assert float(une_declaree[1] - une[1]) == pytest.approx(150 * 2 / 60 * 23 * 1.25 * 0.9, abs=0.05)
    assert (une[2], une_declaree[2]) == ("hypothese", "declare")
    assert deux_declaree[1] == pytest.approx(deux[1], abs=CENT), "out of bounds: the model keeps its own value"
    assert deux_declaree[2] == deux[2]
    register = after.execute(
        "select siren, code_donnee, valeur_declaree, nb_mois, est_plausible, est_retenue, motif "
        "from marts.ind_couts_declares order by siren, code_donnee desc"
    ).fetchall()
    above = "Au-dessus de la borne haute du modèle, qui garde sa valeur"
    bill = "Dépense de tout le mois : sans le nombre de pages, elle ne dit aucun coût unitaire"
    assert register == [
        ("1", "TEMPS_ACTE_PAPIER_MIN", 12, 3, True, True, None),
        ("2", "TEMPS_ACTE_PAPIER_MIN", 400, 1, False, False, above),
        ("2", "COUT_IMPRESSION_EUR", 50, 1, None, False, bill),
    ]


def test_a_scale_far_from_the_published_total_stops_the_build(economie: Economie) -> None:
    """A target three times as high needs a factor of three: the build's own check finds it, and it is an error."""
    (check,) = [n for n in economie.nodes.values() if n["name"] == "assert_calage_des_economies_dans_ses_bornes"]
    assert check["config"]["severity"].lower() == "error"
    higher = edited("hyp_scenarios", {"cible_potentiel_eur": "29100000"}, scenario="S0_2013")
    found = economie.compute(higher, nb_tirages=2, until=["int_calages"]).execute(check["compiled_code"]).fetchall()
    assert {(row[0], round(row[2], 2)) for row in found} == {("S0_2013", 2.93)}
    assert all("sort de ses bornes" in row[-1] for row in found)
    published = economie.compute(nb_tirages=2, until=["int_calages"])
    assert published.execute(check["compiled_code"]).fetchall() == []


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"source": ""}, "n'a pas de source"),
        ({"statut": ""}, "n'a pas de statut"),
        ({"unite": ""}, "n'a pas d'unité"),
        ({"annee_euro": ""}, "n'a pas d'année d'euros"),
        ({"min": "-1"}, "valeur négative"),
        ({"min": "5"}, "minimum au-dessus"),
        ({"mode": "12"}, "au-dessus de son maximum"),
        ({"max": ""}, "valeur manquante"),
    ],
)
def test_a_wrong_parameter_stops_the_build_and_says_why(economie: Economie, edit: dict[str, str], words: str) -> None:
    checks = [
        node
        for node in economie.nodes.values()
        if node["resource_type"] == "test" and node["name"].startswith("parametres_")
    ]
    assert {node["config"]["severity"].lower() for node in checks} == {"error"}
    wrong = edited("hyp_parametres_cout", edit, parametre="cout_pli_simple_eur")
    connection = economie.seeds_only(wrong)
    said = [row[-1] for node in checks for row in connection.execute(node["compiled_code"]).fetchall()]
    assert [sentence for sentence in said if words in sentence and "cout_pli_simple_eur" in sentence]
    clean = economie.seeds_only(lambda name, rows: rows)
    assert not [row for node in checks for row in clean.execute(node["compiled_code"]).fetchall()]


def test_draws_keep_to_their_law() -> None:
    law = tirages.Parametre("x", "toutes", 2, 4, 10, "PERT4")
    values = tirages.draw(law, 50_000)
    assert values.min() >= 2 and values.max() <= 10
    # Moyenne d'une loi PERT : (2 + 4 × 4 + 10) / 6 ; variance : (moyenne - 2)(10 - moyenne) / 7.
    assert values.mean() == pytest.approx(28 / 6, abs=0.02)
    assert values.var() == pytest.approx((28 / 6 - 2) * (10 - 28 / 6) / 7, rel=0.03)
    assert (tirages.draw(law, 50_000) == values).all()
    assert (tirages.draw(tirages.Parametre("x", "toutes", 3, 3, 3, "PERT4"), 5) == 3).all()
    triangle = tirages.draw(tirages.Parametre("x", "toutes", 2, 4, 10, "triangulaire"), 50_000)
    assert triangle.mean() == pytest.approx(16 / 3, abs=0.03)
