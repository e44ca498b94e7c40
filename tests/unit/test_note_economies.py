"""The methodological note tells every assumption with its source and status, and how to challenge it."""

from html import escape
from pathlib import Path

import pytest

from orchestration.note_economies import LIMITES, SEEDS, Row, page, read_seed, write_note


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("docs") / "note.html"
    write_note(path)
    return path.read_text("utf-8")


def test_every_parameter_is_told_with_its_source_and_its_status(html: str) -> None:
    for row in read_seed("hyp_parametres_cout"):
        cells = html.split(f"({row['parametre']})</td>")[1].split("</tr>")[0]
        assert escape(row["source"]) in cells, row["parametre"]
        assert f"<td>{row['statut']}</td>" in cells, row["parametre"]


@pytest.mark.parametrize("seed", sorted(path.stem for path in SEEDS.glob("hyp_*.csv")))
def test_no_sourced_assumption_is_left_out(html: str, seed: str) -> None:
    for row in read_seed(seed):
        assert escape(row["source"]) in html, (seed, row)


def test_the_purchase_the_limits_and_the_way_to_challenge_are_told(html: str) -> None:
    assert "1\u202f120\u202f000" in html and "491\u202f080" in html
    assert all(escape(limit) in html for limit in LIMITES)
    assert "ref_releves_panel.csv" in html and "make run" in html


def test_no_survey_is_said_to_be_none(html: str) -> None:
    assert read_seed("ref_releves_panel") == []
    assert "(n = 0)" in html and "l’observatoire n’en invente pas" in html


def test_the_committee_reads_words_and_not_codes(html: str) -> None:
    """A table names a process, a scenario, a setting or a lever as people do; a code only follows a parameter."""
    cells = {cell.split("</td>")[0] for cell in html.split("<td>")[1:]}
    codes = {row["scenario"] for row in read_seed("hyp_scenarios")}
    codes |= {row["processus"] for row in read_seed("ref_etapes_cout")}
    codes |= {row["cle"] for seed in ("hyp_budget_syndicat", "hyp_reglages_economies") for row in read_seed(seed)}
    codes |= {row["levier"] for row in read_seed("hyp_leviers")} - {"minutes"}
    codes |= {row["code_donnee"] for row in read_seed("ref_couts_declares")}
    assert cells & codes == set()
    assert not [cell for cell in cells if "constate:" in cell or "potentiel:" in cell]


def test_what_a_parameter_moves_is_said_in_a_sentence(html: str) -> None:
    line = html.split("(certificat_cout_an_eur)</td>")[1].split("</tr>")[0]
    assert line.endswith("<td>constatée, projetée, potentielle, restante : coûts fixes, ensemble</td>")
    line = html.split("(acte_nombre_an)</td>")[1].split("</tr>")[0]
    assert line.endswith("<td>projetée, potentielle, restante : actes, marchés publics, ensemble</td>")


def test_fixed_costs_are_told_by_size(html: str) -> None:
    assert "coûts fixes d’un scénario observé" in html and "EPCI de moins de 20 000 hab." in html


def test_a_survey_shows_and_is_escaped() -> None:
    survey = {
        "parametre": "cout_page_eur",
        "siren": "",
        "nom_collectivite": "<b>Relevé 1</b>",
        "date_releve": "2026-01-05",
        "valeur": "0.045",
        "unite": "eur par page",
        "source": "Facture & relevé",
        "statut": "S",
    }

    def read(name: str) -> list[Row]:
        return [survey] if name == "ref_releves_panel" else read_seed(name)

    html = page(read)
    assert "<td>P</td><td>1</td>" in html.split("(cout_page_eur)</td>")[1].split("</tr>")[0]
    assert "&lt;b&gt;Relevé 1&lt;/b&gt;" in html and "0,045" in html and "Facture &amp; relevé" in html


def test_the_page_is_written_where_it_is_asked(tmp_path: Path) -> None:
    write_note(tmp_path / "a" / "note.html")
    assert (tmp_path / "a" / "note.html").read_text("utf-8").startswith("<!doctype html>")
