"""Usage of the services: activation, intensity, breadth and retention, recomputed with pandas from the truth alone.

The only things read from the published file are what is compared, and the months that the observatory looks at.
"""

from fractions import Fraction
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.night import Night
from tests.end_to_end.test_truth import breton_sirens

# Measure of the truth → service that it is a use of; documents of Pastell say their service themselves.
MESURES = {
    "consultations_mises_en_ligne": "marches",
    "actes_transmis": "actes",
    "pes_flux": "helios",
    "archives_transferts": "archivage",
}
SERVICES = ("marches", "actes", "helios", "echanges", "parapheur", "factures", "archivage", "publication")
ANNEE, TRIMESTRE, SEMESTRE, ECART = 12, 3, 6, 12


def published(night: Night, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        rows = connection.execute(sql)
        return pd.DataFrame(rows.fetchall(), columns=[column[0] for column in rows.description])


@pytest.fixture(scope="module")
def truth(night: Night) -> pd.DataFrame:
    frame = pd.read_csv(night.home / "demonstration" / "verite.csv", dtype={"siren": str}, keep_default_na=False)
    return frame.assign(nombre=pd.to_numeric(frame["nombre"]))


@pytest.fixture(scope="module")
def months(night: Night) -> list[str]:
    return [str(m) for m in published(night, "select mois from marts.dim_mois order by mois")["mois"]]


@pytest.fixture(scope="module")
def uses(truth: pd.DataFrame) -> pd.DataFrame:
    """siren, service, mois, nombre: each use once."""
    others = truth[truth["grandeur"].isin(MESURES) & (truth["modalite"] == "ensemble")]
    others = others.assign(service=others["grandeur"].map(MESURES))
    documents = truth[truth["grandeur"] == "documents_services"].assign(service=lambda f: f["modalite"])
    both = pd.concat([others, documents])
    return both[both["nombre"] > 0].groupby(["siren", "service", "mois"], as_index=False)["nombre"].sum()


@pytest.fixture(scope="module")
def wide(uses: pd.DataFrame, months: list[str], project: Path) -> pd.DataFrame:
    """One line per Breton collectivité and service, one column per observed month."""
    index = pd.MultiIndex.from_product([sorted(breton_sirens(project)), SERVICES], names=["siren", "service"])
    table = uses.pivot_table(index=["siren", "service"], columns="mois", values="nombre", aggfunc="sum")
    return table.reindex(index=index, columns=months).fillna(0)


@pytest.fixture(scope="module")
def covered(truth: pd.DataFrame, months: list[str]) -> pd.DataFrame:
    """Whether the source of each service covers each month: between its first and its last."""
    seen = {service: truth[truth["grandeur"] == g]["mois"] for g, service in MESURES.items()}
    pastell = truth[truth["grandeur"].isin(["documents_services", "documents_vus_s2low", "utilisateurs_actifs"])][
        "mois"
    ]
    spans = {s: (m.min(), m.max()) for s in SERVICES for m in [seen.get(s, pastell)]}
    return pd.DataFrame({m: {s: spans[s][0] <= m <= spans[s][1] for s in SERVICES} for m in months})


@pytest.fixture(scope="module")
def members(truth: pd.DataFrame, months: list[str], wide: pd.DataFrame) -> pd.DataFrame:
    """Whether a collectivité belongs to a service, month by month."""
    starts = truth[(truth["grandeur"] == "adhesion_debut") & truth["modalite"].isin(SERVICES)]
    first = starts.groupby(["siren", "modalite"])["mois"].min().rename_axis(["siren", "service"]).reindex(wide.index)
    return pd.DataFrame({m: first.notna() & (first.fillna("9999") <= m) for m in months})


def window(wide: pd.DataFrame, end: int, size: int) -> pd.Series:
    """Uses of the `size` months that end at rank `end`."""
    return wide.iloc[:, max(end - size + 1, 0) : end + 1].sum(axis=1)


def known(covered: pd.DataFrame, end: int, size: int) -> pd.Series:
    """Services all months of which are covered."""
    enough = end - size + 1 >= 0
    return covered.iloc[:, max(end - size + 1, 0) : end + 1].all(axis=1) & enough


def on_lines(wide: pd.DataFrame, by_service: pd.Series) -> pd.Series:
    return pd.Series(by_service.reindex(wide.index.get_level_values("service")).to_numpy(), index=wide.index)


def terms(
    code: str, rank: int, wide: pd.DataFrame, covered: pd.DataFrame, members: pd.DataFrame, people: pd.Series
) -> dict[tuple[str, str], tuple[float, float]]:
    """(siren, modalité) → numerator and denominator in the month of that rank."""
    if code == "APP-02":
        judged = members.iloc[:, rank] & on_lines(wide, known(covered, rank, ANNEE))
        return by_service_and_whole((window(wide, rank, ANNEE) > 0)[judged])
    if code == "APP-05":
        if rank < ECART:
            return {}
        judged = known(covered, rank, SEMESTRE) & known(covered, rank - ECART, SEMESTRE)
        judged = on_lines(wide, judged) & (window(wide, rank - ECART, SEMESTRE) > 0)
        alive = window(wide, rank, SEMESTRE) > 0
        # Who used any service a year ago is kept as soon as it uses any one, the same or another.
        both = on_lines(wide, known(covered, rank, SEMESTRE) & known(covered, rank - ECART, SEMESTRE))
        found = {k: v for k, v in by_service_and_whole(alive[judged]).items() if k[1] != "ensemble"}
        anew = alive[both].groupby(level="siren").any()
        return found | {(s, "ensemble"): (float(anew[s]), 1.0) for s in judged[judged].index.unique("siren")}
    size = ANNEE if code == "APP-03" else TRIMESTRE
    kept = wide[on_lines(wide, known(covered, rank, size))]
    if kept.empty:
        return {}
    used = window(kept, rank, size)
    if code == "APP-04":
        return {(s, "ensemble"): (float(n), float(len(SERVICES))) for s, n in (used > 0).groupby("siren").sum().items()}
    totals = used.groupby("siren").sum()
    return {(s, "ensemble"): (float(n), float(people[s])) for s, n in totals.items() if people.get(s, 0) > 0}


def by_service_and_whole(active: pd.Series) -> dict[tuple[str, str], tuple[float, float]]:
    """Each line counts for one; a collectivité counts once in the whole."""
    found = {(siren, service): (float(is_active), 1.0) for (siren, service), is_active in active.items()}
    return found | {(s, "ensemble"): (float(a), 1.0) for s, a in active.groupby(level="siren").any().items()}


@pytest.fixture(scope="module")
def people(project: Path) -> pd.Series:
    """Inhabitants by SIREN, from the committed seeds."""
    names = ("ref_communes", "ref_epci", "ref_collectivites_hors_cog")
    frames = [pd.read_csv(project / "seeds" / "referentiel" / f"{name}.csv", dtype={"siren": str}) for name in names]
    return pd.concat(frames).set_index("siren")["population"].dropna()


CASES = [("APP-02", "mois"), ("APP-03", "annee"), ("APP-04", "trimestre"), ("APP-05", "trimestre")]


def period_of(month: str, step: str) -> str:
    first = {"mois": int(month[5:7]), "trimestre": 3 * ((int(month[5:7]) - 1) // 3) + 1, "annee": 1}[step]
    return f"{month[:4]}-{first:02d}-01"


@pytest.fixture(scope="module")
def expected(
    months: list[str], wide: pd.DataFrame, covered: pd.DataFrame, members: pd.DataFrame, people: pd.Series
) -> dict[str, dict[tuple[str, str, str], tuple[float, float]]]:
    """Code → (siren, modalité, period) → terms: a stock is worth what it is worth in its period's last month."""
    found: dict[str, dict[tuple[str, str, str], tuple[float, float]]] = {}
    for code, step in CASES:
        last = {period_of(month, step): rank for rank, month in enumerate(months)}
        found[code] = {
            (*key, period): pair
            for period, rank in last.items()
            for key, pair in terms(code, rank, wide, covered, members, people).items()
        }
    return found


@pytest.mark.parametrize(("code", "step"), CASES)
def test_each_collectivite_and_period_matches_the_truth(night: Night, expected: dict, code: str, step: str) -> None:
    rows = published(
        night,
        f"""select siren, modalite, cast(periode_debut as varchar) as periode, numerateur, denominateur
        from marts.ind_valeurs where code_indicateur = '{code}' and perimetre_type = 'collectivite'
        and population = 'toutes' and periode_type = '{step}' and statut <> 'absent'""",
    )
    found = {(r.siren, r.modalite, r.periode): (r.numerateur, r.denominateur) for r in rows.itertuples()}
    assert len(found) > 100, "a truth with nothing in it proves nothing"
    assert found == expected[code]


@pytest.mark.parametrize(("code", "step"), CASES)
def test_a_territory_adds_up_numerators_and_denominators(night: Night, expected: dict, code: str, step: str) -> None:
    rows = published(
        night,
        f"""select modalite, cast(periode_debut as varchar) as periode, numerateur, denominateur, valeur
        from marts.ind_valeurs where code_indicateur = '{code}' and perimetre_type = 'territoire'
        and population = 'toutes' and periode_type = '{step}' and statut <> 'absent'""",
    )
    sums: dict[tuple[str, str], tuple[float, float]] = {}
    for (_, modalite, period), (numerator, denominator) in expected[code].items():
        before = sums.get((modalite, period), (0.0, 0.0))
        sums[modalite, period] = (before[0] + numerator, before[1] + denominator)
    found = {(r.modalite, r.periode): (r.numerateur, r.denominateur) for r in rows.itertuples()}
    assert found == sums
    assert all(r.valeur == pytest.approx(r.numerateur / r.denominateur) for r in rows.itertuples())


@pytest.mark.parametrize(("code", "step"), CASES)
def test_most_of_those_concerned_have_a_value(night: Night, code: str, step: str) -> None:
    """At least eight in ten, `partiel` set aside."""
    rows = published(
        night,
        f"""select siren, bool_or(statut in ('observe', 'declare')) as est_connue from marts.ind_valeurs
        where code_indicateur = '{code}' and perimetre_type = 'collectivite' and dimension = 'ensemble'
        and population = 'toutes' group by siren""",
    )
    assert rows["est_connue"].mean() >= 0.8


def test_documents_and_users_match_the_truth(night: Night, truth: pd.DataFrame) -> None:
    documents = published(
        night,
        """select siren, cast(date_trunc('month', date_usage) as date)::varchar as mois, code_service,
            case when est_vu_s2low then 'documents_vus_s2low' else 'documents_services' end as grandeur,
            count(*) as nombre
        from marts.fct_documents_services
        where code_service is not null and date_usage is not null and (est_transaction or est_vu_s2low) group by all""",
    )
    found = {(r.siren, r.mois, r.grandeur, r.code_service): r.nombre for r in documents.itertuples()}
    kept = truth[truth["grandeur"].isin(["documents_services", "documents_vus_s2low"])]
    assert found == {(r.siren, r.mois, r.grandeur, r.modalite): r.nombre for r in kept.itertuples()}
    users = published(
        night,
        """select siren, cast(mois as varchar) as mois, nb_utilisateurs_actifs as nombre
        from marts.fct_connexions_mois where nb_utilisateurs_actifs > 0""",
    )
    kept = truth[truth["grandeur"] == "utilisateurs_actifs"]
    assert {(r.siren, r.mois): r.nombre for r in users.itertuples()} == {
        (r.siren, r.mois): r.nombre for r in kept.itertuples()
    }


def test_a_merged_commune_keeps_its_history(night: Night, project: Path) -> None:
    """What Pastell holds under a former SIREN counts for the commune of today, under its SIREN only."""
    merged = pd.read_csv(project / "seeds" / "referentiel" / "ref_communes_fusionnees.csv", dtype=str)
    rows = published(night, "select distinct siren from marts.ind_transactions_services")
    assert not set(rows["siren"]) & set(merged["siren_ancien"])
    assert set(rows["siren"]) & set(merged["siren"])


def kaplan_meier(durations: pd.DataFrame) -> int | None:
    """The smallest duration by which half have begun: who has not begun yet counts while it was seen."""
    left = Fraction(1)
    for duration in sorted(durations["duree"].unique()):
        at_risk = (durations["duree"] >= duration).sum()
        begun = ((durations["duree"] == duration) & durations["a_servi"]).sum()
        left *= Fraction(int(at_risk - begun), int(at_risk))
        if left <= Fraction(1, 2):
            return int(duration)
    return None


def test_time_to_first_use_counts_those_who_have_not_begun(
    night: Night, truth: pd.DataFrame, wide: pd.DataFrame, covered: pd.DataFrame, months: list[str]
) -> None:
    starts = truth[(truth["grandeur"] == "adhesion_debut") & truth["modalite"].isin(SERVICES)]
    firsts = starts.groupby(["siren", "modalite"])["mois"].min()
    rows = []
    for (siren, service), start in firsts[firsts.isin(months)].items():
        if (siren, service) not in wide.index:
            continue
        used = [m for m in months if wide.loc[(siren, service), m] > 0]
        if (used and used[0] < start) or not covered.loc[service, start]:
            continue
        after = [m for m in months if m >= start]
        seen = next((i for i, m in enumerate(after) if not covered.loc[service, m]), len(after)) - 1
        begun = after.index(used[0]) if used and after.index(used[0]) <= seen else None
        rows.append((siren, service, start[:4], seen if begun is None else begun, begun is not None))
    follow = pd.DataFrame(rows, columns=["siren", "service", "annee", "duree", "a_servi"])
    assert len(follow) > 100 and follow["a_servi"].any() and not follow["a_servi"].all()
    found = published(
        night,
        """select perimetre_code as siren, modalite as service, cast(year(periode_debut) as varchar) as annee,
        numerateur, denominateur, valeur, perimetre_type, dimension
        from marts.ind_valeurs where code_indicateur = 'APP-06'""",
    )

    def told(part: pd.DataFrame, keys: list[str]) -> dict[tuple, tuple]:
        cells = part[keys].itertuples(index=False, name=None)
        terms = part[["numerateur", "denominateur", "valeur"]].itertuples(index=False, name=None)
        return {
            cell: (int(n), int(d), None if pd.isna(v) else int(v)) for cell, (n, d, v) in zip(cells, terms, strict=True)
        }

    def expected(keys: list[str]) -> dict[tuple, tuple]:
        return {
            cell: (int(part["a_servi"].sum()), len(part), kaplan_meier(part)) for cell, part in follow.groupby(keys)
        }

    entity, territory = found["perimetre_type"] == "collectivite", found["perimetre_type"] == "territoire"
    service = found["dimension"] == "service"
    known = found["denominateur"] > 0
    assert told(found[entity & service & known], ["siren", "service", "annee"]) == expected(
        ["siren", "service", "annee"]
    )
    assert told(found[territory & service & known], ["service", "annee"]) == expected(["service", "annee"])
    whole = told(found[territory & ~service & known], ["annee", "dimension"])
    assert {annee: terms for (annee, _), terms in whole.items()} == {
        annee: terms for (annee,), terms in expected(["annee"]).items()
    }
