"""The register of deposit sources: what is not listed here is not read."""

from orchestration.ingest import actes, archivage, consultations, helios, marches, retours
from orchestration.ingest.outcome import Source

SOURCES: tuple[Source, ...] = (
    marches.SOURCE,
    consultations.SOURCE,
    actes.SOURCE,
    helios.SOURCE,
    archivage.SOURCE,
    retours.SOURCE,
)
