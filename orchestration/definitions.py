"""Everything that Dagster knows of the observatory, in one table of contents. Loading it reads the environment once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration import assets, checks, diffusion, schedules, sensors
from orchestration.console import console
from orchestration.ingest.outcome import Source
from orchestration.ingest.sources import SOURCES
from orchestration.instance import hasten_sqlite
from orchestration.job import manifest_for_definitions
from orchestration.settings import PROJECT, Settings

# One process per run: starting one per step costs more than the steps.
IN_PROCESS = dg.in_process_executor
SOBER = {"loggers": {"console": {}}}


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions for the environment's settings."""
    return build_definitions(Settings.from_env())


def _job(name: str, description: str, selection: dg.AssetSelection) -> Any:
    return dg.define_asset_job(name, selection, description=description, executor_def=IN_PROCESS, config=SOBER)


def build_definitions(
    settings: Settings, project: Path = PROJECT, sources: Sequence[Source] = SOURCES
) -> dg.Definitions:
    """The definitions for given settings, dbt project and sources (the tests have small ones)."""
    hasten_sqlite()
    home, manifest = settings.home, manifest_for_definitions(settings.home, project)
    receptions = [assets.reception(source, sources) for source in sources]
    models, published = assets.models(manifest, sources), assets.published(manifest)
    draws, caches = assets.draws(), assets.caches()
    alone = dg.AssetSelection.assets(draws, models, published, caches) | dg.AssetSelection.checks_for_assets(models)
    nightly = _job("traitement", "Reçoit, recalcule, publie.", dg.AssetSelection.all())
    rebuild = _job("reconstruction", "Recalcule et publie ce que le lac contient, sans rien recevoir.", alone)
    return dg.Definitions(
        assets=[
            *(*receptions, assets.journal(sources), draws, models, published, caches),
            *(*assets.dashboards(manifest), diffusion.committee_pdf(manifest, settings)),
        ],
        asset_checks=[checks.reception_checks(sources, settings)],
        jobs=[nightly, rebuild],
        schedules=[schedules.every_night(home, nightly.name)],
        sensors=[sensors.deposit_sensor(home, sources, nightly.name), sensors.failure_alert(home, settings)],
        resources={
            "atelier": assets.Atelier(home=str(home), project=str(project), nb_tirages=settings.nb_tirages),
            "dbt": assets.dbt_resource(project),
        },
        executor=IN_PROCESS,
        loggers={"console": console},
    )
