"""The dashboards' files: generated where they echo a model, free of SQL, and templates that say what is unknown."""

import csv
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

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


def test_a_chart_may_keep_one_sign_of_a_metric_it_selects_and_nothing_more(
    sync: ModuleType, manifest: dict[str, Any], copied: Path
) -> None:
    chart = copied / "charts/pilotage__collectivites_en_tete.yaml"
    assert "HAVING" in chart.read_text("utf-8")
    for condition in ("ecart_bretagne > 0.1", "count(*) > 0", "taux > 0"):
        spoil(chart, lambda c, text=condition: c["params"]["adhoc_filters"][-1].update(sqlExpression=text))
        assert any("contient du SQL" in problem for problem in sync.check(manifest)), condition


def test_a_choice_that_leaves_no_row_does_not_hide_the_demonstration_banner(gabarits: ModuleType) -> None:
    cell = gabarits.bandeau("'a'", "'b'", "'c'", "bool_or(vrai)")
    for is_demonstration in (True, False):
        with duckdb.connect() as connection:
            connection.execute("create schema marts; create table marts.fct_fichiers_recus (est_demonstration boolean)")
            connection.execute("insert into marts.fct_fichiers_recus values (?)", [is_demonstration])
            connection.execute("create table t (vrai boolean)")
            (shown,) = connection.execute(f"select {cell} from t").fetchone()
            assert ("Données de démonstration" in shown) == is_demonstration


def test_an_unknown_column_is_refused(sync: ModuleType, manifest: dict[str, Any], copied: Path) -> None:
    spoil(copied / "charts/pilotage__evolution.yaml", lambda c: c["params"].update(groupby=["inconnue"]))
    assert any("colonne inconnue" in problem for problem in sync.check(manifest))


def test_a_map_says_columns_that_exist_in_colours_of_the_palette(
    sync: ModuleType, manifest: dict[str, Any], copied: Path
) -> None:
    chart = copied / "charts" / "carte__epci.yaml"
    spoil(chart, lambda c: c["params"]["tooltip_contents"][0].update(column_name="nom_du_voisin"))
    assert any("colonne inconnue nom_du_voisin" in problem for problem in sync.check(manifest))
    spoil(chart, lambda c: c["params"]["point_radius_fixed"].update(value="t_inconnue"))
    assert any("mesure inconnue t_inconnue" in problem for problem in sync.check(manifest))
    spoil(chart, lambda c: c["params"]["default_breakpoint_color"].update(r=255))
    assert any("classes hors de palette.py" in problem for problem in sync.check(manifest))
    spoil(chart, lambda c: c["params"]["color_breakpoints"][1].update(maxValue=0.8))
    assert any("ne se suivent pas" in problem for problem in sync.check(manifest))


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


def _filter(dashboard: dict[str, Any]) -> dict[str, Any]:
    return dashboard["metadata"]["native_filter_configuration"][0]


def _target(dashboard: dict[str, Any]) -> dict[str, Any]:
    return _filter(dashboard)["targets"][0]["column"]


def _tiles(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    tiles = dashboard["position"].values()
    return [tile for tile in tiles if isinstance(tile, dict) and tile.get("type") == "CHART"]


NOWHERE = "0e0b9a0c-0000-4000-8000-000000000000"
AD_HOC = {"expressionType": "SIMPLE", "aggregate": "SUM", "label": "somme"}
# File, what is spoilt in it, and what must be told; each on a file of its own where one would hide the other.
DRIFTS = (
    ("datasets/observatoire/ind_usages_mois.yaml", lambda d: d.update(uuid=NOWHERE), "diffère du modèle"),
    ("charts/pilotage__jalons.yaml", lambda c: c.update(dataset_uuid=NOWHERE[::-1]), "jeu de données inconnu"),
    ("charts/pilotage__evolution.yaml", lambda c: c["params"].update(metrics=["nulle"]), "mesure inconnue nulle"),
    ("charts/pilotage__par_type.yaml", lambda c: c["params"].update(metrics=[AD_HOC]), "calcule sa mesure"),
    ("dashboards/pilotage.yaml", lambda d: _tiles(d)[0]["meta"].update(uuid=NOWHERE), "graphique inconnu"),
    (
        "dashboards/pilotage.yaml",
        lambda d: _tiles(d)[0]["meta"].update(chartId=_tiles(d)[1]["meta"]["chartId"]),
        "portent",
    ),
    ("dashboards/pilotage.yaml", lambda d: _target(d).update(name="nulle"), "vise une colonne inconnue"),
    (
        "dashboards/pilotage.yaml",
        lambda d: _filter(d)["controlValues"].update(sortMetric="nulle"),
        "trie par une mesure",
    ),
    ("dashboards/pilotage.yaml", lambda d: _filter(d)["scope"]["excluded"].append(999), "écarte une tuile inconnue"),
    ("dashboards/comite.yaml", lambda d: _filter(d)["scope"]["excluded"].clear(), "n’a pas de sens pour la tuile"),
    ("dashboards/simulateur.yaml", lambda d: d.update(slug="pilotage"), "même slug pilotage"),
    ("dashboards/qualite.yaml", lambda d: d.update(slug="autre"), "exposures.yml, autre"),
    ("dashboards/qualite.yaml", lambda d: None, "exposures.yml, qualite"),
    ("dashboards/programmes.yaml", lambda d: None, "exposures.yml, programmes"),
    ("dashboards/programmes.yaml", lambda d: None, "exposures.yml, projets"),
)


def test_every_link_of_the_chain_is_checked_both_ways(
    sync: ModuleType, manifest: dict[str, Any], copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, change, _ in DRIFTS:
        spoil(copied / path, change)
    exposures = sync.EXPOSURES.read_text("utf-8").replace("/programmes/", "/projets/")
    monkeypatch.setattr(sync, "EXPOSURES", tmp_path / "exposures.yml")
    sync.EXPOSURES.write_text(exposures, "utf-8")
    problems = sync.check(manifest)
    for path, _, told in DRIFTS:
        assert any(told in problem for problem in problems), (path, told)


def test_metrics_that_refer_in_a_circle_are_refused(sync: ModuleType) -> None:
    with pytest.raises(ValueError, match="circle"):
        sync.expressions([{"nom": "a", "expression": "{b}"}, {"nom": "b", "expression": "{a}"}])


def test_every_metric_runs_and_shows_no_zero_on_an_empty_table(sync: ModuleType) -> None:
    for dataset in sync.load_folder("datasets").values():
        columns = ", ".join(f'"{c["column_name"]}" {c["type"]}' for c in dataset["columns"])
        with duckdb.connect() as connection:
            connection.execute("create schema marts; create table marts.fct_fichiers_recus (est_demonstration boolean)")
            connection.execute("create table marts.dim_collectivites (est_breton boolean, type_collectivite varchar)")
            connection.execute(f"create table t ({columns})")
            for metric in dataset["metrics"]:
                (shown,) = connection.execute(f"select {metric['expression']} from t").fetchone()
                is_rate = metric["metric_name"].startswith(("taux", "couverture", "part", "evolution"))
                assert not (is_rate and shown is not None), metric["metric_name"]


def test_text_of_data_is_escaped(gabarits: ModuleType) -> None:
    shown = value(gabarits.etiquette("'<img src=x onerror=alert(1)> & \"co\"'"))
    assert "<img" not in shown
    assert "&lt;img" in shown and "&amp; &quot;co&quot;" in shown


def test_what_a_map_says_is_plain_text_and_tells_the_unknown(gabarits: ModuleType) -> None:
    known = value(gabarits.infobulle("0.998", "1234", "1236", "'actes'", "1", "1", "2"))
    assert known == "> 99\u00a0% (1\u202f234 sur 1\u202f236 actes) ; 1 retour sur 2"
    unknown = value(gabarits.infobulle("cast(null as double)", "null", "null", "'actes'", "1", "0", "7"))
    assert unknown == "non calculé ; 0 retour sur 7"
    mean = value(gabarits.infobulle("0.5", "3", "4", "'actes'", "4", "3", "7"))
    assert mean == "50\u00a0% en moyenne ; 3 retours sur 7"


def test_a_link_carries_any_name(gabarits: ModuleType) -> None:
    """A name with quotes, signs of the address or of HTML is chosen as it is written, and opens nothing else."""
    name = "L'Île-d'Arz & <b>\"!\"</b> + 1 %"
    literal = "'" + name.replace("'", "''") + "'"
    shown = value(gabarits.lien(literal, "pilotage", {"epci": ["nom_epci", literal]}))
    address = shown.split('href="', 1)[1].split('"', 1)[0]
    assert not set("<>& +") & set(address) and "<b>" not in shown
    assert f"val:!('{name.replace('!', '!!').replace(chr(39), '!' + chr(39))}')" in unquote(address)


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
    assert word in value(gabarits.statut(rate, "1.0", "0.1", objets="30", assez="30"))
    assert "Peu d’objets" in value(gabarits.statut(rate, "1.0", "0.1", objets="29", assez="30"))


def test_numbers_are_french(gabarits: ModuleType) -> None:
    assert value(gabarits.entier("1234567")) == "1\u202f234\u202f567"
    assert value(gabarits.decimal("-3.25")).startswith("-3,2")
    assert "▲ +9,9\u00a0pts" in value(gabarits.points("0.099"))
    assert "▼ −4,0\u00a0pts" in value(gabarits.points("-0.04"))
    assert value(gabarits.date("date '2026-04-03'")) == "03/04/2026"
    assert value(gabarits.moment("timestamp '2026-04-03 09:05:59'")) == "03/04/2026 à 9\u00a0h\u00a005"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("3800000", "3,80\u00a0M€"),
        ("152345.6", "152\u00a0k€"),
        ("9815", "9\u202f815\u00a0€"),
        ("-80000", "−80\u00a0k€"),
        ("-0.2", "0\u00a0€"),
        ("cast(null as double)", "◌"),
    ],
)
def test_an_amount_is_written_as_people_say_it(gabarits: ModuleType, amount: str, text: str) -> None:
    assert value(gabarits.euros(amount)) == text


def _simulator(sync: ModuleType, connection: duckdb.DuckDBPyConnection) -> None:
    """A grid of two levels of one lever, the other levers at one level."""
    (dataset,) = [d for d in sync.load_folder("datasets").values() if d["table_name"] == "ind_simulateur"]
    columns = ", ".join(f'"{c["column_name"]}" {c["type"]}' for c in dataset["columns"])
    connection.execute("create schema marts; create table marts.fct_fichiers_recus (est_demonstration boolean)")
    connection.execute(f"create table marts.ind_simulateur ({columns})")
    levers = ("taux_actes", "taux_marches", "cout_page", "minutes", "part_budget", "decote")
    fixed = ", ".join(f"'seul' as niveau_{lever}" for lever in levers[1:])
    connection.execute(
        f"insert into marts.ind_simulateur by name select 's' as scenario, 'S' as libelle_scenario, {fixed}, "
        "niveau as niveau_taux_actes, mesure, processus, 'budget' as nature_gain, montant as montant_eur, "
        "1000 as montant_central_eur, false as est_demonstration "
        "from (values ('a', 1000), ('b', 2000)) n(niveau, montant) "
        "cross join (values ('projection_taux_constant', 'actes'), ('potentiel', 'actes'), ('restant', 'actes'), "
        "('acquisition_mutualisee', 'plateforme')) m(mesure, processus)"
    )


def _cells(sync: ModuleType, connection: duckdb.DuckDBPyConnection, condition: str) -> list[tuple[str, str]]:
    """The metrics that the simulator's charts name, and what they show."""
    (dataset,) = [d for d in sync.load_folder("datasets").values() if d["table_name"] == "ind_simulateur"]
    expressions = {m["metric_name"]: m["expression"] for m in dataset["metrics"]}
    charts = [c for c in sync.load_folder("charts").values() if c["dataset_uuid"] == dataset["uuid"]]
    found = []
    for chart in charts:
        for metric in chart["params"]["metrics"]:
            groups = ", ".join(chart["params"]["groupby"])
            query = f"select {expressions[metric]} from marts.ind_simulateur where {condition}"
            rows = connection.execute(query + (f" group by {groups}" if groups else "")).fetchall()
            found += [(metric, shown) for (shown,) in rows]
    return found


def test_the_simulator_never_adds_levels_up(sync: ModuleType) -> None:
    """Unless one level per lever is chosen, each tile asks for it; no amount shows, in any cell of any chart."""
    labels = {"h_processus", "h_nature", "h_bandeau"}
    with duckdb.connect() as connection:
        _simulator(sync, connection)
        several = _cells(sync, connection, "true")
        assert {metric for metric, _ in several} > labels
        assert [shown for _, shown in several if "€" in shown] == []
        assert all("un seul niveau" in shown for metric, shown in several if metric not in labels)
        one = dict(_cells(sync, connection, "niveau_taux_actes = 'b' and mesure <> 'acquisition_mutualisee'"))
        assert "2\u202f000\u00a0€" in one["h_projection"] and "▲ +1\u202f000\u00a0€" in one["h_projection"]


def test_each_lever_of_the_simulator_is_a_required_choice(sync: ModuleType) -> None:
    dashboard = sync.load(sync.ASSETS / "dashboards" / "simulateur.yaml")
    filters = dashboard["metadata"]["native_filter_configuration"]
    levers = {row["levier"] for row in sync_seed(sync, "hyp_leviers")}
    aimed = {native["targets"][0]["column"]["name"] for native in filters}
    assert aimed == {f"niveau_{lever}" for lever in levers} | {"libelle_scenario"}
    for native in filters:
        settings = native["controlValues"]
        assert settings["enableEmptyFilter"] and settings["defaultToFirstItem"] and not settings["multiSelect"]
    # The first of the list is the central level, and there is one per lever.
    assert all(
        sum(row["est_central"] == "true" for row in sync_seed(sync, "hyp_leviers") if row["levier"] == lever) == 1
        for lever in levers
    )


def sync_seed(sync: ModuleType, name: str) -> list[dict[str, str]]:
    with (sync.ROOT / "seeds" / "economie" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
