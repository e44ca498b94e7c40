"""The one nightly run. 04:00 in Paris exists once every night of the year; 02:00 and 02:30 do not."""

from pathlib import Path

import dagster as dg

from orchestration import lock

CRON = "0 4 * * *"
TIMEZONE = "Europe/Paris"


def every_night(home: Path, job_name: str) -> dg.ScheduleDefinition:
    """Run the whole job every night, unless somebody is already doing it."""

    @dg.schedule(
        name="chaque_nuit",
        job_name=job_name,
        cron_schedule=CRON,
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Chaque nuit : reçoit le dépôt, recalcule, publie si tout est juste.",
    )
    def night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if holder := lock.holder(home):
            return dg.SkipReason(f"Un autre traitement est en cours ({holder}) : la nuit suivante prendra le relais.")
        return dg.RunRequest()

    return night
