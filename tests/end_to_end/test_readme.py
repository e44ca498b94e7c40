"""What the README tells the reader to run does run, and finds what it says."""

import re
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.night import Night

ROOT = Path(__file__).parents[2]
CELL = """
select siren, periode_debut, numerateur from marts.ind_valeurs
where code_indicateur = 'DEM-08' and perimetre_type = 'collectivite' and periode_type = 'mois'
  and population = 'toutes' and dimension = 'ensemble' and numerateur > 1
order by numerateur, siren, periode_debut limit 1
"""


@pytest.fixture
def published(night: Night) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str((night.home / "publication" / "observatoire.duckdb").resolve()), read_only=True)


def queries() -> list[str]:
    """The SQL that the README gives to copy."""
    return re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def test_the_rate_of_a_department_is_a_rate_of_twelve_months(published: duckdb.DuckDBPyConnection) -> None:
    rate, first, last = published.execute(queries()[0]).fetchone()
    assert 0 < rate <= 1
    assert (last.year - first.year) * 12 + last.month - first.month == 11


def test_a_cell_leads_to_its_files_and_lines(published: duckdb.DuckDBPyConnection, night: Night) -> None:
    siren, month, numerator = published.execute(CELL).fetchone()
    query = queries()[1].replace("'200027027'", f"'{siren}'").replace("'2025-04-01'", f"'{month}'")
    rows = published.execute(query).fetchall()
    assert sum(row[0] == "numérateur" for row in rows) == numerator
    assert "dénominateur" in {row[0] for row in rows}
    for _, source, _, ligne, sha256 in rows:
        # The same bytes sent twice under two names are kept under both.
        kept = list((night.home / "archives" / source / sha256[:2]).glob(f"{sha256[:16]}-*"))
        assert kept and ligne > 0
