"""What a run says on the terminal: our own sentences and the failures, not every event of Dagster."""

import logging
import sys

import dagster as dg

# What dagster-dbt says of its own plumbing.
PLUMBING = (
    "A dbt subsetted execution",
    "Copying `",
    "Dependencies for step",
    "Finished dbt command",
    "Logging an `AssetObservation`",
    "Running dbt command",
)
MAX_LINES = 40


class Sober(logging.Formatter):
    """One line per message, with the step that failed and why."""

    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None:
            return f"  {meta.get('orig_message') or record.getMessage()}"
        error = getattr(event.event_specific_data, "error", None)
        cause = ((error.cause or error).message if error else event.message) or ""
        return f"  ÉCHEC de « {event.step_key or event.job_name} » : " + "\n  ".join(cause.splitlines()[:MAX_LINES])


def _is_worth_saying(record: logging.LogRecord) -> bool:
    meta = getattr(record, "dagster_meta", {})
    event = meta.get("dagster_event")
    if event is not None:
        return event.event_type_value == "STEP_FAILURE"
    return not (meta.get("orig_message") or "").startswith(PLUMBING)


@dg.logger(config_schema={}, description="Phrases de l'observatoire et échecs, sur la sortie d'erreur.")
def console(context: dg.InitLoggerContext) -> logging.Logger:
    """The logger of every run."""
    logger = logging.Logger("observatoire", logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Sober())
    handler.addFilter(_is_worth_saying)
    logger.addHandler(handler)
    return logger
