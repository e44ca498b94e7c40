"""Quality indicators, estimates and proofs: recomputed with pandas from the truth that the demonstration wrote.

Expected figures come from `demonstration/verite.csv` and from the committed seeds, never from lots or marts. Proofs are
checked both ways: they add up to the published cells, and the bytes kept in archives/ hold the lines they cite.
"""

import csv
import math
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.night import Night
from tests.end_to_end.test_truth import breton_sirens

NATURES = "123456"
# Indicator → measures of the platform (added), codes of the return that make its denominator.
NUMERATEURS = {
    "DEM-01": (("consultations_mises_en_ligne",), ("CONSULTATIONS_LANCEES",)),
    "DEM-02": (("retraits_electroniques",), ("RETRAITS_DCE_TOTAL",)),
    "DEM-03": (("plis_electroniques",), ("PLIS_TOTAL",)),
    "DEM-14": (("pes_pieces_signees",), ("MANDATS", "TITRES")),
    "DEM-15": (("pes_bordereaux_signes",), ("BORDEREAUX",)),
    "DEM-16": (("pes_pj_dematerialisees",), ("PJ",)),
    "DEM-21": (("archives_transferts_acceptes",), ("DOSSIERS_CLOS",)),
}
DECLARES = {
    "DEM-05": ("MARCHES_SIGNES_ELEC", "MARCHES_NOTIFIES"),
    "DEM-06": ("MARCHES_NOTIFIES_ELEC", "MARCHES_NOTIFIES"),
    "DEM-07": ("MARCHES_BOUT_EN_BOUT", "MARCHES_NOTIFIES"),
    "DEM-13": ("DOCUMENTS_BUDGETAIRES_ACTES", "DOCUMENTS_BUDGETAIRES"),
    "DEM-17": ("ASAP_DEMAT", "ASAP_EMIS"),
    "DEM-19": ("FACTURES_RECUES_ELEC", "FACTURES_RECUES"),
    "DEM-20": ("DOCUMENTS_SIGNES_PARAPHEUR", "DOCUMENTS_SIGNABLES"),
}
# Indicator → all that the platform saw of the same object, whatever its support.
VOLUMES = {
    "DEM-01": ("consultations_mises_en_ligne",),
    "DEM-02": ("retraits_electroniques", "retraits_papier"),
    "DEM-03": ("plis_electroniques", "plis_papier"),
    "DEM-05": ("marches_notifies",),
    "DEM-08": ("actes_transmis",),
    "DEM-14": ("pes_mandats", "pes_titres"),
    "DEM-15": ("pes_bordereaux",),
    "DEM-16": ("pes_pj",),
    "DEM-21": ("archives_transferts",),
}
ACTES = tuple(f"ACTES_TRANSMISSIBLES_{nature}" for nature in NATURES)
KEYS = ["siren", "mois"]


def seed(project: Path, name: str) -> pd.DataFrame:
    (path,) = (project / "seeds").rglob(f"{name}.csv")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def setting(project: Path, name: str, cle: str) -> float:
    table = seed(project, name)
    return float(table.loc[table["cle"] == cle, "valeur"].item())


class Verite:
    """verite.csv as Series by (siren, mois), Breton collectivités and observed months only."""

    def __init__(self, night: Night, project: Path) -> None:
        table = pd.read_csv(night.home / "demonstration" / "verite.csv", dtype={"siren": str, "mois": str})
        self.sirens = sorted(breton_sirens(project))
        self.mois = [str(m) for (m,) in ask(night, "select mois from marts.dim_mois order by mois")]
        kept = table["siren"].isin(set(self.sirens)) & table["mois"].isin(set(self.mois))
        self.table = table[kept & table["nombre"].notna()]
        self.index = pd.MultiIndex.from_product([self.sirens, self.mois], names=KEYS)

    def of(self, grandeur: str, modalite: str = "ensemble") -> pd.Series:
        rows = self.table[(self.table["grandeur"] == grandeur) & (self.table["modalite"] == modalite)]
        return rows.set_index(KEYS)["nombre"]

    def seen(self, grandeur: str) -> pd.Series:
        """What the platform saw, 0 where it saw nothing; a flow that the accountant refused does not count."""
        found = self.of(grandeur).reindex(self.index, fill_value=0)
        if grandeur.startswith("pes_"):
            found = found - self.of(grandeur, "rejete").reindex(self.index, fill_value=0)
        return found

    def declared(self, codes: tuple[str, ...]) -> pd.Series:
        return sum(self.of("retour", code).reindex(self.index) for code in codes)

    def terms(self, code: str) -> tuple[pd.Series, pd.Series]:
        if code in DECLARES:
            return tuple(self.declared((one,)) for one in DECLARES[code])
        measures, codes = NUMERATEURS[code]
        return sum(self.seen(measure) for measure in measures), self.declared(codes)

    def nature(self, nature: str) -> tuple[pd.Series, pd.Series]:
        seen = self.of("actes_acquittes", nature).reindex(self.index, fill_value=0)
        return seen, self.declared((f"ACTES_TRANSMISSIBLES_{nature}",))


def ask(night: Night, sql: str) -> list[tuple]:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def frame(night: Night, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        found = connection.execute(sql)
        return pd.DataFrame(found.fetchall(), columns=[column[0] for column in found.description])


@pytest.fixture(scope="module")
def verite(night: Night, project: Path) -> Verite:
    return Verite(night, project)


def published(night: Night, code: str, modalite: str = "ensemble") -> pd.DataFrame:
    """Known monthly cells of the collectivités, by siren and month."""
    rows = frame(
        night,
        f"""select perimetre_code as siren, cast(periode_debut as varchar) as mois, numerateur, denominateur
        from marts.ind_valeurs where code_indicateur = '{code}' and perimetre_type = 'collectivite'
        and periode_type = 'mois' and modalite = '{modalite}' and population = 'toutes' and statut <> 'absent'""",
    )
    return rows.set_index(KEYS).sort_index()


def same(found: pd.DataFrame, numerateur: pd.Series, denominateur: pd.Series) -> None:
    expected = pd.DataFrame({"numerateur": numerateur, "denominateur": denominateur}).dropna().astype(float)
    assert len(expected) > 100, "a truth with nothing in it proves nothing"
    pd.testing.assert_frame_equal(found.astype(float), expected.sort_index(), check_names=False)


# --- returns ----------------------------------------------------------------------------------------------------------


def answers(verite: Verite, project: Path) -> pd.DataFrame:
    """One row per answer that a return should give: its siren, month, code, and what it says."""
    lignes = verite.table[
        verite.table["grandeur"].isin(["retour", "retour_partiel", "retour_vide", "retour_non_connu"])
    ].replace({"grandeur": {"retour_partiel": "retour"}})
    lignes = lignes.rename(columns={"modalite": "code"})[[*KEYS, "code", "grandeur", "nombre"]]
    # A number that a correction gives takes the place of an empty cell.
    lignes = lignes.sort_values("grandeur").drop_duplicates([*KEYS, "code"], keep="first")
    communes = seed(project, "ref_communes").set_index("siren")["population"].astype(int)
    socle = seed(project, "ref_socle_retour").rename(columns={"code_donnee": "code"})
    attendus = lignes[KEYS].drop_duplicates().merge(socle, how="cross")
    habitants = attendus["siren"].map(communes).fillna(math.inf)
    attendus = attendus[habitants >= attendus["population_min"].astype(int)][[*KEYS, "code"]]
    return pd.concat([attendus, lignes[[*KEYS, "code"]]]).drop_duplicates().merge(lignes, how="left")


def test_completeness_counts_numbers_zeros_unknowns_and_blanks_apart(
    night: Night, verite: Verite, project: Path
) -> None:
    reponses = answers(verite, project)
    attendues = reponses.groupby(KEYS).size()
    is_number = reponses["grandeur"] == "retour"
    cases = {
        "ensemble": is_number,
        "nombre": is_number & (reponses["nombre"] != 0),
        "zero": is_number & (reponses["nombre"] == 0),
        "non_connu": reponses["grandeur"] == "retour_non_connu",
        "vide": (reponses["grandeur"] == "retour_vide") | reponses["grandeur"].isna(),
    }
    assert all(case.any() for case in cases.values())
    for modalite, case in cases.items():
        nombre = reponses[case].groupby(KEYS).size().reindex(attendues.index, fill_value=0)
        same(published(night, "QUA-01", modalite), nombre, attendues)


def test_punctuality_is_judged_on_the_first_sending(night: Night, verite: Verite, project: Path) -> None:
    limite = setting(project, "hyp_qualite", "delai_retour_jours")
    delais = verite.table[verite.table["grandeur"] == "retour_delai_jours"].groupby(KEYS)["nombre"].min()
    provisoires = {str(m) for (m,) in ask(night, "select mois from marts.dim_mois where est_provisoire")}
    attendus = verite.index[~verite.index.get_level_values("mois").isin(provisoires)]
    a_l_heure = (delais.reindex(attendus) <= limite).astype(int)
    assert 0 < a_l_heure.mean() < 1
    same(published(night, "QUA-02"), a_l_heure, pd.Series(1, attendus))


def checks_of(verite: Verite, project: Path) -> pd.DataFrame:
    """Rules checked and passed, by collectivité and month."""
    regles = seed(project, "ref_regles_coherence")
    couples = [verite.terms(code) for code in (*NUMERATEURS, *DECLARES)] + [verite.nature(n) for n in NATURES]
    for regle in regles[regles["type_regle"] == "inferieur_ou_egal"].itertuples():
        couples.append((verite.declared((regle.donnee_inferieure,)), verite.declared((regle.donnee_superieure,))))
    total = pd.DataFrame(0, verite.index, ["passees", "verifiees"])
    for inferieur, superieur in couples:
        total["verifiees"] += (inferieur.notna() & superieur.notna()).astype(int)
        total["passees"] += (inferieur <= superieur).astype(int)
    saut = regles[regles["type_regle"] == "saut"].iloc[0]
    for code in seed(project, "ref_codes_retour")["code"]:
        valeurs = verite.of("retour", code)
        positives = valeurs[valeurs > 0]
        groupes = positives.groupby("siren")
        jugees = positives[groupes.transform("size") >= int(saut["nb_mois_min"])]
        borne = (groupes.transform("median") * int(saut["facteur"])).clip(lower=int(saut["valeur_min"]))
        total["verifiees"] += jugees.notna().astype(int).reindex(verite.index, fill_value=0)
        total["passees"] += (jugees < borne.reindex(jugees.index)).astype(int).reindex(verite.index, fill_value=0)
    return total


def test_coherence_counts_the_rules_that_can_be_checked(night: Night, verite: Verite, project: Path) -> None:
    total = checks_of(verite, project)
    known = total[total["verifiees"] > 0]
    same(published(night, "QUA-04"), known["passees"], known["verifiees"])
    # The planted contradictions, and they alone, are told by name.
    found = {code for (code,) in ask(night, "select code_regle from marts.fct_incoherences_retours")}
    assert found == {"SAUT", "REIMPRESSIONS"}


def gaps(verite: Verite) -> pd.DataFrame:
    """|declared − seen| and seen, where both speak of the same object, by collectivité, month and indicator."""
    parts = []
    for code, measures in VOLUMES.items():
        seen = sum(verite.seen(measure) for measure in measures)
        codes = NUMERATEURS[code][1] if code in NUMERATEURS else ("MARCHES_NOTIFIES",)
        if code == "DEM-08":
            declared = pd.concat([verite.declared((one,)) for one in ACTES], axis=1).sum(axis=1, min_count=1)
        else:
            declared = pd.concat([verite.declared((one,)) for one in codes], axis=1).sum(axis=1, min_count=1)
        part = pd.DataFrame({"ecart": (declared - seen).abs(), "vu": seen, "code": code})
        parts.append(part[declared.notna() & (seen > 0)])
    return pd.concat(parts)


def test_gap_between_declared_and_seen(night: Night, verite: Verite) -> None:
    ecarts = gaps(verite)
    sums = ecarts.groupby(KEYS)[["ecart", "vu"]].sum()
    same(published(night, "QUA-06"), sums["ecart"], sums["vu"])
    actes = ecarts[ecarts["code"] == "DEM-08"]
    same(published(night, "QUA-06", "DEM-08"), actes["ecart"], actes["vu"])


# --- what is received -------------------------------------------------------------------------------------------------


def test_lines_of_the_returns_are_valid_but_those_planted(night: Night, verite: Verite) -> None:
    rows = frame(
        night,
        """select perimetre_code as siren, numerateur, denominateur from marts.ind_valeurs
        where code_indicateur = 'QUA-03' and perimetre_type = 'collectivite' and periode_type = 'annee'
        and dimension = 'source' and modalite = 'retours'""",
    ).set_index("siren")
    by_siren = {
        grandeur: verite.table[verite.table["grandeur"] == grandeur].groupby("siren")["nombre"].sum()
        for grandeur in ("retour_lignes", "retour_lignes_signalees")
    }
    lignes = by_siren["retour_lignes"]
    signalees = by_siren["retour_lignes_signalees"].reindex(lignes.index, fill_value=0)
    found = rows.loc[lignes.index]
    # Refused lines add to the lines, not to the valid ones.
    assert (found["numerateur"] == lignes - signalees).all()
    refusees = (found["denominateur"] - lignes).loc[lambda plus: plus != 0]
    assert signalees.sum() > 0 and list(refusees.index) == list(signalees[signalees > 0].index)


@pytest.mark.parametrize("code", ["QUA-03", "QUA-07"])
def test_lines_that_belong_to_nobody_count_at_the_territory_only(night: Night, code: str) -> None:
    rows = ask(
        night,
        f"""select modalite, sum(denominateur) filter (where perimetre_type = 'collectivite'),
        sum(denominateur) filter (where perimetre_type = 'territoire'),
        max(valeur) filter (where perimetre_type = 'territoire') from marts.ind_valeurs
        where code_indicateur = '{code}' and periode_type = 'annee' group by modalite""",
    )
    assert {modalite for modalite, *_ in rows} >= {"ensemble", "actes", "consultations", "retours"}
    for _, collectivites, territoire, valeur in rows:
        assert territoire >= (collectivites or 0) and 0 < valeur <= 1
    (ensemble,) = [row for row in rows if row[0] == "ensemble"]
    assert ensemble[2] > ensemble[1] and ensemble[3] < 1


def test_lines_refused_are_those_planted(night: Night) -> None:
    """Every refused line was planted, and each refused file that holds none counts for one."""
    with (night.home / "demonstration" / "defauts.csv").open(encoding="utf-8", newline="") as file:
        planted = list(csv.DictReader(file))
    found = ask(night, "select source, sum(nb_lignes_refusees) from marts.fct_lignes_recues group by source")
    rejets = {
        (sha, str(ligne), source)
        for sha, ligne, source, code in ask(
            night, "select sha256, ligne, source, code from marts.fct_anomalies where gravite = 'rejet'"
        )
        if code != "fichier_sans_enregistrement"
    }
    semes = {(row["sha256"], row["ligne"] or "0", row["source"]) for row in planted}
    assert rejets <= semes
    assert {s: int(n) for s, n in found if n} == {
        source: sum(one[2] == source for one in rejets) for source in {one[2] for one in rejets}
    }


def test_freshness_is_the_age_of_the_last_month_with_data(night: Night, verite: Verite) -> None:
    ((reference,),) = ask(night, "select cast(max(recu_le) as date) from marts.fct_fichiers_recus")
    grandeurs = {
        "actes": "actes_transmis",
        "consultations": "consultations_mises_en_ligne",
        "helios": "pes_flux",
        "archivage": "archives_transferts",
        "retours": "retour_lignes",
    }
    for source, grandeur in grandeurs.items():
        rows = verite.table[(verite.table["grandeur"] == grandeur) & (verite.table["nombre"] != 0)]
        derniers = pd.to_datetime(rows.groupby("siren")["mois"].max()) + pd.offsets.MonthEnd(0)
        expected = (pd.Timestamp(reference) - derniers).dt.days.clip(lower=0)
        found = frame(
            night,
            f"""select perimetre_code as siren, valeur from marts.ind_valeurs where code_indicateur = 'QUA-08'
            and perimetre_type = 'collectivite' and periode_type = 'mois' and modalite = '{source}'""",
        ).set_index("siren")["valeur"]
        assert found.sort_index().astype(int).to_dict() == expected.sort_index().to_dict()
        ((territoire,),) = ask(
            night,
            f"""select valeur from marts.ind_valeurs where code_indicateur = 'QUA-08' and modalite = '{source}'
            and perimetre_type = 'territoire' and periode_type = 'mois'""",
        )
        assert territoire == expected.min()


# --- score ------------------------------------------------------------------------------------------------------------


def components(verite: Verite, night: Night, project: Path) -> dict[str, pd.DataFrame]:
    """Numerator and denominator of each component, by collectivité and month."""
    reponses = answers(verite, project)
    attendues = reponses.groupby(KEYS).size()
    remplies = reponses[reponses["grandeur"] == "retour"].groupby(KEYS).size().reindex(attendues.index, fill_value=0)
    lignes = verite.of("retour_lignes")
    bad = {g: verite.of(g).reindex(lignes.index, fill_value=0) for g in ("retour_lignes_signalees",)}
    refusees = verite.of("retour_lignes_refusees").reindex(lignes.index, fill_value=0)
    ponctuels = published(night, "QUA-02")
    regles = checks_of(verite, project)
    regles = regles[regles["verifiees"] > 0]
    ecarts = gaps(verite).groupby(KEYS)[["ecart", "vu"]].sum()
    couples = {
        "qua_01": (remplies, attendues),
        "qua_02": (ponctuels["numerateur"], ponctuels["denominateur"]),
        "qua_03": (lignes - bad["retour_lignes_signalees"], lignes + refusees),
        "qua_04": (regles["passees"], regles["verifiees"]),
        "qua_06": (ecarts["ecart"], ecarts["vu"]),
    }
    return {name: pd.DataFrame({"n": n, "d": d}).astype(float) for name, (n, d) in couples.items()}


@pytest.mark.parametrize("perimetre", ["collectivite", "territoire"])
def test_score_is_recomputed_at_each_level(night: Night, verite: Verite, project: Path, perimetre: str) -> None:
    """A missing component is no zero: it leaves the score with its weight."""
    points = {}
    for name, termes in components(verite, night, project).items():
        by = termes.reset_index()
        by["annee"] = by["mois"].str[:4]
        by["perimetre"] = by["siren"] if perimetre == "collectivite" else "bretagne"
        sums = by.groupby(["perimetre", "annee"])[["n", "d"]].sum()
        part = (sums["n"] / sums["d"])[sums["d"] > 0]
        ecart_max = setting(project, "hyp_qualite", "ecart_plateforme_max")
        points[name] = (1 - part / ecart_max).clip(lower=0) if name == "qua_06" else part
    table = pd.DataFrame(points)
    poids = pd.Series({name: setting(project, "hyp_qualite", f"poids_{name}") for name in points})
    known = table.notna()
    score = 100 * table.mul(poids).sum(axis=1) / known.mul(poids).sum(axis=1)
    noted = score[known["qua_01"] & (known.sum(axis=1) >= setting(project, "hyp_qualite", "nb_composantes_min"))]
    found = frame(
        night,
        f"""select perimetre_code, cast(year(periode_debut) as varchar) as annee, valeur from marts.ind_valeurs
        where code_indicateur = 'QUA-09' and perimetre_type = '{perimetre}' and periode_type = 'annee'
        and statut <> 'absent'""",
    ).set_index(["perimetre_code", "annee"])["valeur"]
    pd.testing.assert_series_equal(
        found.sort_index(), noted.sort_index(), check_names=False, rtol=0, atol=5e-3, check_index_type=False
    )
    assert len(noted) >= 3 and known.sum(axis=1).nunique() >= 1


def test_core_quality_indicators_are_known_of_those_they_concern(night: Night) -> None:
    """Of those who sent a return (or a line), four in five at least have a value."""
    ((concerned,),) = ask(night, "select count(distinct siren) from marts.fct_retours_mois where siren is not null")
    rows = ask(
        night,
        """select code_indicateur, count(distinct siren) from marts.ind_valeurs where code_indicateur like 'QUA-%'
        and perimetre_type = 'collectivite' and statut in ('observe', 'declare', 'partiel') group by code_indicateur""",
    )
    known = dict(rows)
    for code in ("QUA-01", "QUA-02", "QUA-03", "QUA-04", "QUA-07", "QUA-08", "QUA-09"):
        assert known[code] >= 0.8 * concerned, code
    ((compared,),) = ask(night, "select count(distinct siren) from marts.ind_ecarts_plateforme_mois")
    assert known["QUA-06"] >= 0.8 * compared > 0


# --- estimates --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def peers(night: Night, verite: Verite, project: Path) -> pd.DataFrame:
    """DEM-01 in 2025: what each collectivité declares of the year, its class and its population."""
    seen, declared = verite.terms("DEM-01")
    known = declared.notna() & (seen <= declared)
    months = [m for m in verite.mois if m.startswith("2025")]
    table = pd.DataFrame({"vu": seen, "declare": declared.where(known), "connu": known})
    table = table[table.index.get_level_values("mois").isin(months)].groupby("siren").sum()
    classes = frame(
        night, "select siren, type_collectivite, classe_taille, population from marts.dim_collectivites"
    ).set_index("siren")
    table = table.join(classes)
    minimum = setting(project, "hyp_estimations", "part_periodes_connues_min")
    table["pair"] = (table["population"] > 0) & (table["connu"] >= minimum * len(months)) & (table["connu"] > 0)
    table["declare"] *= len(months) / table["connu"].where(table["connu"] > 0)
    return table


def loo(peers: pd.DataFrame) -> pd.DataFrame:
    pairs = peers[peers["pair"]].copy()
    sums = pairs.groupby(["type_collectivite", "classe_taille"])[["declare", "population"]].transform("sum")
    others = (sums["declare"] - pairs["declare"]) / (sums["population"] - pairs["population"])
    pairs["estime"] = pairs["population"] * others
    pairs["erreur"] = ((pairs["estime"] - pairs["declare"]) / pairs["declare"]).where(pairs["declare"] > 0)
    return pairs


def rank(values: pd.Series, part: float) -> float:
    """The smallest value whose rank reaches its share."""
    ordered = sorted(values.dropna())
    return ordered[max(0, math.ceil(round(len(ordered) * part, 9)) - 1)]


def test_error_of_the_estimates_is_leave_one_out(night: Night, peers: pd.DataFrame) -> None:
    found = frame(
        night,
        """select classe_taille, nb_pairs, nb_erreurs, erreur_mediane, erreur_p90, erreur_biais
        from marts.ind_estimations_erreurs where code_indicateur = 'DEM-01' and periode_debut = '2025-01-01'""",
    ).set_index("classe_taille")
    checked = 0
    for classe, groupe in loo(peers).groupby("classe_taille"):
        row, erreurs = found.loc[classe], groupe["erreur"]
        assert (row["nb_pairs"], row["nb_erreurs"]) == (len(groupe), erreurs.count())
        if erreurs.count():
            assert row["erreur_mediane"] == pytest.approx(erreurs.abs().median(), abs=1e-3)
            assert row["erreur_p90"] == pytest.approx(rank(erreurs.abs(), 0.9), abs=1e-3)
            biais = (groupe["estime"] - groupe["declare"]).sum() / groupe["declare"].sum()
            assert row["erreur_biais"] == pytest.approx(biais, abs=1e-3)
            checked += 1
    assert checked >= 3


def test_estimates_fill_absences_only_and_carry_their_interval(
    night: Night, peers: pd.DataFrame, project: Path
) -> None:
    minimum = setting(project, "hyp_estimations", "nb_pairs_min")
    expected = {}
    for classe, groupe in loo(peers).groupby("classe_taille"):
        absents = peers[(peers["classe_taille"] == classe) & (peers["connu"] == 0) & (peers["population"] > 0)]
        if groupe["erreur"].count() < minimum or groupe["declare"].sum() == 0:
            continue
        par_habitant = groupe["declare"].sum() / groupe["population"].sum()
        bas, haut = rank(groupe["erreur"], 0.05), rank(groupe["erreur"], 0.95)
        for siren, row in absents.iterrows():
            taux = row["vu"] / (row["population"] * par_habitant)
            expected[siren] = (min(1, taux), min(1, taux * max(0, min(1, 1 + bas))), min(1, taux * max(1, 1 + haut)))
    rows = ask(
        night,
        """select siren, valeur, ic_bas, ic_haut from marts.ind_valeurs where code_indicateur = 'DEM-01'
        and statut = 'estime' and periode_debut = '2025-01-01' and periode_type = 'annee'""",
    )
    found = {siren: values for siren, *values in rows}
    assert expected and found.keys() == expected.keys()
    for siren, values in expected.items():
        assert found[siren] == pytest.approx(values, abs=1e-4), siren


def test_nothing_estimated_enters_an_aggregate(night: Night) -> None:
    # Savings (ECO) are estimates by nature: unit costs come from assumptions.
    estimated = "statut = 'estime' and perimetre_type <> 'collectivite' and code_indicateur not like 'ECO-%'"
    assert ask(night, f"select 1 from marts.ind_valeurs where {estimated}") == []
    rows = ask(
        night,
        """select t.code_indicateur, t.valeur_observee, v.valeur, t.valeur_completee, t.part_estimee
        from marts.ind_estimations_territoire t inner join marts.ind_valeurs v
        on v.code_indicateur = t.code_indicateur and v.perimetre_type = t.perimetre_type
        and v.perimetre_code = t.perimetre_code and v.dimension = t.dimension and v.modalite = t.modalite
        and v.periode_type = 'annee' and v.periode_debut = t.periode_debut and v.population = 'toutes'
        where t.perimetre_type = 'territoire' and v.statut <> 'absent'""",
    )
    assert any(part > 0 for *_, part in rows)
    for code, observee, publiee, completee, part in rows:
        assert observee == pytest.approx(publiee), code
        assert 0 <= part <= 1 and 0 <= completee <= 1


# --- proofs -----------------------------------------------------------------------------------------------------------


def test_proofs_add_up_to_every_published_cell(night: Night) -> None:
    """Every DEM indicator, every collectivité, every period: the lines that are cited make the two terms."""
    faults = ask(
        night,
        """with sommes as (
            select p.code_indicateur, p.siren, p.dimension, p.modalite, d.periode_type, d.periode_debut,
            sum(nombre) filter (where terme = 'numerateur') as n, sum(nombre) filter (where terme = 'denominateur') as d
            from marts.ind_preuves p inner join marts.dim_periodes d on d.mois = p.mois group by all)
        select v.code_indicateur, count(*), count(*) filter (
            where v.numerateur <> coalesce(s.n, 0) or v.denominateur <> coalesce(s.d, 0))
        from marts.ind_valeurs v left join sommes s on s.code_indicateur = v.code_indicateur and s.siren = v.siren
        and s.dimension = v.dimension and s.modalite = v.modalite and s.periode_type = v.periode_type
        and s.periode_debut = v.periode_debut
        where v.code_indicateur like 'DEM-%' and v.code_indicateur not in ('DEM-25') and v.statut not in
        ('absent', 'estime') and v.population = 'toutes' and v.perimetre_type = 'collectivite'
        group by v.code_indicateur""",
    )
    assert len(faults) >= 15 and all(cells for _, cells, _ in faults)
    assert {code: wrong for code, _, wrong in faults if wrong} == {}


def test_the_cited_line_is_in_the_kept_bytes(night: Night) -> None:
    rows = ask(
        night,
        """select code_indicateur, source, chemin_conserve, ligne, siren, objet_id from marts.ind_preuves
        where code_indicateur like 'DEM-%'
        qualify row_number() over (partition by code_indicateur, source, terme order by fichier_sha256, ligne) <= 3""",
    )
    assert {source for _, source, *_ in rows} >= {"actes", "consultations", "helios", "archivage", "retours"}
    for code, source, chemin, ligne, siren, objet in rows:
        path = night.home / chemin
        assert path.is_file(), chemin
        if path.suffix == ".csv":
            text = path.read_bytes().decode("latin-1").splitlines()[ligne - 1]
            assert siren in text and (source == "actes" or objet in text), (code, chemin, ligne)
        elif path.suffix == ".xml":
            assert 1 <= ligne <= path.read_bytes().count(b"\n") + 1


def test_the_path_of_every_file_is_where_its_bytes_are(night: Night) -> None:
    paths = ask(night, "select chemin_conserve from marts.fct_fichiers_recus where statut <> 'doublon'")
    assert paths and [path for (path,) in paths if not (night.home / path).is_file()] == []
