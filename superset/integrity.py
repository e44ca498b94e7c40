"""What a dashboard's file may not say without meaning nothing, or two things: `problems` for sync.py's check."""

from collections import Counter
from typing import Any

Asset = dict[str, Any]


def problems(datasets: dict[str, Asset], charts: dict[str, Asset], dashboards: dict[str, Asset]) -> list[str]:
    """Return what is wrong, in French, in charts and dashboards by file name; datasets are by uuid."""
    found = _shared(charts | dashboards)
    for name, chart in charts.items():
        found += _computations(name, chart)
    columns = {chart["uuid"]: _columns(chart["dataset_uuid"], datasets) for chart in charts.values()}
    for name, dashboard in dashboards.items():
        found += _numbers(name, dashboard)
        for native in dashboard["metadata"].get("native_filter_configuration", []):
            found += _sort(name, native, datasets) + _deaf(name, dashboard, native, columns)
    return found


def models_of_filters(dashboard: Asset, datasets: dict[str, Asset]) -> set[str]:
    """Return the models that the filters of a dashboard list."""
    natives = dashboard["metadata"].get("native_filter_configuration", [])
    aimed = {target.get("datasetUuid") for native in natives for target in native.get("targets", [])}
    return {datasets[identity]["table_name"] for identity in aimed if identity in datasets}


def _columns(uuid: str, datasets: dict[str, Asset]) -> set[str]:
    return {column["column_name"] for column in datasets.get(uuid, {"columns": []})["columns"]}


def tiles(dashboard: Asset) -> list[Asset]:
    """Return what is said of each chart that a dashboard places."""
    return [t["meta"] for t in dashboard["position"].values() if isinstance(t, dict) and t.get("type") == "CHART"]


def _deaf(name: str, dashboard: Asset, native: Asset, columns: dict[str, set[str]]) -> list[str]:
    """A filter that chooses by itself and reaches a tile whose dataset lacks its column: Superset ignores the choice,
    and computes such a tile again each time instead of serving what it kept.
    """
    chooses = native["controlValues"].get("defaultToFirstItem") or native["defaultDataMask"].get("extraFormData")
    asked = {target["column"]["name"] for target in native.get("targets", [])}
    return [
        f"{name} : le filtre « {native['name']} » n’a pas de sens pour la tuile « {tile['sliceName']} » ; l’en écarter"
        for tile in tiles(dashboard)
        if chooses
        and tile["chartId"] not in native["scope"]["excluded"]
        and not asked <= columns.get(tile["uuid"], asked)
    ]


def _shared(assets: dict[str, Asset]) -> list[str]:
    """Two files of one identity, or two pages of one address: the last one loaded would hide the other."""
    found = []
    for key in ("uuid", "slug"):
        holders: dict[str, list[str]] = {}
        for name, asset in assets.items():
            if key in asset:
                holders.setdefault(asset[key], []).append(name)
        found += [f"{' et '.join(names)} : même {key} {value}" for value, names in holders.items() if len(names) > 1]
    return found


def _computations(name: str, chart: Asset) -> list[str]:
    """A measure made in the chart, without SQL even, is a formula that no model tells."""
    listed = [chart["params"].get(key) for key in ("metric", "metrics", "timeseries_limit_metric")]
    named = [item for value in listed for item in (value if isinstance(value, list) else [value])]
    return [f"{name} : calcule sa mesure ; la déclarer sur le modèle" for item in named if isinstance(item, dict)]


def _numbers(name: str, dashboard: Asset) -> list[str]:
    """A number that two tiles bear, or that a filter leaves out and no tile bears."""
    borne = Counter(tile["chartId"] for tile in tiles(dashboard))
    found = [f"{name} : deux tuiles portent le numéro {number}" for number, times in borne.items() if times > 1]
    for native in dashboard["metadata"].get("native_filter_configuration", []):
        left_out = [number for number in native["scope"]["excluded"] if number not in borne]
        found += [f"{name} : le filtre « {native['name']} » écarte une tuile inconnue {n}" for n in left_out]
    return found


def _sort(name: str, native: Asset, datasets: dict[str, Asset]) -> list[str]:
    """A filter that sorts its options by a measure that its dataset has not."""
    sort = native["controlValues"].get("sortMetric")
    aimed = [datasets.get(target.get("datasetUuid", ""), {"metrics": []}) for target in native.get("targets", [])]
    known = {metric["metric_name"] for dataset in aimed for metric in dataset["metrics"]}
    return [f"{name} : le filtre « {native['name']} » trie par une mesure inconnue {sort}"] * bool(
        sort and sort not in known
    )
