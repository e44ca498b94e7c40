"""The hour that people read: French legal time, whatever the clock of the machine is set to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def said(moment: datetime) -> str:
    """A moment in French: 22/11/2026 à 09:23:11. Without a zone, it is one of the lake's, in UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(PARIS).strftime("%d/%m/%Y à %H:%M:%S")
