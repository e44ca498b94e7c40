"""Landing columns are written once, in the parsers' dataclasses: the dbt sources must say the same, both ways."""

from dataclasses import fields
from typing import Any

from orchestration import tirages
from orchestration.ingest.landing import ANOMALIES, FICHIERS, PROVENANCE
from orchestration.ingest.sources import SOURCES


def declared(manifest: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    return {
        (source["source_name"], source["name"]): set(source["columns"]) - {"lot"}
        for source in manifest["sources"].values()
    }


def test_dbt_sources_are_the_landing_tables(manifest: dict[str, Any]) -> None:
    landed = {
        (source.name, table): {f.name for f in fields(record)} | {name for name, _ in PROVENANCE}
        for source in SOURCES
        for table, record in source.tables.items()
    }
    landed |= {("ingestion", "fichiers"): set(FICHIERS.names), ("ingestion", "anomalies"): set(ANOMALIES.names)}
    landed |= {(tirages.SOURCE, tirages.SOURCE): set(tirages.SCHEMA.names)}
    assert declared(manifest) == landed


def test_every_source_has_at_least_eight_anomaly_codes_of_its_own() -> None:
    for source in SOURCES:
        assert len(source.codes) >= 8, source.name
        assert all(code.startswith(f"{source.name}_") for code in source.codes), source.name
        assert all(message.strip().endswith((".", "!", "?")) for message in source.codes.values()), source.name
