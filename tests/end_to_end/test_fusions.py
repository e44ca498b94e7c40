"""What communes sent under the SIREN that they had before a merger counts for the commune of today.

The demonstration holds the returns of the communes of one merger, each under its former SIREN, for its last two months;
one of them did not count its invoices of the last month.
"""

import csv
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.night import Night


@pytest.fixture(scope="module")
def former(project: Path) -> dict[str, str]:
    path = project / "seeds" / "referentiel" / "ref_communes_fusionnees.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["siren_ancien"]: row["siren"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def published(night: Night) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(night.published.resolve()), read_only=True)


def test_no_return_stays_under_a_former_siren(published: duckdb.DuckDBPyConnection, former: dict[str, str]) -> None:
    sources = "marts.fct_retours", "marts.fct_retours_mois", "marts.fct_participations", "marts.fct_tickets"
    for table in sources:
        sirens = {siren for (siren,) in published.execute(f"select distinct siren from {table}").fetchall()}
        assert not sirens & former.keys(), table
    told = published.execute("select distinct siren_declarant, siren from marts.fct_retours_reunis").fetchall()
    assert len(told) > 1
    assert all(former[ancien] == siren for ancien, siren in told)


def test_a_value_is_the_sum_of_the_returns_that_make_it(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        """select r.siren, r.mois, r.code_donnee, max(r.valeur), max(r.nb_declarants), sum(p.valeur), count(*),
            count(distinct p.fichier_sha256)
        from marts.fct_retours as r
        inner join marts.fct_retours_reunis as p
            on r.siren = p.siren and r.mois = p.mois and r.code_donnee = p.code_donnee
        group by all"""
    ).fetchall()
    assert rows
    assert [row for row in rows if not (row[3] == row[5] and row[4] == row[6] == row[7])] == []


def test_a_sum_that_lacks_a_commune_is_partial_and_makes_no_rate(published: duckdb.DuckDBPyConnection) -> None:
    partial = published.execute(
        """select siren, mois, code_donnee, nb_declarants, nb_declarants_attendus from marts.fct_retours
        where est_partiel order by code_donnee"""
    ).fetchall()
    assert [code for _, _, code, *_ in partial] == ["FACTURES_RECUES", "FACTURES_RECUES_ELEC"]
    assert all(sent < expected for *_, sent, expected in partial)
    siren, mois, *_ = partial[0]
    statuses = dict(
        published.execute(
            """select code_indicateur, statut from marts.ind_valeurs where perimetre_type = 'collectivite'
            and perimetre_code = ? and periode_type = 'mois' and periode_debut = ? and dimension = 'ensemble'
            and population = 'toutes' and code_indicateur in ('DEM-19', 'DEM-20')""",
            [siren, mois],
        ).fetchall()
    )
    assert statuses == {"DEM-19": "absent", "DEM-20": "declare"}


def test_each_of_the_returns_is_cited(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        """select p.siren, p.mois, count(distinct p.nom_fichier), max(r.nb_declarants)
        from marts.ind_preuves as p
        inner join marts.fct_retours as r
            on p.siren = r.siren and p.mois = r.mois and r.code_donnee = p.objet_id
        where p.code_indicateur = 'DEM-20' and p.terme = 'denominateur' and r.nb_declarants > 1
        group by all"""
    ).fetchall()
    assert rows
    assert [row for row in rows if row[2] != row[3]] == []


def test_a_former_siren_is_known(published: duckdb.DuckDBPyConnection, former: dict[str, str]) -> None:
    warned = published.execute(
        "select distinct siren from marts.fct_anomalies where code like '%_siren_hors_referentiel'"
    ).fetchall()
    assert not {siren for (siren,) in warned} & former.keys()
    counted = published.execute(
        """select sum(l.nb_lignes_siren_connu), sum(l.nb_lignes_siren_juge) from marts.fct_lignes_recues as l
        inner join marts.fct_retours_reunis as r on l.fichier_sha256 = r.fichier_sha256"""
    ).fetchone()
    assert counted[0] == counted[1] > 0
