"""A whole observatory in miniature: one source, two models, one dashboard. Only the orchestration is real."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any, BinaryIO

import dagster as dg

from orchestration.definitions import build_definitions
from orchestration.ingest.outcome import Anomaly, Format, RejectedFile, Source
from orchestration.settings import PROJECT, Settings


@dataclass(frozen=True, slots=True)
class Chose:
    """One thing."""

    ligne: int
    cle: str | None
    valeur: str | None


def parse_choses(stream: BinaryIO) -> Iterator[Any]:
    """`cle=valeur` lines; `?` is a rejected line, `!` a rejected file, `bug` a fault of ours."""
    for ligne, raw in enumerate(stream, start=1):
        text = raw.decode().strip()
        if text == "!":
            raise RejectedFile("choses_illisible")
        if text == "bug":
            raise ZeroDivisionError("la division du secrétaire par zéro")
        if text == "?":
            yield Anomaly("rejet", "choses_sans_cle", ligne)
        elif text != "CHOSES":
            yield Chose(ligne, *text.split("=", 1))


CHOSES = Source(
    "choses",
    1,
    (Format("choses 1", lambda head: head.startswith(b"CHOSES"), parse_choses),),
    {"choses": Chose},
    {"choses_illisible": "Illisible.", "choses_sans_cle": "Sans clé."},
)

FILES = {
    "models/sources.yml": """
version: 2
sources:
  - name: choses
    schema: brut
    tables: [{name: choses, identifier: choses__choses}]
  - name: ingestion
    schema: brut
    tables:
      - {name: fichiers, identifier: ingestion__fichiers}
      - {name: anomalies, identifier: ingestion__anomalies}
exposures:
  - name: pilotage
    label: Pilotage
    type: dashboard
    owner: {name: Observatoire}
    description: Tableau de bord d'essai.
    depends_on: [ref('fct_choses')]
""",
    "models/marts/fct_choses.sql": """
{{ config(materialized='incremental', unique_key='cle') }}
select cle, max(cast(valeur as integer)) as valeur, max(lot) as lot, bool_or(_est_demonstration) as est_demonstration
from {{ source('choses', 'choses') }}
{% if is_incremental() %} where lot > (select coalesce(max(lot), '') from {{ this }}) {% endif %}
group by cle
""",
    "models/marts/fct_fichiers_recus.sql": "select * from {{ source('ingestion', 'fichiers') }}",
    "models/marts/fct.yml": """
version: 2
models:
  - name: fct_choses
    description: Une ligne par chose.
    config: {contract: {enforced: false}}
    columns: [{name: valeur, description: La valeur., data_tests: [{entre: {arguments: {minimum: 0}}}]}]
  - name: fct_fichiers_recus
    config: {contract: {enforced: false}}
""",
}


def write_project(folder: Path) -> Path:
    """A dbt project with our macros and layers, and two models of its own."""
    for name in ("dbt_project.yml", "profiles.yml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text((PROJECT / name).read_text("utf-8"), "utf-8")
    copytree(PROJECT / "macros", folder / "macros")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def settings_for(home: Path, **env: str) -> Settings:
    """Settings of a home, without a demonstration."""
    return Settings.from_env({"OBSERVATOIRE_HOME": str(home), "DEMO": "0", **env})


def definitions_for(home: Path, project: Path, **env: str) -> dg.Definitions:
    """The real definitions over the miniature."""
    return build_definitions(settings_for(home, **env), project, (CHOSES,))


def drop(home: Path, name: str, content: bytes) -> Path:
    """Write a file in the deposit."""
    path = home / "depot" / "choses" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
