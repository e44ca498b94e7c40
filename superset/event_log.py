"""Superset's own log, the table `logs` of its metadata, without the steps that its requests are made of."""

from typing import Any

from superset.utils.log import DBEventLogger

# Parts of one answer, timed: the answer has its own row, and each row makes the next tile wait for the base.
STEPS = frozenset(("ChartDataRestApi.json_dumps", "_get_data_response"))


class EventLogger(DBEventLogger):
    """A row per request, none per step."""

    def log_with_context(self, action: str, *args: Any, **kwargs: Any) -> None:
        if action not in STEPS:
            super().log_with_context(action, *args, **kwargs)
