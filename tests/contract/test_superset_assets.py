"""The dashboards' files: generated where they echo a model, free of SQL, and templates that say what is unknown."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml


@pytest.fixture(scope="module")
def sync(project: Path) -> ModuleType:
    """superset/sync.py; its folder is no package and is only on the path while it is imported."""
    sys.path.insert(0, str(project / "superset"))
    try:
        import sync
    finally:
        sys.path.pop(0)
    return sync


@pytest.fixture
def gabarits(sync: ModuleType) -> ModuleType:
    return sync.gabarits


@pytest.fixture
def copied(sync: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the assets that a test may spoil."""
    for source in sync.ASSETS.rglob("*.yaml"):
        target = tmp_path / source.relative_to(sync.ASSETS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    monkeypatch.setattr(sync, "ASSETS", tmp_path)
    return tmp_path


def spoil(path: Path, change: Any) -> None:
    asset = yaml.safe_load(path.read_text("utf-8"))
    change(asset)
    path.write_text(yaml.safe_dump(asset, allow_unicode=True), "utf-8")


def value(expression: str) -> Any:
    return duckdb.execute(f"select {expression}").fetchone()[0]


def test_superset_is_no_package(project: Path) -> None:
    """With an __init__.py the folder would hide the real superset from whoever runs Python at the root."""
    assert not (project / "superset" / "__init__.py").exists()


def test_assets_follow_the_models(sync: ModuleType, manifest: dict[str, Any]) -> None:
    assert sync.check(manifest) == []


def test_a_changed_metric_is_a_drift(sync: ModuleType, manifest: dict[str, Any], copied: Path) -> None:
    spoil(copied / "datasets/observatoire/ind_pilotage_mois.yaml", lambda d: d["metrics"][1].update(expression="1"))
    assert any("diffère du modèle" in problem for problem in sync.check(manifest))


def test_sql_in_a_chart_is_refused(sync: ModuleType, manifest: dict[str, Any], copied: Path) -> None:
    metric = {"expressionType": "SQL", "sqlExpression": "1 + 1", "label": "deux"}
    spoil(copied / "charts/pilotage__evolution.yaml", lambda c: c["params"].update(metrics=[metric]))
    assert any("contient du SQL" in problem for problem in sync.check(manifest))


def test_an_unknown_column_is_refused(sync: ModuleType, manifest: dict[str, Any], copied: Path) -> None:
    spoil(copied / "charts/pilotage__evolution.yaml", lambda c: c["params"].update(groupby=["inconnue"]))
    assert any("colonne inconnue" in problem for problem in sync.check(manifest))


def test_a_target_line_that_is_not_the_catalogue_s_is_refused(
    sync: ModuleType, manifest: dict[str, Any], copied: Path
) -> None:
    def lower(chart: dict[str, Any]) -> None:
        chart["params"]["annotation_layers"][0]["value"] = "0.5"

    spoil(copied / "charts/pilotage__evolution.yaml", lower)
    assert any("trace une cible" in problem for problem in sync.check(manifest))


def test_a_chart_on_no_dashboard_and_an_exposure_that_lies_are_told(
    sync: ModuleType, manifest: dict[str, Any], copied: Path
) -> None:
    def empty(dashboard: dict[str, Any]) -> None:
        tiles = dashboard["position"]
        for key in [k for k, tile in tiles.items() if isinstance(tile, dict) and tile.get("type") == "CHART"]:
            del tiles[key]

    spoil(copied / "dashboards/qualite.yaml", empty)
    problems = sync.check(manifest)
    assert any("sur aucun tableau de bord" in problem for problem in problems)
    assert any(problem.startswith("exposures.yml, qualite") for problem in problems)


def test_metrics_that_refer_in_a_circle_are_refused(sync: ModuleType) -> None:
    with pytest.raises(ValueError, match="circle"):
        sync.expressions([{"nom": "a", "expression": "{b}"}, {"nom": "b", "expression": "{a}"}])


def test_every_metric_runs_and_shows_no_zero_on_an_empty_table(sync: ModuleType) -> None:
    for dataset in sync.load_folder("datasets").values():
        columns = ", ".join(f'"{c["column_name"]}" {c["type"]}' for c in dataset["columns"])
        with duckdb.connect() as connection:
            connection.execute(f"create table t ({columns})")
            for metric in dataset["metrics"]:
                (shown,) = connection.execute(f"select {metric['expression']} from t").fetchone()
                is_rate = metric["metric_name"].startswith(("taux", "couverture", "part", "evolution"))
                assert not (is_rate and shown is not None), metric["metric_name"]


def test_text_of_data_is_escaped(gabarits: ModuleType) -> None:
    shown = value(gabarits.etiquette("'<img src=x onerror=alert(1)> & \"co\"'"))
    assert "<img" not in shown
    assert "&lt;img" in shown and "&amp; &quot;co&quot;" in shown


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("0.834", "83\u00a0%"),
        ("0.998", "&gt; 99\u00a0%"),
        ("1.0", "100\u00a0%"),
        ("0.002", "&lt; 1\u00a0%"),
        ("0.0", "0\u00a0%"),
    ],
)
def test_a_rate_never_rounds_to_all_or_nothing(gabarits: ModuleType, rate: str, text: str) -> None:
    assert value(gabarits.part(rate)) == text


def test_an_unknown_rate_is_not_a_zero(gabarits: ModuleType) -> None:
    unknown = "cast(null as double)"
    assert value(gabarits.grand_taux(unknown, "'marches'")) == "◌"
    assert "Non calculé" in value(gabarits.statut(unknown, "1.0", "0.1"))
    assert "Non calculé" in value(gabarits.couverture(unknown, "0.75"))


@pytest.mark.parametrize(
    ("rate", "word"), [("1.0", "Cible atteinte"), ("0.95", "En bonne voie"), ("0.5", "À renforcer")]
)
def test_status_follows_the_distance_to_the_target(gabarits: ModuleType, rate: str, word: str) -> None:
    assert word in value(gabarits.statut(rate, "1.0", "0.1"))


def test_numbers_are_french(gabarits: ModuleType) -> None:
    assert value(gabarits.entier("1234567")) == "1\u202f234\u202f567"
    assert value(gabarits.decimal("-3.25")).startswith("-3,2")
    assert "▲ +9,9\u00a0pts" in value(gabarits.points("0.099"))
    assert "▼ −4,0\u00a0pts" in value(gabarits.points("-0.04"))
    assert value(gabarits.date("date '2026-04-03'")) == "03/04/2026"
