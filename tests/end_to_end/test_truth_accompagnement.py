"""Reach of the support and help-desk tickets: what the warehouse says is what pandas computes from the planted truth.

Who is subject to an obligation is computed here from the committed rules and populations, never read from the marts.
"""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.night import Night
from tests.end_to_end.test_truth import breton_sirens
from tests.end_to_end.test_truth_services import MESURES, SERVICES

# Deadlines, stated once more.
ECHEANCES = {
    "E01": "2016-11-07",
    "E02": "2017-01-01",
    "E03": "2018-05-25",
    "E04": "2018-10-01",
    "E05": "2018-11-01",
    "E06": "2019-01-01",
    "E07": "2020-01-01",
    "E08": "2020-08-07",
    "E09": "2015-01-01",
    "E10": "2018-10-01",
    "E11": "2018-10-07",
    "E12": "2012-05-16",
}
TEXT = {"siren": str, "modalite": str, "code_departement": str, "code_obligation": str}


def published(night: Night, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        return connection.execute(sql).df()


@pytest.fixture(scope="module")
def truth(night: Night) -> pd.DataFrame:
    return pd.read_csv(night.home / "demonstration" / "verite.csv", dtype=TEXT)


@pytest.fixture(scope="module")
def territory(project: Path) -> pd.DataFrame:
    """Breton collectivités with their type and population."""
    folder = project / "seeds" / "referentiel"
    communes = pd.read_csv(folder / "ref_communes.csv", dtype=TEXT).assign(type_collectivite="commune")
    epci = pd.read_csv(folder / "ref_epci.csv", dtype=TEXT).assign(type_collectivite="epci")
    others = pd.read_csv(folder / "ref_collectivites_hors_cog.csv", dtype=TEXT)
    columns = ["siren", "type_collectivite", "code_departement", "population"]
    rows = pd.concat([frame[columns] for frame in (communes, epci, others)], ignore_index=True)
    return rows[rows["siren"].isin(breton_sirens(project))]


@pytest.fixture(scope="module")
def concerned(project: Path, territory: pd.DataFrame) -> pd.DataFrame:
    """(siren, code_obligation) that are subject, or may be: `certaine` tells them apart."""
    folder = project / "seeds" / "nomenclatures"
    rules = pd.read_csv(folder / "ref_regles_assujettissement.csv", dtype=TEXT)
    known = pd.read_csv(folder / "ref_assujettissements_connus.csv", dtype=TEXT)
    pairs = territory.merge(pd.DataFrame({"code_obligation": list(ECHEANCES)}), how="cross")
    ruled = pairs.merge(rules, on=["code_obligation", "type_collectivite"], how="left")
    within = (ruled["population_min"].isna() | (ruled["population"] >= ruled["population_min"])) & (
        ruled["population_max"].isna() | (ruled["population"] <= ruled["population_max"])
    )
    ruled = ruled[within & ruled["statut_assujettissement"].notna()]
    columns = ["siren", "code_obligation", "statut_assujettissement"]
    found = pairs[["siren", "code_obligation"]].merge(ruled[columns], how="left")
    found = found.merge(known[columns], on=["siren", "code_obligation"], how="left", suffixes=("", "_connu"))
    status = found["statut_assujettissement_connu"].fillna(found["statut_assujettissement"]).fillna("inconnu")
    found = found.assign(certaine=status == "assujettie", echeance=found["code_obligation"].map(ECHEANCES))
    return found[status != "non_assujettie"][["siren", "code_obligation", "echeance", "certaine"]]


@pytest.fixture(scope="module")
def expected(truth: pd.DataFrame, concerned: pd.DataFrame) -> pd.DataFrame:
    """One line per concerned collectivité and obligation: whether it came in time, and whether that is known."""
    events = truth[truth["grandeur"] == "evenements_suivis"]
    events = events.join(events["modalite"].str.split(" ", expand=True).set_axis(["code_obligation", "jour"], axis=1))
    events = events[events["code_obligation"] != "aucune"]
    in_time = events[events["jour"] < events["code_obligation"].map(ECHEANCES)]
    in_time = in_time[["siren", "code_obligation"]].drop_duplicates().assign(venue=1)
    found = concerned.merge(in_time, on=["siren", "code_obligation"], how="left").fillna({"venue": 0})
    return found.assign(connue=found["certaine"] & found["code_obligation"].isin(set(events["code_obligation"])))


def test_each_collectivite_and_obligation_matches_the_truth(night: Night, expected: pd.DataFrame) -> None:
    rows = published(
        night,
        """select siren, modalite, cast(periode_debut as varchar) as echeance, numerateur, denominateur, statut
        from marts.ind_valeurs where code_indicateur = 'APP-10' and perimetre_type = 'collectivite'
        and population = 'toutes' and dimension = 'obligation'""",
    )
    found = {
        (row.siren, row.modalite, row.echeance): None if row.statut == "absent" else (row.numerateur, row.denominateur)
        for row in rows.itertuples()
    }
    wanted = {
        (row.siren, row.code_obligation, row.echeance): (row.venue, 1) if row.connue else None
        for row in expected.itertuples()
    }
    assert found == wanted
    assert sum(value == (1, 1) for value in wanted.values()) > 100, "a truth with nothing in it proves nothing"


def test_the_territory_adds_numerators_and_denominators(night: Night, expected: pd.DataFrame) -> None:
    rows = published(
        night,
        """select modalite, numerateur, denominateur, valeur, nb_collectivites, nb_collectivites_attendues
        from marts.ind_valeurs where code_indicateur = 'APP-10' and perimetre_type = 'territoire'
        and population = 'toutes' and dimension = 'obligation' order by modalite""",
    )
    assert list(rows["modalite"]) == sorted(ECHEANCES)
    for row in rows.itertuples():
        concerned = expected[expected["code_obligation"] == row.modalite]
        known = concerned[concerned["connue"]]
        assert (row.numerateur, row.denominateur) == (known["venue"].sum(), len(known))
        assert row.valeur == pytest.approx(known["venue"].sum() / len(known))
        assert (row.nb_collectivites, row.nb_collectivites_attendues) == (len(known), len(concerned))


def test_departments_add_up_their_own_collectivites(
    night: Night, expected: pd.DataFrame, territory: pd.DataFrame
) -> None:
    rows = published(
        night,
        """select perimetre_code, modalite, numerateur, denominateur from marts.ind_valeurs
        where code_indicateur = 'APP-10' and perimetre_type = 'departement' and dimension = 'obligation'
        and statut <> 'absent'""",
    )
    found = {(row.perimetre_code, row.modalite): (row.numerateur, row.denominateur) for row in rows.itertuples()}
    known = expected[expected["connue"]].merge(territory[["siren", "code_departement"]].dropna(), on="siren")
    sums = known.groupby(["code_departement", "code_obligation"])["venue"].agg(["sum", "count"])
    assert found == {key: (row["sum"], row["count"]) for key, row in sums.iterrows()}


def test_the_reach_is_known_for_most_of_those_who_are_surely_subject(expected: pd.DataFrame) -> None:
    subject = expected[expected["certaine"]]
    assert subject.groupby("siren")["connue"].any().mean() >= 0.8


def test_attendance_matches_the_truth(night: Night, truth: pd.DataFrame) -> None:
    found = published(
        night,
        """select siren, code_obligation, cast(date_evenement as varchar) as jour, count(*) as nombre,
        coalesce(sum(nb_participants), 0) as participants from marts.fct_participations group by all""",
    )
    suivis = truth[truth["grandeur"] == "evenements_suivis"]
    wanted = {(row.siren, row.modalite): int(row.nombre) for row in suivis.itertuples()}
    days = (found["code_obligation"].replace("", "aucune") + " " + found["jour"]).tolist()
    assert dict(zip(zip(found["siren"], days, strict=True), found["nombre"], strict=True)) == wanted
    people = truth[truth["grandeur"] == "participants"]["nombre"].sum()
    assert found["participants"].sum() == people > 0


def test_tickets_match_the_truth(night: Night, truth: pd.DataFrame) -> None:
    found = published(
        night,
        """select siren, cast(mois as varchar) as mois, code_service, nb_tickets from marts.fct_tickets
        where nb_tickets > 0""",
    )
    tickets = truth[truth["grandeur"] == "tickets"]
    wanted = {(row.siren, row.mois, row.modalite): int(row.nombre) for row in tickets.itertuples()}
    assert wanted
    assert {(row.siren, row.mois, row.code_service): row.nb_tickets for row in found.itertuples()} == wanted


# --- Tickets for the transactions of a service ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tickets_and_uses(night: Night, truth: pd.DataFrame, project: Path) -> pd.DataFrame:
    """siren, service, mois, tickets, transactions: of those who use a service, or asked for help about it."""
    tickets = truth[(truth["grandeur"] == "tickets") & truth["modalite"].isin(SERVICES)].assign(
        service=lambda frame: frame["modalite"], nature="tickets"
    )
    uses = truth[truth["grandeur"].isin(MESURES) & (truth["modalite"] == "ensemble")]
    uses = uses.assign(service=uses["grandeur"].map(MESURES), nature="transactions")
    documents = truth[truth["grandeur"] == "documents_services"].assign(
        service=lambda frame: frame["modalite"], nature="transactions"
    )
    both = pd.concat([tickets, uses, documents])
    both = both[(both["nombre"] > 0) & both["siren"].isin(breton_sirens(project))]
    sums = both.pivot_table(index=["siren", "service", "mois"], columns="nature", values="nombre", aggfunc="sum")
    pairs = both[["siren", "service"]].drop_duplicates()
    months = published(night, "select cast(mois as varchar) as mois from marts.dim_mois")
    wide = pairs.merge(months, how="cross").merge(sums.reset_index(), on=["siren", "service", "mois"], how="left")
    return wide.fillna({"tickets": 0, "transactions": 0})


@pytest.fixture(scope="module")
def related(truth: pd.DataFrame, tickets_and_uses: pd.DataFrame) -> pd.DataFrame:
    """The same, where the exports of both sides cover the month."""
    seen = {service: truth.loc[truth["grandeur"] == grandeur, "mois"] for grandeur, service in MESURES.items()}
    pastell = truth.loc[
        truth["grandeur"].isin(["documents_services", "documents_vus_s2low", "utilisateurs_actifs"]), "mois"
    ]
    spans = {service: seen.get(service, pastell) for service in SERVICES}
    first = tickets_and_uses["service"].map({service: months.min() for service, months in spans.items()})
    last = tickets_and_uses["service"].map({service: months.max() for service, months in spans.items()})
    return tickets_and_uses[tickets_and_uses["mois"].between(first, last)]


def test_tickets_and_transactions_match_the_truth_by_service(night: Night, related: pd.DataFrame) -> None:
    rows = published(
        night,
        """select siren, modalite, cast(periode_debut as varchar) as mois, numerateur, denominateur
        from marts.ind_valeurs where code_indicateur = 'APP-11' and perimetre_type = 'collectivite'
        and population = 'toutes' and dimension = 'service' and periode_type = 'mois' and statut <> 'absent'""",
    )
    found = {(row.siren, row.modalite, row.mois): (row.numerateur, row.denominateur) for row in rows.itertuples()}
    wanted = {(row.siren, row.service, row.mois): (row.tickets, row.transactions) for row in related.itertuples()}
    assert found == wanted
    assert sum(numerator > 0 for numerator, _ in wanted.values()) > 100, "a truth with nothing in it proves nothing"


def test_the_territory_relates_all_tickets_to_all_transactions(night: Night, related: pd.DataFrame) -> None:
    rows = published(
        night,
        """select cast(periode_debut as varchar) as mois, numerateur, denominateur, valeur
        from marts.ind_valeurs where code_indicateur = 'APP-11' and perimetre_type = 'territoire'
        and population = 'toutes' and dimension = 'ensemble' and periode_type = 'mois' and statut <> 'absent'""",
    )
    sums = related.groupby("mois")[["tickets", "transactions"]].sum()
    found = {row.mois: (row.numerateur, row.denominateur) for row in rows.itertuples()}
    assert found == {row.Index: (row.tickets, row.transactions) for row in sums.itertuples()}
    assert all(row.valeur == pytest.approx(row.numerateur / row.denominateur) for row in rows.itertuples())


def test_most_of_those_who_use_a_service_have_a_rate(night: Night) -> None:
    rows = published(
        night,
        """select siren, bool_or(statut = 'observe') as est_connue from marts.ind_valeurs
        where code_indicateur = 'APP-11' and perimetre_type = 'collectivite' and population = 'toutes'
        and dimension = 'ensemble' group by siren""",
    )
    assert rows["est_connue"].mean() >= 0.8
