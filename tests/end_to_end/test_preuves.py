"""From any published cell to the files and lines it comes from, by the query that the documentation gives."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.night import Night

ROOT = Path(__file__).parents[2]
# What is about a rule or a list, or says that nothing was done, rests on no file.
WITHOUT_FILE = {"REG-03"}
CELLS = """
select v.code_indicateur, v.perimetre_type, v.perimetre_code, v.dimension, v.modalite, v.periode_type, v.periode_debut,
    v.numerateur, v.denominateur, i.agregation
from marts.ind_valeurs as v
inner join (
    select code_indicateur, max(agregation) as agregation from marts.dim_indicateurs group by code_indicateur
) as i on v.code_indicateur = i.code_indicateur
where v.valeur is not null and v.statut <> 'estime' and v.population = 'toutes'
    and v.perimetre_type in ('collectivite', 'territoire')
qualify row_number() over (
    partition by v.code_indicateur, v.perimetre_type
    order by (v.numerateur > 0) desc, hash(v.perimetre_code, v.modalite, v.periode_debut)
) = 1
order by all
"""
SUMS = """
with cellules as (
    select v.code_indicateur, v.perimetre_code as siren, v.dimension, v.modalite, v.numerateur, v.denominateur, p.mois,
        v.periode_type, v.periode_debut
    from marts.ind_valeurs as v
    inner join marts.ind_preuves_periodes as p
        on p.code_indicateur = v.code_indicateur and p.periode_type = v.periode_type
        and p.periode_debut = v.periode_debut
    where v.perimetre_type = 'collectivite' and v.population = 'toutes' and v.valeur is not null
        and v.statut <> 'estime' and v.code_indicateur = $code
),
sommes as (
    select siren, dimension, modalite, mois, count(*) as lignes,
        sum(nombre) filter (where terme = 'numerateur') as n, sum(nombre) filter (where terme = 'denominateur') as d
    from marts.ind_preuves where code_indicateur = $code group by all
)
select c.siren, c.dimension, c.modalite, c.periode_type, c.periode_debut, c.numerateur, c.denominateur,
    coalesce(sum(s.n), 0) as n, coalesce(sum(s.d), 0) as d, coalesce(sum(s.lignes), 0) as lignes
from cellules as c
left join sommes as s
    on s.siren = c.siren and s.dimension = c.dimension and s.modalite = c.modalite and s.mois = c.mois
group by all
"""


def documented_query() -> str:
    """The query of the documentation, with its cell left open."""
    text = (ROOT / "models" / "_docs" / "apercu.md").read_text("utf-8")
    (query,) = re.findall(r"```sql\n(.*?)```", text[text.index("## D'où vient ce chiffre") :], re.DOTALL)
    for column in ("code_indicateur", "dimension", "modalite", "periode_type", "perimetre_type", "perimetre_code"):
        query, found = re.subn(rf"(\.{column} = )'[^']*'", rf"\1${column}", query)
        assert found == 1, column
    query = query.replace("'classe' = 'territoire'", "$perimetre_type = 'territoire'")
    query, found = re.subn(r"date '\d{4}-\d\d-\d\d'", "$periode_debut", query)
    assert found == 1
    return query


@pytest.fixture(scope="module")
def published(night: Night) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(night.published.resolve()), read_only=True)


def rows_of(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> list[dict[str, Any]]:
    done = connection.execute(query, parameters)
    names = [column[0] for column in done.description]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def tolerance(code: str) -> float:
    """Euros are rounded by project, scores to the thousandth; everything else is exact."""
    return {"PNT-10": 1.0, "PNT-05": 0.001}.get(code, 1e-6)


def test_every_indicator_leads_to_its_files_and_lines(published: duckdb.DuckDBPyConnection, night: Night) -> None:
    query = documented_query()
    cells = rows_of(published, CELLS)
    # A saving is volumes, proved by their DEM indicators, times costs, which are assumptions and in no file.
    published_codes = """select distinct code_indicateur from marts.ind_valeurs
        where valeur is not null and code_indicateur not like 'ECO-%'"""
    assert {cell["code_indicateur"] for cell in cells} >= {
        code for (code,) in published.execute(published_codes).fetchall()
    }
    with_file = set()
    for cell in cells:
        numerator, denominator, additive = cell.pop("numerateur"), cell.pop("denominateur"), cell.pop("agregation")
        code = cell["code_indicateur"]
        rows = rows_of(published, query, cell)
        assert rows, cell
        kept = {row["chemin_conserve"] for row in rows if row["nom_fichier"] is not None}
        assert all((night.home / path).is_file() for path in kept), cell
        assert all((row["nom_fichier"] is None) == (row["source"] == "referentiel") for row in rows), cell
        if kept:
            with_file.add((code, cell["perimetre_type"]))
        if additive == "ratio":
            for terme, expected in (("numerateur", numerator), ("denominateur", denominator)):
                found = sum(row["nombre"] for row in rows if row["terme"] == terme)
                assert found == pytest.approx(expected, abs=tolerance(code)), (cell, terme)
    assert {(c["code_indicateur"], c["perimetre_type"]) for c in cells} - with_file == {
        (code, perimetre) for code in WITHOUT_FILE for perimetre in ("collectivite", "territoire")
    }


def test_every_cell_of_a_collectivite_is_the_sum_of_its_lines(published: duckdb.DuckDBPyConnection) -> None:
    codes = published.execute(
        """select code_indicateur, max(agregation) from marts.dim_indicateurs
        where code_indicateur in (select code_indicateur from marts.ind_valeurs where valeur is not null)
        group by code_indicateur order by code_indicateur"""
    ).fetchall()
    for code, additive in codes:
        cells = published.execute(SUMS, {"code": code}).fetchall()
        assert [cell for cell in cells if cell[-1] == 0][:3] == [], code
        if additive == "ratio":
            faults = [c for c in cells if max(abs(c[5] - c[7]), abs(c[6] - c[8])) > tolerance(code)]
            assert faults[:3] == [], code


def test_an_answer_is_cited_by_its_line_never_by_its_words(published: duckdb.DuckDBPyConnection) -> None:
    fields = published.execute(
        "select distinct champ from marts.ind_preuves_enquetes where terme <> 'calcul' order by champ"
    ).fetchall()
    assert {field.split(",")[0] for (field,) in fields} == {"collectivité interrogée", "note", "réponse"}
    named = "select count(*) from marts.ind_preuves_enquetes where code_indicateur = 'APP-09' and siren is not null"
    assert published.execute(named).fetchone() == (0,)
