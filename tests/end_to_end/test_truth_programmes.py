"""The indicators of the projets numériques de territoire are what was planted, per EPCI and year and above.

Recomputed here with pandas from `demonstration/verite.csv`, which the demonstration wrote from its own state: never
from lots or marts.
"""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.night import Night

MEDIANS = ("PNT-01", "PNT-02", "PNT-03")
RATIOS = ("PNT-04", "PNT-05", "PNT-06", "PNT-07", "PNT-08", "PNT-09", "PNT-10")
CORE = ("PNT-01", "PNT-02", "PNT-04", "PNT-06")
PILOTS = {"243500634": 9, "243500550": 13}
PROGRAMME = 3
SUIVI_MINIMAL = 0.8


@pytest.fixture(scope="module")
def truth(night: Night) -> pd.DataFrame:
    rows = pd.read_csv(night.home / "demonstration" / "verite.csv", dtype={"siren": str, "modalite": str})
    rows = rows[rows["grandeur"].str.startswith("pnt_")].copy()
    rows["mois"] = pd.to_datetime(rows["mois"])
    rows["nombre"] = rows["nombre"].astype(float)
    return rows


def bretons(project: Path) -> set[str]:
    epci = pd.read_csv(project / "seeds" / "referentiel" / "ref_epci.csv", dtype={"siren": str})
    return set(epci[2 * epci["nb_communes_bretonnes"] > epci["nb_communes"]]["siren"])


class Projet:
    """What the truth says of the project of one EPCI, at the end of a year."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows
        self.situation = pd.Timestamp.fromordinal(int(self.of("pnt_situation")["nombre"].iloc[0]))
        self.debut = self.of("pnt_accompagnement_debut")["mois"].iloc[0]
        self.mandat_fin = self.of("pnt_mandat_fin")["mois"].iloc[0]

    def of(self, grandeur: str, annee: int | None = None) -> pd.DataFrame:
        """The rows of a measure, those of the years up to `annee` when it is given."""
        rows = self.rows[self.rows["grandeur"] == grandeur]
        return rows if annee is None else rows[rows["mois"].dt.year <= annee]

    def years(self, last: int) -> range:
        """From the start to the end of the term, or to the last photograph if it is later."""
        return range(self.debut.year, min(last, max(self.situation.year, self.mandat_fin.year)) + 1)

    def stage(self, annee: int) -> int:
        closed = set(self.of("pnt_etape_close", annee)["modalite"].astype(int))
        return next(n for n in range(6) if n + 1 not in closed)

    def programme(self, annee: int) -> set[str]:
        """Actions validated and not given up."""
        given_up = set(self.of("pnt_action_abandonnee", annee)["modalite"])
        return set(self.of("pnt_action_validee", annee)["modalite"]) - given_up

    def terms(self, code: str, annee: int) -> tuple[float, float] | None:
        """Numerator and denominator of an indicator; None when nothing is known."""
        if code == "PNT-02":
            ends = self.of("pnt_accompagnement_fin", annee)["mois"]
            months = (ends.dt.year - self.debut.year) * 12 + ends.dt.month - self.debut.month + 1
            return (float(months.iloc[0]), 1.0) if len(months) else None
        if annee > self.situation.year:
            return None
        numerator, denominator = getattr(self, f"terms_{code[-2:]}")(annee)
        return (float(numerator), float(denominator)) if denominator else None

    def terms_01(self, annee: int) -> tuple[float, float]:
        return self.stage(annee), 1

    def terms_03(self, annee: int) -> tuple[float, float]:
        return self.of("pnt_condition")["nombre"].sum(), 1

    def terms_04(self, annee: int) -> tuple[float, float]:
        actions = self.programme(annee)
        return len(actions & set(self.of("pnt_action_achevee", annee)["modalite"])), len(actions)

    def terms_05(self, annee: int) -> tuple[float, float]:
        actions = self.programme(annee)
        notes = {
            n: self.of(f"pnt_note_{n}").set_index("modalite")["nombre"] for n in ("attente", "cout", "faisabilite")
        }
        return sum(notes["attente"][a] + notes["faisabilite"][a] - notes["cout"][a] for a in actions), len(actions)

    def terms_06(self, annee: int) -> tuple[float, float]:
        actions = self.programme(annee)
        evaluable = self.of("pnt_action_evaluable").set_index("modalite")["nombre"]
        return sum(evaluable[a] for a in actions), len(actions)

    def terms_07(self, annee: int) -> tuple[float, float]:
        actions = self.programme(annee)
        due = self.of("pnt_cible_echue", annee)
        due = due[(due["nombre"] == 1) & due["modalite"].str.split(":").str[0].isin(actions)]
        reached = self.of("pnt_cible_atteinte").set_index("modalite")["nombre"]
        return sum(reached[code] for code in due["modalite"].str.split(":").str[1]), len(due)

    def terms_08(self, annee: int) -> tuple[float, float]:
        is_due = self.stage(annee - 1) >= PROGRAMME and annee <= self.mandat_fin.year
        if not is_due or self.situation < pd.Timestamp(annee, 12, 31):
            return 0, 0
        done = self.of("pnt_evaluation")
        return done[done["mois"].dt.year == annee]["nombre"].sum(), 1

    def terms_09(self, annee: int) -> tuple[float, float]:
        participations = self.of("pnt_participation", annee)["nombre"].sum()
        return 1000 * participations, self.of("pnt_habitants")["nombre"].sum()

    def terms_10(self, annee: int) -> tuple[float, float]:
        return self.of("pnt_budget_depense", annee)["nombre"].sum(), self.of("pnt_budget_prevu", annee)["nombre"].sum()


@pytest.fixture(scope="module")
def expected(truth: pd.DataFrame, project: Path) -> pd.DataFrame:
    """One row per EPCI, year and indicator."""
    sirens = bretons(project)
    projets = {siren: Projet(rows) for siren, rows in truth.groupby("siren") if siren in sirens}
    last = max(projet.situation.year for projet in projets.values())
    cells = [
        (siren, annee, code, *(projet.terms(code, annee) or (None, None)))
        for siren, projet in projets.items()
        for annee in projet.years(last)
        for code in (*MEDIANS, *RATIOS)
    ]
    return pd.DataFrame(cells, columns=["siren", "annee", "code", "numerateur", "denominateur"])


def published(night: Night, perimetre_type: str) -> pd.DataFrame:
    query = f"""
        select perimetre_code, year(periode_debut) as annee, code_indicateur as code, numerateur, denominateur, valeur,
               statut, nb_collectivites
        from marts.ind_valeurs
        where code_indicateur like 'PNT-%' and dimension = 'ensemble' and population = 'toutes'
          and periode_type = 'annee' and perimetre_type = '{perimetre_type}'
    """
    with duckdb.connect(str(night.published), read_only=True) as connection:
        return connection.execute(query).df()


def values(cells: pd.DataFrame, keys: list[str]) -> dict[tuple[object, ...], float]:
    """The value of each cell: medians of projects, or sum over sum."""
    known = cells.dropna(subset=["numerateur"])
    found = {}
    for key, group in known.groupby([*keys, "code"]):
        is_median = key[-1] in MEDIANS
        ratio = group["numerateur"].sum() / group["denominateur"].sum()
        found[key] = group["numerateur"].median() if is_median else ratio
    return found


@pytest.mark.parametrize("code", [*MEDIANS, *RATIOS])
def test_each_epci_and_year_matches_the_truth(night: Night, expected: pd.DataFrame, code: str) -> None:
    found = published(night, "collectivite")
    found = found[found["code"] == code]
    wanted = expected[expected["code"] == code]
    terms = {
        (row.perimetre_code, row.annee): None if row.statut == "absent" else (row.numerateur, row.denominateur)
        for row in found.itertuples()
    }
    assert terms == {
        (row.siren, row.annee): None if pd.isna(row.numerateur) else (row.numerateur, row.denominateur)
        for row in wanted.itertuples()
    }
    assert sum(term is not None for term in terms.values()) > 20


def test_the_territory_recomputes_its_medians_and_adds_its_terms_up(night: Night, expected: pd.DataFrame) -> None:
    found = published(night, "territoire")
    found = found[found["statut"] != "absent"]
    shown = {(row.annee, row.code): row.valeur for row in found.itertuples()}
    wanted = values(expected, ["annee"])
    assert shown.keys() == wanted.keys()
    assert shown == pytest.approx(wanted, abs=1e-9)


def test_departments_and_classes_too(night: Night, expected: pd.DataFrame) -> None:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        query = "select siren, code_departement, classe_taille from marts.dim_collectivites"
        places = expected.merge(connection.execute(query).df(), on="siren")
    for perimetre_type, column in (("departement", "code_departement"), ("classe", "classe_taille")):
        found = published(night, perimetre_type)
        found = found[found["statut"] != "absent"]
        shown = {(row.perimetre_code, row.annee, row.code): row.valeur for row in found.itertuples()}
        assert shown == pytest.approx(values(places, [column, "annee"]), abs=1e-9)


@pytest.mark.parametrize("code", CORE)
def test_core_indicators_cover_those_they_concern(night: Night, expected: pd.DataFrame, code: str) -> None:
    """A duration concerns those whose accompaniment is over, a progress those who have adopted a programme."""
    cells = expected[expected["code"] == "PNT-01"].dropna(subset=["numerateur"])
    concerned = set(cells["siren"] if code == "PNT-01" else cells[cells["numerateur"] >= PROGRAMME]["siren"])
    found = published(night, "collectivite")
    covered = set(found[(found["code"] == code) & found["statut"].isin(["observe", "declare"])]["perimetre_code"])
    assert len(concerned) >= 10
    assert len(covered & concerned) >= SUIVI_MINIMAL * len(concerned)


@pytest.mark.parametrize(("siren", "months"), PILOTS.items())
def test_the_pilots_lasted_nine_and_thirteen_months(night: Night, siren: str, months: int) -> None:
    found = published(night, "collectivite")
    durations = found[(found["code"] == "PNT-02") & (found["perimetre_code"] == siren)]["valeur"].dropna()
    assert set(durations) == {float(months)}
