"""Memberships, agreements, accounts and companies: every published figure, recomputed with pandas from the truth.

The truth holds events: the month from which a membership, an agreement or an account counts at the month's end, and the
first month it no longer does. The state of a month is what began less what ended. Nothing is read from lots or marts.
"""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.night import Night
from tests.end_to_end.test_truth import breton_sirens

SERVICES = ("marches", "actes", "helios", "echanges", "parapheur", "factures", "archivage", "publication")
UP_TO_DATE = ("2017-07", "2022-01")
STEP = {"APP-01": "trimestre", "REG-07": "trimestre", "APP-07": "mois", "APP-08": "mois"}


@pytest.fixture(scope="module")
def truth(night: Night) -> pd.DataFrame:
    path = night.home / "demonstration" / "verite.csv"
    return pd.read_csv(path, dtype={"siren": "string", "modalite": "string"}, parse_dates=["mois"])


@pytest.fixture(scope="module")
def months(night: Night) -> pd.DataFrame:
    """The observed months and their periods; what is observed is not what is tested here."""
    return _query(night, "select cast(mois as timestamp) as mois, trimestre, annee from marts.dim_mois order by mois")


@pytest.fixture(scope="module")
def sirens(project: Path) -> list[str]:
    return sorted(breton_sirens(project))


def _query(night: Night, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        return connection.execute(sql).df()


def _stock(truth: pd.DataFrame, debut: str, fin: str, modalites: tuple[str, ...], mois: pd.Series) -> pd.DataFrame:
    """What is going on at the end of each month, by siren (rows) and month (columns)."""
    events = truth[truth["grandeur"].isin([debut, fin]) & truth["modalite"].isin(modalites)].copy()
    events["nombre"] = events["nombre"].where(events["grandeur"] == debut, -events["nombre"])
    first = mois.min()
    events["mois"] = events["mois"].clip(lower=first)
    wide = events.pivot_table(index="siren", columns="mois", values="nombre", aggfunc="sum", fill_value=0)
    return wide.reindex(columns=list(mois), fill_value=0).cumsum(axis=1)


def _measures(code: str, truth: pd.DataFrame, months: pd.DataFrame, sirens: list[str]) -> pd.DataFrame:
    """Columns siren, modalite, mois, numerateur, denominateur of an indicator, where it is known."""
    mois = months["mois"]
    if code == "APP-01":
        modalites = {"ensemble": "adherent"} | {service: service for service in SERVICES}
        tables = []
        for modalite, key in modalites.items():
            stock = _stock(truth, "adhesion_debut", "adhesion_fin", (key,), mois).reindex(sirens, fill_value=0)
            table = _long(stock > 0, "numerateur").assign(modalite=modalite, denominateur=1)
            tables.append(table)
        return pd.concat(tables)
    if code == "REG-07":
        good = _stock(truth, "convention_debut", "convention_fin", UP_TO_DATE, mois).reindex(sirens, fill_value=0)
        every = _stock(truth, "convention_debut", "convention_fin", ("2014-03", *UP_TO_DATE), mois)
        every = every.reindex(sirens, fill_value=0)
    else:
        every = _stock(truth, "compte_debut", "compte_fin", ("ensemble",), mois).reindex(sirens, fill_value=0)
        users = truth[truth["grandeur"] == "utilisateurs_actifs"]
        good = users.pivot_table(index="siren", columns="mois", values="nombre", aggfunc="sum", fill_value=0)
        good = good.reindex(index=sirens, columns=list(mois), fill_value=0)
    table = _long(good, "numerateur").merge(_long(every, "denominateur"), on=["siren", "mois"])
    return table[table["denominateur"] > 0].query("numerateur <= denominateur").assign(modalite="ensemble")


def _long(wide: pd.DataFrame, name: str) -> pd.DataFrame:
    stacked = wide.astype(float).rename_axis(index="siren", columns="mois").stack()
    return stacked.rename(name).reset_index()


def _by_period(measures: pd.DataFrame, months: pd.DataFrame, code: str) -> pd.DataFrame:
    """Months into periods: a stock takes the last observed month of its period, a flow adds its months."""
    step = STEP[code]
    table = measures.merge(months, on="mois")
    table["periode_debut"] = pd.to_datetime(table[step] if step != "mois" else table["mois"])
    if code in ("APP-01", "REG-07"):
        last = months.groupby(step)["mois"].max()
        table = table[table["mois"].isin(last)]
    keys = ["siren", "modalite", "periode_debut"]
    return table.groupby(keys, as_index=False)[["numerateur", "denominateur"]].sum()


def _published(night: Night, code: str, perimetre: str) -> pd.DataFrame:
    found = _query(
        night,
        f"""select perimetre_code as siren, modalite, cast(periode_debut as timestamp) as periode_debut, numerateur,
        denominateur, valeur, statut, nb_collectivites from marts.ind_valeurs where code_indicateur = '{code}'
        and perimetre_type = '{perimetre}' and periode_type = '{STEP[code]}' and population = 'toutes'""",
    )
    return found[found["statut"] != "absent"]


def _same(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> None:
    columns = [*keys, "numerateur", "denominateur"]
    left = found[columns].sort_values(keys).reset_index(drop=True)
    right = expected[columns].sort_values(keys).reset_index(drop=True)
    pd.testing.assert_frame_equal(left, right, check_dtype=False, check_names=False)


@pytest.mark.parametrize("code", ["APP-01", "APP-07", "REG-07"])
def test_each_collectivite_and_period_is_the_truth(
    night: Night, truth: pd.DataFrame, months: pd.DataFrame, sirens: list[str], code: str
) -> None:
    measures = _measures(code, truth, months, sirens)
    expected = _by_period(measures, months, code)
    assert len(expected) > 1_000, "a truth with nothing in it proves nothing"
    _same(_published(night, code, "collectivite"), expected, ["siren", "modalite", "periode_debut"])


@pytest.mark.parametrize("code", ["APP-01", "APP-07", "REG-07"])
def test_the_territory_adds_numerators_and_denominators(
    night: Night, truth: pd.DataFrame, months: pd.DataFrame, sirens: list[str], code: str
) -> None:
    by_period = _by_period(_measures(code, truth, months, sirens), months, code)
    keys = ["modalite", "periode_debut"]
    expected = by_period.groupby(keys, as_index=False)[["numerateur", "denominateur"]].sum()
    found = _published(night, code, "territoire")
    _same(found, expected, keys)
    assert (found["valeur"] - found["numerateur"] / found["denominateur"]).abs().max() < 1e-12


@pytest.mark.parametrize("code", ["APP-01", "APP-07", "REG-07"])
def test_four_fifths_of_those_concerned_have_a_value(
    night: Night, truth: pd.DataFrame, months: pd.DataFrame, sirens: list[str], code: str
) -> None:
    """Concerned: everyone, and for agreements those that are platform members."""
    concerned = set(sirens)
    if code == "REG-07":
        members = _stock(truth, "adhesion_debut", "adhesion_fin", ("adherent",), months["mois"]).iloc[:, -1]
        concerned &= set(members[members > 0].index)
    valued = _query(
        night,
        f"""select distinct siren from marts.ind_valeurs where code_indicateur = '{code}' and statut = 'observe'
        and perimetre_type = 'collectivite' and valeur is not null""",
    )
    assert len(concerned & set(valued["siren"])) >= 0.8 * len(concerned)


def test_companies_are_the_truth(night: Night, truth: pd.DataFrame) -> None:
    rows = truth[truth["grandeur"].isin(["entreprises_inscrites", "entreprises_actives"])]
    wide = rows.pivot_table(index="mois", columns="grandeur", values="nombre").reset_index()
    expected = wide.rename(
        columns={"mois": "periode_debut", "entreprises_actives": "numerateur", "entreprises_inscrites": "denominateur"}
    )
    assert len(expected) > 6
    found = _published(night, "APP-08", "territoire")
    _same(found[found["periode_debut"].isin(expected["periode_debut"])], expected, ["periode_debut"])
    assert (found["valeur"] - found["numerateur"] / found["denominateur"]).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("type_adhesion", "day", "number"),
    [
        ("membre_statutaire", "2013-06-30", 98),
        ("adherent", "2010-05-07", 536),
        ("entite_salle_des_marches", "2010-05-07", 393),
        ("membre_ou_couvert", "2010-05-07", 900),
        ("panel_2011", "2011-12-31", 10),
        ("pilote_2012", "2012-12-31", 6),
    ],
)
def test_the_populations_of_the_founding_documents(night: Night, type_adhesion: str, day: str, number: int) -> None:
    """As many entities at their dates as the documents say; those that merged since are counted one by one."""
    found = _query(
        night,
        f"""select sum(nb_entites) as nb from marts.fct_adhesions where type_adhesion = '{type_adhesion}'
        and date_debut <= '{day}' and (date_fin is null or date_fin > '{day}')""",
    )
    assert int(found["nb"].iloc[0]) == number


def test_five_pilots_are_six_legal_entities(night: Night) -> None:
    found = _query(
        night,
        """select count(distinct coalesce(groupe, siren)) as pilotes, count(*) as entites
        from marts.fct_adhesions where type_adhesion = 'pilote_2012'""",
    )
    assert found.iloc[0].tolist() == [5, 6]


def test_named_populations_are_the_truth_and_hold_no_trial(
    night: Night, truth: pd.DataFrame, months: pd.DataFrame
) -> None:
    members = _stock(truth, "adhesion_debut", "adhesion_fin", ("adherent",), months["mois"])
    expected = (members > 0).sum().tolist()
    found = _query(
        night,
        "select count(*) as nb from marts.dim_populations where population = 'adherents' group by mois order by mois",
    )
    assert found["nb"].tolist() == expected
    assert _query(night, "select * from marts.dim_populations where population = 'toutes'").empty


def test_what_came_under_a_former_siren_counts_for_the_commune_of_today(night: Night, project: Path) -> None:
    path = project / "seeds" / "referentiel" / "ref_communes_fusionnees.csv"
    merged = pd.read_csv(path, dtype="string")
    for table in ("fct_actes", "fct_adhesions"):
        sirens = set(_query(night, f"select distinct siren from marts.{table}")["siren"])
        assert not sirens & set(merged["siren_ancien"])
        assert sirens >= set(merged["siren"])
    received = _query(night, "select distinct siren_recu, siren from marts.dim_rattachements where siren_recu <> siren")
    assert dict(received.values) == dict(zip(merged["siren_ancien"], merged["siren"], strict=True))
