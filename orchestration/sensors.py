"""What happens between two nights: a deposit is read as soon as it is quiet, a failure is told at once."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from orchestration import alerts, lock, publication
from orchestration.ingest import landing
from orchestration.ingest.outcome import Source
from orchestration.settings import Settings

QUIET_SECONDS = 10
INTERVAL_SECONDS = 30


def deposit_sensor(home: Path, sources: Sequence[Source], job_name: str) -> dg.SensorDefinition:
    """Run the job when files wait in the deposit and nobody has touched them for ten seconds.

    The run key is what waits: the same files are tried once, and what a failed run left there waits for the night.
    """

    @dg.sensor(
        name="depot",
        job_name=job_name,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Dès que des fichiers déposés ne bougent plus, lance le traitement.",
    )
    def watch(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        waiting = waiting_files(home, sources)
        if not waiting:
            return dg.SkipReason("Rien dans le dépôt.")
        # The change time, unlike the modification time, can't be set by whoever copies the file.
        if time.time() - max(changed for _, _, changed in waiting) / 1e9 < QUIET_SECONDS:
            return dg.SkipReason("Un dépôt est en cours.")
        if holder := lock.holder(home):
            return dg.SkipReason(f"Un autre traitement est en cours ({holder}).")
        return dg.RunRequest(run_key=hashlib.sha256(repr(waiting).encode("utf-8", "replace")).hexdigest())

    return watch


def waiting_files(home: Path, sources: Sequence[Source]) -> list[tuple[str, int, int]]:
    """(path, bytes, change time in nanoseconds) of every file that the next run will read, sorted."""
    paths = (path for source in sources for path in landing.dropped_files(home / "depot" / source.name))
    return sorted((str(path), *_size_and_change(path)) for path in paths)


def _size_and_change(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return 0, 0
    return stat.st_size, stat.st_ctime_ns


def failure_alert(home: Path, settings: Settings) -> dg.SensorDefinition:
    """Mail the operator when a run that the daemon launched has failed."""

    @dg.run_failure_sensor(
        name="alerte_echec",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Écrit à l'exploitant (SMTP_HOST, ALERTE_A) quand un traitement échoue.",
    )
    def alert(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        if not alerts.can_mail(settings):
            return dg.SkipReason("Pas de courriel : SMTP_HOST ou ALERTE_A n'est pas renseigné.")
        run = context.dagster_run
        alerts.send(
            settings,
            f"échec du traitement « {run.job_name} »",
            alerts.failure_lines(run.job_name, run.run_id, first_error(context), publication.served_sentence(home)),
        )
        return None

    return alert


def first_error(context: dg.RunFailureSensorContext) -> str:
    """The message of the first step that failed, else of the run."""
    steps = [event for event in context.get_step_failure_events() if event.step_failure_data.error]
    if not steps:
        return context.failure_event.message or ""
    error = steps[0].step_failure_data.error
    return f"{steps[0].step_key} : {(error.cause or error).message}"
