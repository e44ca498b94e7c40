"""The catalogue page tells every indicator and version of the registry, and nothing escapes it."""

import csv
from html import escape
from pathlib import Path

import pytest

from orchestration.catalogue import FAMILLES, page, read_registry, source_names, write_catalogue
from orchestration.ingest.readers import NOMENCLATURES


@pytest.fixture(scope="module")
def registry() -> list[dict[str, str]]:
    with (NOMENCLATURES / "ref_indicateurs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("docs") / "catalogue.html"
    write_catalogue(path)
    return path.read_text("utf-8")


def test_every_indicator_has_its_block_under_its_family(registry: list[dict[str, str]], html: str) -> None:
    for row in registry:
        section = html.split(f'<section id="{row["famille"]}">')[1].split("</section>")[0]
        assert f'<article id="{row["code_indicateur"]}">' in section


def test_every_definition_is_told_whole(registry: list[dict[str, str]], html: str) -> None:
    for row in registry:
        block = html.split(f'<article id="{row["code_indicateur"]}">')[1].split("</article>")[0]
        for column in (
            "libelle",
            "formule",
            "numerateur_libelle",
            "denominateur_libelle",
            "population_libelle",
            "piege",
        ):
            assert escape(row[column]) in block, (row["code_indicateur"], column)
        assert f"version {row['version_definition']}, du" in block


def test_a_changed_definition_shows_both_versions_and_its_break(registry: list[dict[str, str]], html: str) -> None:
    changed = {row["code_indicateur"] for row in registry if row["version_definition"] != "1"}
    assert changed
    for code in changed:
        block = html.split(f'<article id="{code}">')[1].split("</article>")[0]
        assert block.count("<table>") == sum(row["code_indicateur"] == code for row in registry)
        assert "Rupture de série le" in block


def test_every_family_and_source_has_a_name(registry: list[dict[str, str]]) -> None:
    assert {row["famille"] for row in registry} <= set(FAMILLES)


def test_what_comes_from_the_registry_is_escaped() -> None:
    row = dict(read_registry()[0]) | {"piege": "<script>alert(1)</script>"}
    assert "<script>" not in page([row], source_names())


def test_the_page_does_not_depend_on_the_order_of_the_registry(tmp_path: Path, registry: list[dict[str, str]]) -> None:
    with (tmp_path / "ref_indicateurs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, registry[0].keys())
        writer.writeheader()
        writer.writerows(reversed(registry))
    assert read_registry(tmp_path) == read_registry()
