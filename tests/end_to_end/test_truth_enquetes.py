"""What the surveys publish is what people answered: recomputed with pandas over the planted truth, never over lots.

Expected figures come from `demonstration/verite.csv` and from the committed referential (sizes, departments).
"""

import math
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.night import Night

KEYS = ["code", "dimension", "modalite", "mois"]
SMALL = 5
Z = 1.959964


def _seed(project: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(project / "seeds" / "referentiel" / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def truth(night: Night) -> pd.DataFrame:
    rows = pd.read_csv(night.home / "demonstration" / "verite.csv", dtype=str, keep_default_na=False)
    rows = rows[rows.grandeur.str.startswith("enquete_")].copy()
    rows["nombre"] = rows.nombre.astype(float)
    return rows


@pytest.fixture(scope="module")
def sizes(project: Path) -> pd.DataFrame:
    """SIREN → department and size class, bounds read from the seed."""
    bodies = pd.concat(
        [_seed(project, "ref_communes").assign(type="commune"), _seed(project, "ref_epci").assign(type="epci")]
    )
    bounds = _seed(project, "ref_classes_taille")
    bounds = bounds[bounds.type_collectivite.isin(("commune", "epci"))]
    low = bounds.population_min.astype(float)
    high = pd.to_numeric(bounds.population_max).fillna(math.inf)

    def size(kind: str, population: float) -> str:
        fits = (bounds.type_collectivite == kind) & (low <= population) & (population <= high)
        return str(bounds.classe_taille[fits].iloc[0])

    bodies["classe"] = [size(k, float(p)) for k, p in zip(bodies.type, bodies.population, strict=True)]
    return bodies.set_index("siren")[["classe", "code_departement"]]


@pytest.fixture(scope="module")
def terms(truth: pd.DataFrame) -> pd.DataFrame:
    """One line per indicator, collectivité asked, dimension, modality and month; terms unknown without an answer."""
    asked = truth[truth.grandeur == "enquete_sollicitee"]
    answered = truth[truth.grandeur == "enquete_reponse"].set_index(["siren", "mois"]).index
    asked = asked.assign(a_repondu=[key in answered for key in zip(asked.siren, asked.mois, strict=True)])
    parts = [_response(truth, asked), _lists(truth), _services(truth), _forms(truth), _certificates(truth)]
    declared = pd.concat(parts[1:])
    grid = declared[KEYS].drop_duplicates().merge(asked[["siren", "mois"]], on="mois")
    return pd.concat([parts[0], grid.merge(declared, on=["siren", *KEYS], how="left")])


def _lines(rows: pd.DataFrame, code: str, dimension: str, modalite: object, num: object, den: object) -> pd.DataFrame:
    base = rows[["siren", "mois"]]
    return base.assign(code=code, dimension=dimension, modalite=modalite, numerateur=num, denominateur=den)


def _response(truth: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    one = asked.a_repondu.astype(float)
    parts = [_lines(asked, code, "ensemble", "ensemble", one, 1.0) for code in ("ENQ-01", "ENQ-02")]
    parts.append(_lines(asked, "ENQ-01", "ponderation", "entites", one, 1.0))
    for name in ("communes", "habitants"):
        weights = truth[truth.grandeur == f"enquete_{name}"].set_index(["siren", "mois"]).nombre
        weight = [weights[key] for key in zip(asked.siren, asked.mois, strict=True)]
        parts.append(_lines(asked, "ENQ-01", "ponderation", name, one * weight, weight))
    return pd.concat(parts)


def _lists(truth: pd.DataFrame) -> pd.DataFrame:
    codes = {"frein": "ENQ-06", "aide": "ENQ-05"}
    named = {name: truth[truth.grandeur == f"enquete_{name}"] for name in codes}
    return pd.concat(_lines(rows, codes[n], n, rows.modalite, rows.nombre, 1.0) for n, rows in named.items())


def _services(truth: pd.DataFrame) -> pd.DataFrame:
    prefix = "enquete_service_"
    rows = truth[truth.grandeur.str.startswith(prefix)].assign(statut=lambda r: r.grandeur.str.removeprefix(prefix))
    wide = rows.pivot_table(index=["siren", "mois", "modalite"], columns="statut", values="nombre", fill_value=0)
    wide = wide.reset_index()
    parts = [
        _lines(wide, "ENQ-03", "service", wide.modalite, wide.deploye, 1.0),
        _lines(wide, "ENQ-04", "service", wide.modalite, wide.etudie, 1.0),
        _lines(wide, "MUT-01", "service", wide.modalite, wide.mutualise, wide.deploye),
    ]
    each = pd.concat(parts)
    whole = each.groupby(["siren", "mois", "code"], as_index=False)[["numerateur", "denominateur"]].sum()
    return pd.concat([each, whole.assign(dimension="ensemble", modalite="ensemble")])


def _forms(truth: pd.DataFrame) -> pd.DataFrame:
    rows = truth[truth.grandeur == "enquete_type"]
    wide = rows.pivot_table(index=["siren", "mois"], columns="modalite", values="nombre", fill_value=0, aggfunc="sum")
    total = wide.sum(axis=1)
    long = wide.stack().rename("numerateur").reset_index().rename(columns={"modalite": "forme"})
    denominators = [total[key] for key in zip(long.siren, long.mois, strict=True)]
    return _lines(long, "MUT-04", "type_mutualisation", long.forme, long.numerateur, denominators)


def _certificates(truth: pd.DataFrame) -> pd.DataFrame:
    rows = truth[truth.grandeur == "enquete_certificat"]
    return _lines(rows, "APP-13", "ensemble", "ensemble", rows.nombre, 1.0)


def _published(night: Night, where: str) -> pd.DataFrame:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        found = connection.execute(
            f"""select code_indicateur as code, perimetre_type, perimetre_code, dimension, modalite,
            cast(cast(date_trunc('month', periode_debut) as date) as varchar) as mois, numerateur, denominateur,
            valeur, ic_bas, ic_haut, statut, nb_collectivites, nb_collectivites_attendues
            from marts.ind_valeurs where periode_type = 'campagne' and {where}"""
        ).df()
    return found


CODES = ["ENQ-01", "ENQ-02", "ENQ-03", "ENQ-04", "ENQ-05", "ENQ-06", "MUT-01", "MUT-04", "APP-13"]


@pytest.mark.parametrize("code", CODES)
def test_each_collectivite_matches_the_truth(night: Night, terms: pd.DataFrame, code: str) -> None:
    found = _published(night, f"code_indicateur = '{code}' and perimetre_type = 'collectivite'")
    found = found[~((found.code == "ENQ-02") & (found.dimension == "classe_taille"))]
    expected = terms[terms.code == code]
    left = found.rename(columns={"perimetre_code": "siren"}).set_index(["siren", *KEYS]).sort_index()
    right = expected.set_index(["siren", *KEYS]).sort_index()
    assert len(right) > 50
    assert left.index.equals(right.index)
    assert left.numerateur.equals(right.numerateur) and left.denominateur.equals(right.denominateur)
    assert ((left.statut == "absent") == right.denominateur.isna()).all()
    # Every core indicator is observed or declared for four out of five of those it concerns.
    assert (left.statut != "absent").mean() >= 0.8


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("level", ["territoire", "classe", "departement"])
def test_levels_add_numerators_and_denominators(
    night: Night, terms: pd.DataFrame, sizes: pd.DataFrame, code: str, level: str
) -> None:
    column = {"classe": "classe", "departement": "code_departement"}.get(level)
    rows = terms[terms.code == code].copy()
    rows["perimetre_code"] = sizes.loc[rows.siren, column].to_numpy() if column else "bretagne"
    expected = rows.groupby(["perimetre_code", *KEYS]).agg(
        numerateur=("numerateur", "sum"), denominateur=("denominateur", "sum"), n=("denominateur", "count")
    )
    found = _published(night, f"code_indicateur = '{code}' and perimetre_type = '{level}'")
    found = found[~((found.code == "ENQ-02") & (found.dimension == "classe_taille"))]
    found = found.set_index(["perimetre_code", *KEYS]).sort_index()
    assert found.index.equals(expected.sort_index().index)
    expected = expected.loc[found.index]
    assert (found.nb_collectivites == expected.n).all()
    hidden = (expected.n < SMALL) & (code not in ("ENQ-01", "ENQ-02"))
    assert ((found.statut == "supprime") == hidden).all()
    assert found.numerateur[hidden].isna().all() and found.valeur[hidden].isna().all()
    assert (found.numerateur[~hidden] == expected.numerateur[~hidden]).all()
    assert (found.denominateur[~hidden] == expected.denominateur[~hidden]).all()


def test_the_interval_of_a_response_rate_is_wilson_s(night: Night) -> None:
    found = _published(night, "code_indicateur = 'ENQ-02' and perimetre_type in ('classe', 'territoire')")
    for row in found.itertuples():
        p, n = row.numerateur / row.denominateur, row.denominateur
        centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
        assert row.ic_bas == pytest.approx(centre - half) and row.ic_haut == pytest.approx(min(1, centre + half))


def test_answers_have_a_finite_population_interval(night: Night) -> None:
    """Wilson with z² times (N − n) / (N − 1)."""
    found = _published(night, "code_indicateur = 'ENQ-06' and perimetre_type = 'classe' and statut = 'declare'")
    for row in found.itertuples():
        p, n, total = row.numerateur / row.denominateur, row.nb_collectivites, row.nb_collectivites_attendues
        z2 = Z**2 * (total - n) / (total - 1)
        half = math.sqrt(z2) * math.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
        assert row.ic_bas == pytest.approx((p + z2 / (2 * n) - half) / (1 + z2 / n), abs=1e-9)
        assert row.ic_haut == pytest.approx((p + z2 / (2 * n) + half) / (1 + z2 / n), abs=1e-9)


def test_services_deployed_by_a_third_are_counted_again_at_each_level(
    night: Night, terms: pd.DataFrame, sizes: pd.DataFrame
) -> None:
    rows = terms[(terms.code == "ENQ-03") & (terms.dimension == "service")].dropna().copy()
    for level, column in (("territoire", None), ("classe", "classe"), ("departement", "code_departement")):
        rows["ici"] = sizes.loc[rows.siren, column].to_numpy() if column else "bretagne"
        counts = rows.groupby(["ici", "modalite"]).agg(deployes=("numerateur", "sum"), n=("siren", "nunique"))
        third = [d >= math.ceil(n / 3) for d, n in zip(counts.deployes, counts.n, strict=True)]
        expected = counts.assign(third=third).groupby("ici").third.sum()
        found = _published(night, f"code_indicateur = 'MUT-02' and perimetre_type = '{level}'")
        assert dict(zip(found.perimetre_code, found.valeur, strict=True)) == expected.to_dict()


def test_the_bias_of_non_response_is_the_gap_between_two_structures(
    night: Night, terms: pd.DataFrame, sizes: pd.DataFrame
) -> None:
    rows = terms[(terms.code == "ENQ-02")].assign(classe=lambda r: sizes.loc[r.siren, "classe"].to_numpy())
    found = _published(night, "code_indicateur = 'ENQ-07' and perimetre_type = 'territoire'")
    for month, group in rows.groupby("mois"):
        totals = group.groupby("classe")[["numerateur", "denominateur"]].sum()
        gaps = (totals.numerateur / totals.numerateur.sum() - totals.denominateur / totals.denominateur.sum()).abs()
        here = found[found.mois == month].set_index("modalite").valeur
        assert here["ensemble"] == pytest.approx(gaps.max())
        assert here.drop("ensemble").to_dict() == pytest.approx(gaps.to_dict())


def test_satisfaction_is_weighted_by_the_strata(night: Night, truth: pd.DataFrame, sizes: pd.DataFrame) -> None:
    notes = truth[truth.grandeur == "enquete_note"].copy()
    notes[["public", "strate", "theme", "note"]] = notes.modalite.str.split(":", expand=True)
    notes = notes[notes.theme == "globale"].assign(note=lambda r: r.note.astype(float))
    named = notes.siren != ""
    notes.loc[named, "strate"] = sizes.loc[notes.siren[named], "classe"].to_numpy()
    asked = truth[truth.grandeur == "enquete_sollicitee"]
    asked = asked.assign(classe=sizes.loc[asked.siren, "classe"].to_numpy())
    population = {key: float(n) for key, n in asked.groupby(["mois", "classe"]).size().items()}
    for row in truth[truth.grandeur == "enquete_population"].itertuples():
        population[row.mois, row.modalite.split(":")[2]] = row.nombre
    found = _published(night, "code_indicateur = 'APP-09'").set_index("modalite")
    assert set(found.index) == {"elus", "decideurs", "entreprises", "usagers"}
    for public, group in notes.groupby("public"):
        repeated = group.loc[group.index.repeat(group.nombre.astype(int))]
        strata = repeated.groupby("strate").note.agg(["mean", "count", "var"]).fillna({"var": 0.0})
        size = pd.Series({name: population[group.mois.iloc[0], name] for name in strata.index})
        weight = size / size.sum()
        spread = math.sqrt((weight**2 * (1 - strata["count"] / size) * strata["var"] / strata["count"]).sum())
        mean = (weight * strata["mean"]).sum()
        row = found.loc[public]
        assert row.valeur == pytest.approx(mean)
        assert (row.ic_bas, row.ic_haut) == pytest.approx((mean - Z * spread, mean + Z * spread))


def test_shared_needs_and_the_inclusion_of_the_most_pooled(night: Night, truth: pd.DataFrame) -> None:
    cited = truth[truth.grandeur == "enquete_besoin"].groupby(["mois", "modalite"]).nombre.sum()
    found = _published(night, "code_indicateur = 'ENQ-08' and perimetre_type = 'territoire'").set_index("mois").valeur
    assert found.to_dict() == (cited >= 3).groupby("mois").sum().astype(float).to_dict()
    services = truth[truth.grandeur.isin(("enquete_service_deploye", "enquete_service_mutualise"))]
    counts = services.pivot_table(index="modalite", columns="grandeur", values="nombre", aggfunc="sum", fill_value=0)
    answers = truth[(truth.grandeur == "enquete_reponse") & truth.modalite.str.contains("EPCI")].siren.nunique()
    ranks = counts.enquete_service_mutualise.rank(method="min", ascending=False)
    top = counts[(ranks <= 10) & (counts.enquete_service_mutualise > 0)]
    inside = (top.enquete_service_deploye >= math.ceil(answers / 3)).mean()
    assert _published(night, "code_indicateur = 'MUT-03'").valeur.tolist() == [pytest.approx(inside)]


def test_the_survey_of_2014_stays_out_of_every_published_value(night: Night) -> None:
    # The campaigns of APP-10 are obligations, dated by the law.
    assert not (_published(night, "code_indicateur <> 'APP-10'").mois < "2015").any()
