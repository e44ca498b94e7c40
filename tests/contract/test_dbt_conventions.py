"""The house rules that a machine can hold, over dbt's manifest: documented, typed as named, one grain, layer law."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration import checks, tirages

PREFIXES = ("stg", "int", "dim", "fct", "ind")
# Law of layers: what each kind of model may read. Seeds go by their prefix; `source` is the lake.
ALLOWED = {
    "stg": {"source"},
    "int": {"stg", "int", "ref", "cor"},
    "dim": {"stg", "int", "dim", "ref", "cor", "hyp"},
    "fct": {"stg", "int", "dim", "fct", "ref", "cor", "hyp"},
    "ind": {"fct", "dim", "ind", "hyp"},
}
# The economic model computes on assumptions, and on 20 000 draws of each: what it computes on a draw is not published,
# so its intermediate models read assumptions and measures, and its indicators read them.
ECONOMIE = {"int": {"int", "stg", "dim", "ind", "ref", "hyp"}, "ind": {"fct", "dim", "ind", "hyp", "int"}}
TYPE_BY_NAME = (
    (r"(siren|siret|code)(_.*)?|.*_id|libelle_.*|nom_.*", {"varchar"}),
    (r"(montant|cout|economie)(_.*)?_eur", {"decimal(18, 2)"}),
    (r"nb_.*", {"bigint"}),
    (r"(taux|part)_.*", {"double"}),
    (r"(duree|delai)_.*_jours", {"bigint", "integer", "double"}),
    (r"date_.*|mois", {"date"}),
    (r"horodatage_.*", {"timestamp"}),
    (r"(est|a)_.*", {"boolean"}),
)
MEASURE = re.compile(r"nb_.*|.*_eur|taux_.*|part_.*|(duree|delai)_.*|.*_octets|numerateur|denominateur|valeur")
NOT_PORTABLE = re.compile(
    r"::|\bstrptime\b|\bstrftime\b|\bstring_agg\b|\blist\s*\(|\bunnest\b|\bgenerate_series\b|\bdistinct\s+on\b"
    r"|\basof\b|\bby\s+name\b|\bqualify\b|\bexclude\s*\(|\bas\s+(text|varchar)\)|(?<!/)//(?!/)",
    re.IGNORECASE,
)
DIVISION = re.compile(r"[\w)]\s*/\s*[\w(]")
LITERAL = re.compile(r"(?<![\w.'-])(\d+(\.\d+)?)(?![\w.'-])")


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def kind(name: str) -> str:
    return name.split("_", 1)[0]


def attached_tests(manifest: dict[str, Any], model: dict[str, Any], test: str) -> Iterator[dict[str, Any]]:
    for node in manifest["nodes"].values():
        metadata = node.get("test_metadata") or {}
        if node.get("attached_node") == model["unique_id"] and metadata.get("name") == test:
            yield node


def sql_of(model: dict[str, Any]) -> str:
    """The model's SQL without comments, Jinja and quoted text: what the rules are about."""
    without_comments = re.sub(r"--.*|\{#.*?#\}", "", model["raw_code"], flags=re.DOTALL)
    without_comments = re.sub(r"--[^\n]*", "", without_comments)
    return re.sub(r"\{\{.*?\}\}|'[^']*'", "", without_comments, flags=re.DOTALL)


def test_every_sql_file_has_its_yaml_beside_it(project: Path) -> None:
    lonely = [p for p in (project / "models").rglob("*.sql") if not p.with_suffix(".yml").exists()]
    lonely += [p for p in (project / "seeds").rglob("*.csv") if not p.with_suffix(".yml").exists()]
    assert lonely == []


def test_every_model_has_a_known_prefix(models: list[dict[str, Any]]) -> None:
    assert [m["name"] for m in models if kind(m["name"]) not in PREFIXES] == []


def test_every_model_and_column_is_described(models: list[dict[str, Any]]) -> None:
    bare = [m["name"] for m in models if not m["description"].strip().startswith("Une ligne par")]
    bare += [f"{m['name']}.{c}" for m in models for c, p in m["columns"].items() if not p["description"].strip()]
    assert bare == []


def test_every_model_declares_its_columns(models: list[dict[str, Any]]) -> None:
    assert [m["name"] for m in models if not m["columns"]] == []


def test_marts_enforce_their_contract(models: list[dict[str, Any]]) -> None:
    marts = [m for m in models if kind(m["name"]) in ("dim", "fct", "ind")]
    assert marts
    assert [m["name"] for m in marts if not m["config"]["contract"]["enforced"]] == []


def test_every_mart_has_exactly_one_grain(manifest: dict[str, Any], models: list[dict[str, Any]]) -> None:
    grains = {m["name"]: len(list(attached_tests(manifest, m, "grain"))) for m in models if kind(m["name"]) != "stg"}
    assert {name: n for name, n in grains.items() if n != 1} == {}


def test_the_law_of_layers_holds(manifest: dict[str, Any], models: list[dict[str, Any]]) -> None:
    faults = []
    for model in models:
        law = ALLOWED | ECONOMIE if model["fqn"][-2] == "economie" else ALLOWED
        for parent in model["depends_on"]["nodes"]:
            node = manifest["nodes"].get(parent)
            layer = "source" if node is None else kind(node["name"])
            if layer not in law[kind(model["name"])]:
                faults.append(f"{model['name']} ← {parent}")
    assert faults == []


def test_column_types_are_what_their_names_say(models: list[dict[str, Any]]) -> None:
    faults = []
    for model in models:
        for name, column in model["columns"].items():
            for pattern, types in TYPE_BY_NAME:
                if re.fullmatch(pattern, name) and (column.get("data_type") or "").lower() not in types:
                    faults.append(f"{model['name']}.{name}: {column.get('data_type')}")
    assert faults == []


def test_every_published_measure_has_a_unit_and_an_origin(models: list[dict[str, Any]]) -> None:
    faults = []
    for model in models:
        if kind(model["name"]) not in ("fct", "ind"):
            continue
        for name, column in model["columns"].items():
            meta = column.get("config", {}).get("meta", {})
            is_measure = MEASURE.fullmatch(name) and column["data_type"] != "varchar"
            if is_measure and not (meta.get("unite") and meta.get("origine")):
                faults.append(f"{model['name']}.{name}")
    assert faults == []


def test_published_tables_carry_the_filter_columns(models: list[dict[str, Any]]) -> None:
    needed = {"siren", "nom_collectivite", "type_collectivite", "classe_taille", "code_departement", "siren_epci"}
    """Indicators that are recomputed at each perimeter get them in ind_valeurs, from the perimeter's code."""
    facts = [m for m in models if kind(m["name"]) in ("fct", "ind")]
    facts = [m for m in facts if m["name"] == "ind_valeurs" or "perimetre_code" not in m["columns"]]
    # A calendar is nobody's.
    facts = [m for m in facts if m["name"] != "ind_preuves_periodes"]
    assert {m["name"]: sorted(needed - set(m["columns"])) for m in facts if needed - set(m["columns"])} == {}


def test_facts_carry_their_provenance(models: list[dict[str, Any]]) -> None:
    facts = [m for m in models if kind(m["name"]) == "fct"]
    assert [m["name"] for m in facts if not {"fichier_sha256", "ligne"} <= set(m["columns"])] == []


def test_models_keep_to_the_portable_subset(models: list[dict[str, Any]]) -> None:
    faults = {}
    for model in models:
        if kind(model["name"]) != "ind" and (match := NOT_PORTABLE.search(sql_of(model))):
            faults[model["name"]] = match.group(0)
    assert faults == {}


def test_no_division_outside_the_ratio_macro(models: list[dict[str, Any]]) -> None:
    assert [m["name"] for m in models if DIVISION.search(sql_of(m))] == []


def test_no_assumption_hides_in_a_model(models: list[dict[str, Any]]) -> None:
    """A number other than 0 or 1 in a fct_ or ind_ is an assumption: it belongs to a sourced seed."""
    faults = {}
    for model in models:
        if kind(model["name"]) in ("fct", "ind"):
            code = re.sub(r"decimal\(\d+,\s*\d+\)", "", sql_of(model))
            literals = [match.group(1) for match in LITERAL.finditer(code) if match.group(1) not in ("0", "1")]
            if literals:
                faults[model["name"]] = literals
    assert faults == {}


def test_no_source_is_late_otherwise_than_the_seed_says(manifest: dict[str, Any]) -> None:
    """dbt can't read a seed while it parses its sources: what their files repeat is held equal to it.

    A source that people fill in by the quarter or the year says a longer limit of its own, never a shorter one.
    """
    limits = {
        source["source_name"]: source["freshness"]["warn_after"]["count"]
        for source in manifest["sources"].values()
        # Nobody sends the draws: they are never late.
        if source["source_name"] != tirages.SOURCE
    }
    expected = checks.default_silence().days
    monthly = ("ingestion", "marches", "consultations", "actes", "helios", "archivage", "retours", "services")
    assert {name: limits[name] for name in monthly} == dict.fromkeys(monthly, expected)
    assert {name: limit for name, limit in limits.items() if limit < expected} == {}
