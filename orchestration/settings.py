"""Where the state lives and which options apply: the only module that reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
# Draws of the economic model: enough for steady quantiles in a night; the bench asks for ten times more.
NB_TIRAGES = 20_000
# The dashboard of the steering committee, as its address names it.
COMMITTEE_PAGE = "comite"


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths under OBSERVATOIRE_HOME and the operator's options, read once at the edge of each process."""

    home: Path
    demo: bool
    smtp_host: str | None
    smtp_port: int
    mail_from: str
    mail_to: tuple[str, ...]
    pdf_to: tuple[str, ...]
    nb_tirages: int
    metadonnees: str | None

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from the environment; every option has a default that needs no secret."""
        home = Path(env.get("OBSERVATOIRE_HOME") or PROJECT / "var").absolute()
        return cls(
            home=home,
            demo=env.get("DEMO", "1") != "0",
            smtp_host=env.get("SMTP_HOST") or None,
            smtp_port=int(env.get("SMTP_PORT", "25")),
            mail_from=env.get("ALERTE_DE", "observatoire@localhost"),
            mail_to=_addresses(env.get("ALERTE_A", "")),
            pdf_to=_addresses(env.get("PDF_A") or env.get("ALERTE_A", "")),
            nb_tirages=int(env.get("NB_TIRAGES") or NB_TIRAGES),
            metadonnees=env.get("SUPERSET_METADONNEES") or None,
        )

    @property
    def depot(self) -> Path:
        """Files as they are dropped, one folder per source."""
        return self.home / "depot"

    @property
    def lac(self) -> Path:
        """The lake of lots, one folder per source."""
        return self.home / "lac"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt alone writes."""
        return self.home / "entrepot" / "observatoire.duckdb"

    @property
    def publication(self) -> Path:
        """Versioned read-only files and the link that readers follow."""
        return self.home / "publication"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.home / "dagster"


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(address.strip() for address in text.split(",") if address.strip())
