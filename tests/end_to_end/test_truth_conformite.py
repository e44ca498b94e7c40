"""What is said of the obligations is what was planted: subject or not, met or not, since when, and the four indicators.

Expected figures are recomputed with pandas from `demonstration/verite.csv` and from the committed lists of
collectivités, never from lots or marts.
"""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.night import Night

DERNIER_JOUR = pd.Timestamp("2026-10-31")
MOIS_DE_SILENCE = 12
DEADLINES = {
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
SERVICES = {"E02": "factures", "E04": "marches", "E06": "helios", "E08": "actes", "E09": "helios", "E10": "publication"}
# What makes the platform's silence a failure: something was there to do.
ACTIVITIES = {
    "E04": ["CONSULTATIONS_LANCEES"],
    "E06": ["BORDEREAUX"],
    "E08": [f"ACTES_TRANSMISSIBLES_{nature}" for nature in range(1, 7)],
    "E10": ["MARCHES_PUBLIABLES"],
}
YEARS = {
    "E01": "ANNEE_SAISINE_ELECTRONIQUE",
    "E03": "ANNEE_DPO",
    "E05": "ANNEE_COMEDEC",
    "E07": "ANNEE_BUDGETS_ELECTRONIQUES",
    "E11": "ANNEE_DONNEES_OUVERTES",
    "E12": "ANNEE_ACCESSIBILITE",
}
MATERNITES = {"Rennes", "Brest", "Quimper", "Lorient", "Vannes", "Saint-Brieuc"}
DEPARTEMENTS = ("22", "29", "35", "56")


@pytest.fixture(scope="module")
def truth(night: Night) -> pd.DataFrame:
    path = night.home / "demonstration" / "verite.csv"
    return pd.read_csv(path, dtype={"siren": str, "modalite": str}, parse_dates=["mois"])


@pytest.fixture(scope="module")
def collectivites(project: Path) -> pd.DataFrame:
    """The Breton ones: siren, nom, type_collectivite, population, classe, code_departement."""
    folder = project / "seeds" / "referentiel"
    text = {"siren": str, "code_departement": str, "siren_epci": str}
    communes = pd.read_csv(folder / "ref_communes.csv", dtype=text).assign(type_collectivite="commune")
    epci = pd.read_csv(folder / "ref_epci.csv", dtype=text).assign(type_collectivite="epci")
    epci = epci[2 * epci["nb_communes_bretonnes"] > epci["nb_communes"]]
    autres = pd.read_csv(folder / "ref_collectivites_hors_cog.csv", dtype=text)
    return pd.concat([communes, epci, autres], ignore_index=True).set_index("siren")


def subject(code: str, commune: pd.Series) -> str:
    """Who is bound, from the texts: see ref_regles_assujettissement."""
    kind, population = commune["type_collectivite"], commune["population"]
    if code == "E05":
        if kind != "commune":
            return "non_assujettie"
        return "assujettie" if commune["nom"] in MATERNITES else "inconnu"
    if code == "E11":
        if kind in ("departement", "region"):
            return "assujettie"
        if kind != "commune":
            return "inconnu"
        return "non_assujettie" if population < 3_500 else "assujettie" if population >= 10_000 else "inconnu"
    if code in ("E06", "E07", "E08"):
        if kind == "syndicat":
            return "inconnu"
        above = population > (10_000 if code == "E06" else 50_000)
        return "assujettie" if above or kind in ("departement", "region") else "non_assujettie"
    return "assujettie"


def days(truth: pd.DataFrame, grandeur: str) -> dict[tuple[str, str], pd.Timestamp]:
    """First days of something, by siren and modality: the truth gives their month and the day in it."""
    rows = truth[truth["grandeur"] == grandeur]
    dates = rows["mois"] + pd.to_timedelta(rows["nombre"] - 1, unit="D")
    return dates.groupby([rows["siren"], rows["modalite"]]).min().to_dict()


def answers(truth: pd.DataFrame) -> dict[tuple[str, str], tuple[bool, pd.Timestamp | None]]:
    """What is declared of each obligation: met or not, and since the first day of which year."""
    retours = truth[truth["grandeur"] == "retour"].sort_values("mois")
    found = {}
    for code, question in YEARS.items():
        last = retours[retours["modalite"] == question].groupby("siren")["nombre"].last()
        found |= {(s, code): (y > 0, pd.Timestamp(int(y), 1, 1) if y else None) for s, y in last.items()}
    invoices = retours[retours["modalite"].isin(("FACTURES_RECUES", "FACTURES_RECUES_ELEC"))]
    totals = invoices.pivot_table(index="siren", columns="modalite", values="nombre", aggfunc="sum").fillna(0)
    for siren, (whole, electronic) in totals[["FACTURES_RECUES", "FACTURES_RECUES_ELEC"]].iterrows():
        if whole + electronic > 0:
            found[siren, "E02"] = (electronic > 0, None)
    return found


@pytest.fixture(scope="module")
def expected(truth: pd.DataFrame, collectivites: pd.DataFrame) -> pd.DataFrame:
    """One row per siren and obligation: sujet, jour (at the deadline), ce_jour (today), retard, par_declaration."""
    proofs, opened, declared = days(truth, "premiere_preuve"), days(truth, "raccordement"), answers(truth)
    retours = truth[(truth["grandeur"] == "retour") & (truth["nombre"] > 0)]
    active = {code: set(retours.loc[retours["modalite"].isin(names), "siren"]) for code, names in ACTIVITIES.items()}
    edges = {code: min(day for (_, c), day in proofs.items() if c == code) for _, code in proofs}
    rows = []
    for code, deadline in DEADLINES.items():
        for siren, collectivite in collectivites.iterrows():
            sujet, since, today = subject(code, collectivite), None, None
            proof, opening = proofs.get((siren, code)), opened.get((siren, SERVICES.get(code, "")))
            met, year = declared.get((siren, code), (None, None))
            met = met or (True if code == "E02" and opening is not None else met)
            if sujet == "assujettie":
                if proof is not None or met:
                    today = True
                    if opening is not None:
                        since = min(opening, proof) if proof is not None else opening
                    elif proof is not None:
                        early = proof - pd.DateOffset(months=MOIS_DE_SILENCE) < edges[code]
                        since = None if early else proof
                    else:
                        since = year
                elif met is False or siren in active.get(code, ()):
                    today = False
            limit = pd.Timestamp(deadline)
            then = None if today is None or (today and since is None) else today and since <= limit
            late = None if then is None else max((since - limit).days, 0) if today else (DERNIER_JOUR - limit).days
            declares = today is False or (today and opening is None and proof is None)
            rows.append((siren, code, sujet, then, today, late, bool(declares)))
    columns = ["siren", "code", "sujet", "jour", "ce_jour", "retard", "par_declaration"]
    return pd.DataFrame(rows, columns=columns)


def published(night: Night, sql: str) -> list[tuple]:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_each_collectivite_and_obligation_matches_the_truth(night: Night, expected: pd.DataFrame) -> None:
    found = {
        row[:2]: row[2:]
        for row in published(
            night,
            """select siren, code_obligation, statut_assujettissement, est_conforme_a_l_echeance,
            est_conforme_aujourd_hui, retard_jours from marts.ind_conformite""",
        )
    }
    wanted = {row[0:2]: row[2:6] for row in expected.astype(object).itertuples(index=False, name=None)}
    wanted = {key: tuple(None if pd.isna(v) else v for v in row) for key, row in wanted.items()}
    differences = {key: (found.get(key), row) for key, row in wanted.items() if found.get(key) != row}
    assert len(found) == len(wanted)
    assert differences == {}
    assert set(expected["ce_jour"].dropna()) == {True, False}
    assert set(expected["jour"].dropna()) == {True, False}


def measures(expected: pd.DataFrame) -> pd.DataFrame:
    """Every term of the indicators: indicateur, siren, dimension, modalite, annee, nombre (missing when unknown)."""
    bound = expected[expected["sujet"] != "non_assujettie"]
    annee = DERNIER_JOUR.year
    echeances = bound["code"].map(lambda code: int(DEADLINES[code][:4]))
    jour, ce_jour = bound["jour"].astype("Float64"), bound["ce_jour"].astype("Float64")
    inconnu = (expected["sujet"] == "inconnu").astype("Float64")
    dpo = expected[expected["code"] == "E03"]
    parts = [
        ("REG-01", bound, "obligation", bound["code"], echeances, jour),
        ("REG-01", bound, "ensemble", "ensemble", annee, jour),
        ("REG-01", bound, "a_ce_jour", bound["code"], annee, ce_jour),
        ("REG-01", bound, "a_ce_jour", "ensemble", annee, ce_jour),
        ("REG-02", bound, "obligation", bound["code"], annee, bound["retard"].astype("Float64")),
        ("REG-02", bound, "ensemble", "ensemble", annee, bound["retard"].astype("Float64")),
        ("REG-03", expected, "obligation", expected["code"], annee, inconnu),
        ("REG-03", expected, "ensemble", "ensemble", annee, inconnu),
        ("REG-06", dpo, "ensemble", "ensemble", annee, dpo["ce_jour"].astype("Float64")),
    ]
    return pd.concat(
        pd.DataFrame(
            {
                "indicateur": code,
                "siren": rows["siren"],
                "dimension": dimension,
                "modalite": modalite,
                "annee": year,
                "nombre": nombre,
                "par_declaration": rows["par_declaration"] & (code != "REG-03"),
            }
        )
        for code, rows, dimension, modalite, year, nombre in parts
    )


def cells(rows: pd.DataFrame, perimetre: str) -> dict[tuple, tuple]:
    """Numerator, denominator and status by indicator, perimeter, dimension, modality and year."""
    rows = rows.assign(connu=rows["nombre"].notna(), declare=rows["par_declaration"] & rows["nombre"].notna())
    keys = ["indicateur", perimetre, "dimension", "modalite", "annee"]
    table = rows.groupby(keys).agg(n=("nombre", "sum"), d=("connu", "sum"), declare=("declare", "any"))
    return {
        key: (float(n), float(d), "declare" if declare else "observe") if d else (None, None, "absent")
        for key, n, d, declare in table.itertuples(name=None)
    }


@pytest.mark.parametrize("perimetre", ["collectivite", "departement", "territoire"])
def test_the_indicators_add_up_what_is_known(
    night: Night, expected: pd.DataFrame, collectivites: pd.DataFrame, perimetre: str
) -> None:
    rows = measures(expected)
    rows["collectivite"], rows["territoire"] = rows["siren"], "bretagne"
    rows["departement"] = rows["siren"].map(collectivites["code_departement"])
    found = {
        row[:5]: row[5:]
        for row in published(
            night,
            f"""select code_indicateur, perimetre_code, dimension, modalite, year(periode_debut), numerateur,
            denominateur, statut from marts.ind_valeurs
            where code_indicateur in ('REG-01', 'REG-02', 'REG-03', 'REG-06')
            and perimetre_type = '{perimetre}' and population = 'toutes' and periode_type = 'annee'""",
        )
    }
    assert found == cells(rows, perimetre)


@pytest.mark.parametrize("code", ["REG-01", "REG-02", "REG-03"])
def test_four_collectivites_in_five_are_known(night: Night, code: str) -> None:
    ((known, concerned),) = published(
        night,
        f"""select count(*) filter (where statut in ('observe', 'declare')), count(*) from marts.ind_valeurs
        where code_indicateur = '{code}' and perimetre_type = 'collectivite' and dimension = 'ensemble'""",
    )
    assert concerned > 1_200
    assert known >= 0.8 * concerned


def test_published_data_of_contracts_match_the_truth(
    night: Night, truth: pd.DataFrame, collectivites: pd.DataFrame
) -> None:
    """REG-05: contracts that were due and well described, over those declared; unknown when more than declared."""
    retours = truth[(truth["grandeur"] == "retour") & (truth["modalite"] == "MARCHES_PUBLIABLES")]
    dues = retours.set_index(["siren", "mois"])["nombre"]
    valides = truth[truth["grandeur"] == "decp_dues_valides"].set_index(["siren", "mois"])["nombre"]
    table = pd.DataFrame({"d": dues}).join(valides.rename("n")).fillna({"n": 0})
    table = table[(table["n"] <= table["d"]) & table.index.get_level_values("siren").isin(collectivites.index)]
    wanted = {(siren, str(mois.date())): (n, d) for (siren, mois), d, n in table[["d", "n"]].itertuples(name=None)}
    found = {
        (siren, str(mois)): (n, d)
        for siren, mois, n, d in published(
            night,
            """select siren, periode_debut, numerateur, denominateur from marts.ind_valeurs
            where code_indicateur = 'REG-05' and perimetre_type = 'collectivite' and periode_type = 'mois'
            and statut <> 'absent'""",
        )
    }
    assert found == wanted
    assert sum(n < d for n, d in found.values()) > 0
    ((n, d, known),) = published(
        night,
        """select sum(numerateur), sum(denominateur), max(nb_collectivites) from marts.ind_valeurs
        where code_indicateur = 'REG-05' and perimetre_type = 'territoire' and population = 'toutes'
        and periode_type = 'mois'""",
    )
    assert (n, d) == (table["n"].sum(), table["d"].sum())
    assert known
