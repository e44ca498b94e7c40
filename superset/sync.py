"""Keep superset/assets true to the dbt models, without a server.

`python superset/sync.py datasets` writes one dataset per published model from dbt's `target/manifest.json`: columns,
French labels, descriptions and metrics are those of the model's .yml. `python superset/sync.py check` fails when the
committed datasets differ from that, when a chart holds SQL or names what does not exist, and when the chain
dashboard → chart → dataset → model and `models/exposures.yml` do not say the same thing.

Metrics are declared on the model, under `config.meta.superset.metrics`:
`nom`, `libelle`, `format` (D3), `description`, and either `expression` (SQL, where `{autre}` is another metric of the
model) or `gabarit` and `arguments` (a template of gabarits.py). `decline: <axe>` makes one metric per value of
`config.meta.superset.declinaisons.<axe>`, named `<nom>__<valeur>`; `{filtre}` restricts an aggregate to the value, `$`
is the value and `$libelle` its label.

A time series over months whose file says `jalons: true` in its params shows the milestones of `dim_jalons` as dotted
lines: prepare.py adds them after the import, which drops every annotation but formulas.
"""

import argparse
import csv
import json
import re
import sys
import uuid
from itertools import pairwise
from pathlib import Path
from typing import Any

import gabarits
import gabarits_comite
import integrity
import palette
import yaml

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "superset" / "assets"
EXPOSURES = ROOT / "models" / "exposures.yml"
NAMESPACE = uuid.UUID("6d1d4d2e-0b0e-5c3a-9b53-0b5e7ad0c1a5")
DATABASE = "databases/observatoire.yaml"
REFERENCE = re.compile(r"\{(\w+)\}")
TYPES = {"timestamp": "TIMESTAMP", "date": "DATE", "boolean": "BOOLEAN", "double": "DOUBLE"}

Asset = dict[str, Any]


def asset_uuid(path: str) -> str:
    """Return the identity of a generated asset: the same on every machine."""
    return str(uuid.uuid5(NAMESPACE, path))


def published_models(manifest: Asset) -> dict[str, Asset]:
    """Return the models of the published schema, by name."""
    nodes = manifest["nodes"].values()
    return {n["name"]: n for n in nodes if n["resource_type"] == "model" and n["schema"] == "marts"}


def _substitute(value: Any, texts: dict[str, str]) -> Any:
    """Replace the marks of a declined metric in every text of a value."""
    if isinstance(value, str):
        for mark, text in texts.items():
            value = value.replace(mark, text)
        return value
    if isinstance(value, list):
        return [_substitute(item, texts) for item in value]
    if isinstance(value, dict):
        return {key: _substitute(item, texts) for key, item in value.items()}
    return value


def declined(metrics: list[Asset], axes: dict[str, dict[str, str]]) -> list[Asset]:
    """Unfold each metric that is declined along an axis into one metric per value."""
    unfolded: list[Asset] = []
    for metric in metrics:
        axis = metric.get("decline")
        if axis is None:
            unfolded.append(metric)
            continue
        for code, label in axes[axis].items():
            marks = {"{filtre}": f"filter (where {axis} = '{code}')", "$libelle": label, "$": code}
            copy = _substitute(metric, marks)
            name = f"{metric['nom']}__{code}"
            shown = copy["libelle"] if "$libelle" in metric["libelle"] else f"{metric['libelle']} ({label})"
            unfolded.append({**copy, "nom": name, "libelle": shown})
    return unfolded


def _raw_expression(metric: Asset) -> str:
    """Return the SQL of a metric, with its references to other metrics left as they are."""
    if "gabarit" not in metric:
        return " ".join(metric["expression"].split())
    arguments = {k: " ".join(v.split()) if isinstance(v, str) else v for k, v in metric["arguments"].items()}
    module = gabarits if hasattr(gabarits, metric["gabarit"]) else gabarits_comite
    return getattr(module, metric["gabarit"])(**arguments)


def expressions(metrics: list[Asset]) -> dict[str, str]:
    """Return the complete SQL of each metric, references resolved."""
    raw = {metric["nom"]: _raw_expression(metric) for metric in metrics}

    def resolve(name: str, path: tuple[str, ...]) -> str:
        if name in path:
            raise ValueError(f"metrics refer to each other in a circle: {' → '.join((*path, name))}")
        return REFERENCE.sub(
            lambda match: f"({resolve(match[1], (*path, name))})" if match[1] in raw else match[0], raw[name]
        )

    return {name: resolve(name, ()) for name in raw}


def _column(name: str, column: Asset) -> Asset:
    """Return a dataset column from a model's."""
    meta = column.get("config", {}).get("meta") or column.get("meta") or {}
    base_type = (column.get("data_type") or "varchar").lower()
    description = " ".join((column.get("description") or "").split())
    origin = meta.get("origine")
    unit = meta.get("unite")
    notes = [description, f"Unité : {unit}." if unit else "", f"Origine : {origin}." if origin else ""]
    return {
        "column_name": name,
        "verbose_name": meta.get("libelle") or name.replace("_", " ").capitalize(),
        "description": " ".join(note for note in notes if note) or None,
        "type": TYPES.get(base_type, base_type.upper()),
        "is_dttm": base_type in ("date", "timestamp"),
        "is_active": True,
        "groupby": True,
        "filterable": True,
        "expression": None,
        "python_date_format": None,
        "advanced_data_type": None,
        "extra": None,
    }


def _metric(metric: Asset, expression: str) -> Asset:
    """Return a dataset metric."""
    return {
        "metric_name": metric["nom"],
        "verbose_name": metric["libelle"],
        "description": " ".join(metric["description"].split()) if metric.get("description") else None,
        "expression": expression,
        "d3format": metric.get("format"),
        "metric_type": None,
        "currency": None,
        "extra": {},
        "warning_text": None,
    }


def dataset_of(model: Asset) -> Asset:
    """Return the dataset of a model."""
    settings = model["config"].get("meta", {}).get("superset", {})
    metrics = declined(settings.get("metrics", []), settings.get("declinaisons", {}))
    resolved = expressions(metrics)
    count = {"nom": "nb_lignes", "libelle": "Nombre de lignes", "format": ",.0f"}
    name = model["name"]
    return {
        "table_name": name,
        "schema": model["schema"],
        "catalog": None,
        "description": " ".join(model["description"].split()),
        "main_dttm_col": settings.get("colonne_temporelle"),
        "default_endpoint": None,
        "offset": 0,
        "cache_timeout": None,
        "sql": None,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": None,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": asset_uuid(f"datasets/{name}"),
        "metrics": [_metric(count, "count(*)")] + [_metric(m, resolved[m["nom"]]) for m in metrics],
        "columns": [_column(column, model["columns"][column]) for column in model["columns"]],
        "version": "1.0.0",
        "database_uuid": load(ASSETS / DATABASE)["uuid"],
    }


class _Dumper(yaml.SafeDumper):
    """A YAML writer whose lists are indented and whose keys keep their order."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def dump(asset: Asset, width: int = 120) -> str:
    """Return the YAML text of an asset."""
    return yaml.dump(asset, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=width)


def load(path: Path) -> Asset:
    """Read a YAML file, with the parser in C: the other takes half a minute for all the assets."""
    return yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)


def load_folder(folder: str) -> dict[str, Asset]:
    """Read every asset of a folder, by path inside the assets."""
    return {str(path.relative_to(ASSETS)): load(path) for path in sorted((ASSETS / folder).rglob("*.yaml"))}


def generated_datasets(manifest: Asset) -> dict[Path, Asset]:
    """Return each dataset that the manifest calls for, by the file that holds it."""
    folder = ASSETS / "datasets" / "observatoire"
    return {folder / f"{name}.yaml": dataset_of(model) for name, model in published_models(manifest).items()}


def write_datasets(manifest: Asset) -> list[str]:
    """Write the datasets and remove those whose model is gone; return what changed."""
    wanted = generated_datasets(manifest)
    changed = []
    for path, dataset in wanted.items():
        if not path.exists() or load(path) != dataset:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dump(dataset), "utf-8")
            changed.append(f"écrit {path.name}")
    for path in sorted((ASSETS / "datasets").rglob("*.yaml")):
        if path not in wanted:
            path.unlink()
            changed.append(f"retiré {path.name}")
    return changed


def _drift(manifest: Asset) -> list[str]:
    """Say which committed datasets differ from what the models declare."""
    wanted = generated_datasets(manifest)
    found = set((ASSETS / "datasets").rglob("*.yaml"))
    problems = [f"{path.name} : aucun modèle publié de ce nom" for path in sorted(found - set(wanted))]
    for path, dataset in sorted(wanted.items()):
        if path not in found or load(path) != dataset:
            problems.append(f"{path.name} : diffère du modèle ; lancer python superset/sync.py datasets")
    return problems


def _strings(value: Any, key: str = "") -> list[tuple[str, str]]:
    """Return every text of a nested value with the key that leads to it."""
    if isinstance(value, str):
        return [(key, value)]
    if isinstance(value, dict):
        return [pair for k, item in value.items() for pair in _strings(item, k)]
    if isinstance(value, list):
        return [pair for item in value for pair in _strings(item, key)]
    return []


METRIC_KEYS = (
    "metric",
    "metrics",
    "metric_2",
    "metrics_b",
    "timeseries_limit_metric",
    "secondary_metric",
    "percent_metrics",
)
COLUMN_KEYS = (
    "groupby",
    "groupby_b",
    "x_axis",
    "all_columns",
    "columns",
    "granularity_sqla",
    "series",
    "entity",
    "line_column",
)


def _listed(params: Asset, keys: tuple[str, ...]) -> list[Any]:
    """Return what a chart names under some keys, lists flattened."""
    found: list[Any] = []
    for key in keys:
        value = params.get(key)
        found += value if isinstance(value, list) else [value] if value else []
    return found


def _on_hover(params: Asset) -> tuple[list[str], list[str]]:
    """Return the metrics and the columns that a map says of the territory that is pointed at."""
    said = params.get("tooltip_contents") or []
    second = params.get("point_radius_fixed") or {}
    metrics = [item["metric_name"] for item in said if item["item_type"] == "metric"]
    metrics += [second["value"]] if second.get("type") == "metric" else []
    return metrics, [item["column_name"] for item in said if item["item_type"] == "column"]


# A condition on an aggregate can only be written so: Superset ignores it in any other form.
SIGN_CONDITION = re.compile(r"(\w+) [<>] 0")


def _keeps_a_sign(condition: Asset, params: Asset) -> bool:
    """Whether a chart's own filter only keeps the groups where a metric that it selects is above, or below, 0."""
    sign = SIGN_CONDITION.fullmatch(condition.get("sqlExpression") or "")
    return condition.get("clause") == "HAVING" and bool(sign) and sign[1] in params.get("metrics", [])


def chart_problems(name: str, chart: Asset, datasets: dict[str, Asset]) -> list[str]:
    """Say what is wrong in one chart: SQL, an unknown dataset, metric or column."""
    dataset = datasets.get(chart["dataset_uuid"])
    if dataset is None:
        return [f"{name} : jeu de données inconnu {chart['dataset_uuid']}"]
    params = chart["params"]
    problems = []
    filters = params.get("adhoc_filters", [])
    texts = _strings({**params, "adhoc_filters": [f for f in filters if not _keeps_a_sign(f, params)]})
    if ("expressionType", "SQL") in texts or any(key == "sqlExpression" for key, _ in texts):
        problems.append(f"{name} : contient du SQL ; déclarer la mesure sur le modèle")
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    columns = {column["column_name"] for column in dataset["columns"]}
    said_metrics, said_columns = _on_hover(params)
    for metric in _listed(params, METRIC_KEYS) + said_metrics:
        if isinstance(metric, str) and metric not in metrics:
            problems.append(f"{name} : mesure inconnue {metric} dans {dataset['table_name']}")
    subjects = [f.get("subject") for f in filters if f.get("clause") == "WHERE"]
    for column in _listed(params, COLUMN_KEYS) + said_columns + subjects:
        if isinstance(column, str) and column not in columns:
            problems.append(f"{name} : colonne inconnue {column} dans {dataset['table_name']}")
    return problems


def chart_uuids(dashboard: Asset) -> list[str]:
    """Return the charts that a dashboard places."""
    return [tile["uuid"] for tile in integrity.tiles(dashboard)]


def _filter_problems(name: str, dashboard: Asset, datasets: dict[str, Asset]) -> list[str]:
    """Say which filters of a dashboard aim at nothing."""
    problems = []
    for native in dashboard["metadata"].get("native_filter_configuration", []):
        for target in native.get("targets", []):
            dataset = datasets.get(target.get("datasetUuid", ""))
            column = target.get("column", {}).get("name")
            if dataset is None or column not in {c["column_name"] for c in dataset["columns"]}:
                problems.append(f"{name} : le filtre « {native['name']} » vise une colonne inconnue {column}")
    return problems


def _models_of(dashboard: Asset, charts: dict[str, Asset], datasets: dict[str, Asset]) -> set[str]:
    """Return the models that a dashboard's charts read."""
    known = [charts[u] for u in chart_uuids(dashboard) if u in charts]
    return {datasets[c["dataset_uuid"]]["table_name"] for c in known if c["dataset_uuid"] in datasets}


def _exposure_problems(models_by_slug: dict[str, set[str]]) -> list[str]:
    """Compare what the dashboards read with what `models/exposures.yml` says."""
    exposures = load(EXPOSURES)["exposures"] if EXPOSURES.exists() else []
    declared = {
        e["url"].rstrip("/").rsplit("/", 1)[-1]: {re.findall(r"ref\('(\w+)'\)", d)[0] for d in e["depends_on"]}
        for e in exposures
        if e["type"] == "dashboard"
    }
    problems = []
    for slug in sorted(models_by_slug.keys() | declared.keys()):
        read, said = models_by_slug.get(slug, set()), declared.get(slug, set())
        if read != said:
            problems.append(f"exposures.yml, {slug} : déclare {sorted(said)}, le tableau de bord lit {sorted(read)}")
    return problems


def _seed(name: str) -> list[dict[str, str]]:
    """Read a seed of the nomenclatures."""
    with (ROOT / "seeds" / "nomenclatures" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _target_problems(name: str, chart: Asset) -> list[str]:
    """Compare the target that a line chart draws with the targets of the catalogue, of which it is an echo."""
    codes = {row["code_indicateur"] for row in _seed("ref_processus")}
    targets = {float(row["cible"]) for row in _seed("ref_indicateurs") if row["code_indicateur"] in codes}
    drawn = [a["value"] for a in chart["params"].get("annotation_layers", []) if a["name"].startswith("Cible")]
    return [
        f"{name} : trace une cible à {v}, le catalogue dit {sorted(targets)}" for v in drawn if {float(v)} != targets
    ]


def _class_problems(name: str, chart: Asset) -> list[str]:
    """Say whether the classes of a map leave the palette, or a gap between them."""
    classes = chart["params"].get("color_breakpoints", [])[::-1]
    if not classes:
        return []
    known = [*palette.CARTE, palette.CARTE_SANS_VALEUR]
    used = [*(c["color"] for c in classes), chart["params"]["default_breakpoint_color"]]
    problems = [] if [_hexadecimal(c) for c in used] == known else [f"{name} : classes hors de palette.py"]
    if any(low["maxValue"] != high["minValue"] for low, high in pairwise(classes)):
        problems.append(f"{name} : les classes de couleur ne se suivent pas")
    return problems


def _hexadecimal(colour: Asset) -> str:
    return "#" + "".join(f"{colour[channel]:02X}" for channel in "rgb")


def _colour_problems(name: str, dashboard: Asset) -> list[str]:
    """Say which series colours are not those of the palette."""
    labels = {row["libelle_processus"]: palette.PROCESSUS[row["processus"]] for row in _seed("ref_processus")}
    services = {row["libelle_service"]: palette.SERVICES[row["code_service"]] for row in _seed("ref_services")}
    known = labels | services | palette.FICHIERS
    used = dashboard["metadata"].get("label_colors", {})
    return [
        f"{name} : la couleur de « {label} » n’est pas celle de palette.py"
        for label in used
        if known.get(label) != used[label]
    ]


def check(manifest: Asset) -> list[str]:
    """Return everything that is wrong in the assets."""
    problems = _drift(manifest)
    datasets = {d["uuid"]: d for d in load_folder("datasets").values()}
    named_charts = load_folder("charts")
    charts = {chart["uuid"]: chart for chart in named_charts.values()}
    for name, chart in named_charts.items():
        problems += chart_problems(name, chart, datasets) + _target_problems(name, chart) + _class_problems(name, chart)
    models_by_slug, placed = {}, set()
    for name, dashboard in load_folder("dashboards").items():
        uuids = chart_uuids(dashboard)
        placed.update(uuids)
        problems += [f"{name} : graphique inconnu {u}" for u in uuids if u not in charts]
        problems += _filter_problems(name, dashboard, datasets) + _colour_problems(name, dashboard)
        models_by_slug[dashboard["slug"]] = _models_of(dashboard, charts, datasets) | integrity.models_of_filters(
            dashboard, datasets
        )
    problems += [f"{n} : sur aucun tableau de bord" for n, c in named_charts.items() if c["uuid"] not in placed]
    problems += integrity.problems(datasets, named_charts, load_folder("dashboards"))
    return problems + _exposure_problems(models_by_slug)


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("datasets", "check"))
    parser.add_argument("--manifest", type=Path, default=ROOT / "target" / "manifest.json")
    options = parser.parse_args(arguments)
    manifest = json.loads(options.manifest.read_text("utf-8"))
    lines = write_datasets(manifest) if options.command == "datasets" else check(manifest)
    for line in lines:
        print(line)
    return int(options.command == "check" and bool(lines))


if __name__ == "__main__":
    sys.exit(main())
