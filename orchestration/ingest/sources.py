"""The register of deposit sources: what is not listed here is not read."""

from orchestration.ingest import (
    accompagnement,
    actes,
    adhesions,
    archivage,
    comptes,
    consultations,
    enquetes,
    helios,
    marches,
    programmes,
    retours,
    services,
)
from orchestration.ingest.outcome import Source

SOURCES: tuple[Source, ...] = (
    marches.SOURCE,
    consultations.SOURCE,
    actes.SOURCE,
    helios.SOURCE,
    archivage.SOURCE,
    retours.SOURCE,
    services.SOURCE,
    programmes.SOURCE,
    enquetes.SOURCE,
    adhesions.SOURCE,
    comptes.SOURCE,
    accompagnement.SOURCE,
)
