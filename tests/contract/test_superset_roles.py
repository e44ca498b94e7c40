"""Who sees which rows: every dataset that tells of one collectivité is under a rule, a new one by itself."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="module")
def roles(project: Path) -> ModuleType:
    """superset/roles.py; its folder is no package and is only on the path while it is imported."""
    sys.path.insert(0, str(project / "superset"))
    try:
        import roles
    finally:
        sys.path.pop(0)
    return roles


@pytest.fixture(scope="module")
def datasets(project: Path) -> list[dict[str, Any]]:
    folder = project / "superset" / "assets" / "datasets"
    return [yaml.safe_load(path.read_text("utf-8")) for path in sorted(folder.rglob("*.yaml"))]


def columns_of(dataset: dict[str, Any]) -> set[str]:
    return {column["column_name"] for column in dataset["columns"]}


def dataset(name: str, *columns: str) -> dict[str, Any]:
    return {"table_name": name, "columns": [{"column_name": column} for column in columns]}


def test_every_dataset_that_tells_of_one_collectivite_has_a_rule(
    roles: ModuleType, datasets: list[dict[str, Any]]
) -> None:
    personal = {d["table_name"] for d in datasets if columns_of(d) & {"siren", "perimetre_code"}}
    assert personal == roles.clauses(datasets).keys()


def test_a_new_dataset_is_covered_by_itself(roles: ModuleType) -> None:
    new = [dataset("fct_x", "siren"), dataset("ind_y", "perimetre_type", "perimetre_code"), dataset("dim_z", "code")]
    assert roles.clauses(new) == {"fct_x": roles.OWN_ROWS, "ind_y": roles.OWN_AND_TERRITORY}


def test_rows_are_only_open_beyond_one_s_own_where_it_is_said_why(
    roles: ModuleType, datasets: list[dict[str, Any]]
) -> None:
    known = {d["table_name"]: columns_of(d) for d in datasets}
    opened = roles.AGGREGATES.keys() | roles.COUNTED_AGGREGATES.keys()
    assert opened <= known.keys()
    assert all("siren" in known[name] and name.startswith("ind_") for name in opened)
    assert all(reason.strip() for reason in roles.AGGREGATES.values())
    strict = {name for name, clause in roles.clauses(datasets).items() if clause == roles.OWN_ROWS}
    assert {name for name in known if name.startswith("fct_")} <= strict


def test_a_collectivite_opens_pages_of_its_own_rows_or_of_aggregates(
    roles: ModuleType, project: Path, datasets: list[dict[str, Any]]
) -> None:
    """On a page where rows of many are added up, someone who sees only theirs would read the part for the whole."""
    exposures = yaml.safe_load((project / "models" / "exposures.yml").read_text("utf-8"))["exposures"]
    read = {
        e["url"].rstrip("/").rsplit("/", 1)[-1]: set(e["depends_on"]) for e in exposures if e["type"] == "dashboard"
    }
    assert set(roles.DASHBOARDS_OF_A_COLLECTIVITE) <= read.keys()
    own = {"ma-collectivite", "preuves"}
    for slug in set(roles.DASHBOARDS_OF_A_COLLECTIVITE) - own:
        assert {d.split("'")[1] for d in read[slug]} <= roles.AGGREGATES.keys(), slug


def test_only_the_analyst_and_the_administrator_write_or_query(roles: ModuleType) -> None:
    assert [pair for pair in roles.READER if pair[0].startswith(("can_write", "can_execute", "can_explore"))] == [
        ("can_write", "DashboardFilterStateRestApi")
    ]
    views = {view for _, view in roles.READER}
    assert not views & {"SQLLab", "Database", "SavedQuery", "Query", "RowLevelSecurity", "Explore"}
    assert not {view for _, view in roles.ANALYST} & {"RowLevelSecurity", "User", "Role"}
    assert len(set(roles.ANALYST)) == len(roles.ANALYST) and len(set(roles.READER)) == len(roles.READER)
