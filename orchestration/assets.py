"""The lineage from a dropped file to a dashboard, as Dagster assets.

    [source, table]  →  [ingestion, fichiers | anomalies]  →  every dbt model  →  publication  →  [tableaux_de_bord, …]
                                                                                 →  caches
    [tirages, tirages]  →  the economic models among them

Asset keys are dbt's own names, so there is nothing to translate.
"""

import importlib.metadata
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets
from packaging.version import Version

from orchestration import caches as prepared_answers
from orchestration import job, lock, publication, tirages
from orchestration.ingest import landing
from orchestration.ingest.outcome import Source
from orchestration.settings import NB_TIRAGES
from orchestration.summary import said_statuts

LOCK_TAG = "observatoire/verrou"
PUBLICATION = dg.AssetKey(["publication"])
JOURNAL = [dg.AssetKey(["ingestion", "fichiers"]), dg.AssetKey(["ingestion", "anomalies"])]


class Atelier(dg.ConfigurableResource):
    """Where a run works and what day it is; it holds the lock of that place from the first step to the last."""

    home: str
    project: str
    aujourdhui: str | None = None
    nb_tirages: int = NB_TIRAGES
    patience_secondes: float = lock.PATIENCE_SECONDS

    @property
    def path(self) -> Path:
        """$OBSERVATOIRE_HOME."""
        return Path(self.home)

    def now(self) -> datetime:
        """The moment that this run counts from, in UTC."""
        return job.clock(self.aujourdhui)

    @property
    def jour(self) -> str:
        """The civil day of that moment, ISO."""
        return self.now().date().isoformat()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Atelier"]:
        """Hold the lock; a run that held it and is still "started" was killed: it is said to have failed."""
        run, instance = context.run, context.instance
        with lock.hold(self.path, run.job_name, self.patience_secondes, context.log.warning):
            held = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED], tags={LOCK_TAG: "tenu"})
            for dead in instance.get_runs(held):
                instance.report_run_failed(dead, "Processus interrompu avant la fin.")
            instance.add_run_tags(run.run_id, {LOCK_TAG: "tenu"})
            yield self
            instance.add_run_tags(run.run_id, {LOCK_TAG: "rendu"})


class Dbt(DbtCliResource):
    """dbt as a child of this interpreter; nothing of it is imported in the job's own process.

    The base class would run `dbt --version`, which questions the package index, and open an adapter that nobody uses.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(importlib.metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:
        return None


def dbt_resource(project: Path) -> Dbt:
    """The resource that runs dbt on a project."""
    # Its words are kept as it says them; the debug log and the artefacts would cost a tenth of the build.
    flags = [*job.DBT_ARGUMENTS, "--no-use-colors", "--log-level-file", "none", "--no-write-json"]
    return Dbt(str(project), global_config_flags=flags, profiles_dir=str(project), dbt_executable=sys.executable)


def reception(source: Source, sources: Sequence[Source]) -> dg.AssetsDefinition:
    """The asset that turns what was dropped for one source into a lot, one key per landing table."""
    specs = [
        dg.AssetSpec([source.name, table], group_name="reception", description=(record.__doc__ or "").split("\n")[0])
        for table, record in source.tables.items()
    ]

    @dg.multi_asset(name=f"reception_{source.name}", specs=specs)
    def receive(context: dg.AssetExecutionContext, atelier: Atelier) -> Iterator[dg.MaterializeResult]:
        report = landing.ingest(atelier.path, source, sources, atelier.now())
        context.log.info(_sentence(report))
        for spec in specs:
            yield dg.MaterializeResult(asset_key=spec.key, metadata=_metadata(report))

    return receive


def _sentence(report: landing.LotReport) -> str:
    left = f" ; {report.nb_laisses} fichiers laissés au dépôt (en cours d'écriture ou illisibles)" * bool(
        report.nb_laisses
    )
    if report.lot is None:
        return f"{report.source} : rien de nouveau{left}"
    return f"{report.source} : {said_statuts(report.statuts)} ; {report.nb_enregistrements} enregistrements{left}"


def _metadata(report: landing.LotReport) -> dict[str, Any]:
    counts = {f"fichiers_{statut}": number for statut, number in report.statuts.items()}
    return {"lot": report.lot or "aucun", "enregistrements": report.nb_enregistrements, **counts}


def journal(sources: Sequence[Source]) -> dg.AssetsDefinition:
    """The journal of files and anomalies, which every reception writes a part of."""
    deps = [dg.AssetKey([source.name, table]) for source in sources for table in source.tables]
    specs = [dg.AssetSpec(key, deps=deps, group_name="reception") for key in JOURNAL]

    @dg.multi_asset(name="journal", specs=specs)
    def journal_of_lake(context: dg.AssetExecutionContext, atelier: Atelier) -> Iterator[dg.MaterializeResult]:
        for name in landing.misplaced_files(atelier.path, sources):
            context.log.warning(f"depot/{name} n'est dans le dossier d'aucune source : personne ne le lira.")
        lines = [line for source in sources for line in landing.read_journal(atelier.path / "lac" / source.name)]
        anomalies = sum(line["nb_rejets"] + line["nb_avertissements"] for line in lines)
        for key, number in zip(JOURNAL, (len(lines), anomalies), strict=True):
            yield dg.MaterializeResult(asset_key=key, metadata={"lignes": number})

    return journal_of_lake


def draws() -> dg.AssetsDefinition:
    """The random draws of the economic model, which come before dbt as a received lot does."""

    @dg.asset(key=[tirages.SOURCE, tirages.SOURCE], group_name="economie")
    def draw(context: dg.AssetExecutionContext, atelier: Atelier) -> dg.MaterializeResult:
        """Tirages des paramètres de coût, refaits quand les paramètres changent."""
        report = tirages.prepare(atelier.path, Path(atelier.project), atelier.nb_tirages, atelier.now())
        said = f"{atelier.nb_tirages} tirages de {report.nb_parametres} paramètres" if report.lot else "rien à tirer"
        context.log.info(f"tirages : {said}{'' if report.est_nouveau else ' (inchangés)'}")
        return dg.MaterializeResult(metadata={"lot": report.lot or "aucun", "parametres": report.nb_parametres})

    return draw


def models(manifest: Path, sources: Sequence[Source]) -> dg.AssetsDefinition:
    """Every seed, model and test of the dbt project, in one dbt invocation."""

    @dbt_assets(manifest=manifest, name="dbt")
    def build(context: dg.AssetExecutionContext, atelier: Atelier, dbt: Dbt) -> Iterator[Any]:
        home, project = atelier.path, Path(atelier.project)
        for source in sources:
            landing.prepare_lake(home, source)
        # dbt may be run alone, from the console: its views need the draws' lot as they need the others.
        tirages.prepare(home, project, atelier.nb_tirages, atelier.now())
        job.prepare_build(home)
        reason = job.full_refresh_reason(home, project)
        context.log.info(f"dbt : tout est recalculé ({reason})" if reason else "dbt : les lots nouveaux sont ajoutés")
        arguments = job.build_arguments(reason)
        # The clock is fixed for tests and past dates alone. A variable of dbt's would have it parse everything again.
        os.environ |= {"OBSERVATOIRE_HOME": atelier.home, "OBSERVATOIRE_AUJOURDHUI": atelier.aujourdhui or ""}
        job.start_build(home)
        yield from dbt.cli(arguments, context=context, target_path=job.target_path(home)).stream()
        job.finish_build(home, project)

    return build


def dbt_key(node: Mapping[str, Any]) -> dg.AssetKey:
    """The key that dagster-dbt gives to a node of the manifest."""
    return DagsterDbtTranslator().get_asset_key(node)


def published(manifest: Path) -> dg.AssetsDefinition:
    """The published file: it follows every mart, and only a green build."""
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    marts = [n for n in nodes if n["resource_type"] == "model" and n["schema"] == publication.SCHEMA]

    @dg.asset(key=PUBLICATION, deps=[dbt_key(node) for node in marts], group_name="publication")
    def publish(context: dg.AssetExecutionContext, atelier: Atelier) -> dg.MaterializeResult:
        """Fichier DuckDB versionné, en lecture seule, que lisent les tableaux de bord."""
        if not job.is_green(atelier.path):
            raise dg.Failure("La dernière construction n'est pas verte : rien n'est publié.")
        version = publication.publish(atelier.path, atelier.now())
        job.record_publication(atelier.path, atelier.jour)
        context.log.info(f"publication : {version.path.name}, {len(version.tables)} tables")
        return dg.MaterializeResult(metadata={"fichier": str(version.path), **version.tables})

    return publish


def caches() -> dg.AssetsDefinition:
    """The answers that Superset keeps ready, computed again for each published version; they never fail a night."""

    @dg.asset(key=["caches"], deps=[PUBLICATION], group_name="publication")
    def fill_caches(context: dg.AssetExecutionContext, atelier: Atelier) -> dg.MaterializeResult:
        """Réponses calculées d'avance pour l'ouverture des tableaux de bord."""
        went_well, said = prepared_answers.fill(atelier.path, Path(atelier.project))
        (context.log.info if went_well else context.log.warning)(f"caches : {said}")
        return dg.MaterializeResult(metadata={"réponses": said})

    return fill_caches


def dashboards(manifest: Path) -> list[dg.AssetSpec]:
    """One asset per dashboard declared in models/exposures.yml, behind the publication that it reads."""
    described = json.loads(manifest.read_text("utf-8"))
    keys = {
        unique_id: dbt_key(node) for unique_id, node in described["nodes"].items() if node["resource_type"] == "model"
    }
    return [
        dg.AssetSpec(
            ["tableaux_de_bord", exposure["name"]],
            deps=[PUBLICATION, *(keys[i] for i in exposure["depends_on"]["nodes"] if i in keys)],
            group_name="tableaux_de_bord",
            description=exposure["description"] or exposure["label"],
        )
        for exposure in described["exposures"].values()
    ]
