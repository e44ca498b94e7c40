"""What the operator is warned of about the inputs: a source that rejects too much, a source that went silent.

A wrong input never closes the gate: these checks warn in Dagster, and mail once when they begin to.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import dagster as dg

from orchestration import alerts
from orchestration.assets import Atelier
from orchestration.ingest import landing
from orchestration.ingest.outcome import Source
from orchestration.paris import said
from orchestration.settings import Settings

MAX_REJECTION_RATE = 0.05
# A source is silent when it is so for three times its usual interval; its rhythm is known from four deliveries on.
SILENCE_FACTOR = 3
MIN_DELIVERIES = 4
MIN_SILENCE = timedelta(days=8)

HYPOTHESES = Path(__file__).parents[1] / "seeds" / "hypotheses"

Journal = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says of a source: whether all is well, and one French sentence with its figures."""

    passed: bool
    message: str


def rejection_verdict(source: str, journal: Journal) -> Verdict:
    """Rejected files and rows of the last delivery of a source, against 5 %."""
    read = [line for line in journal if line["statut"] != "doublon"]
    if not read:
        return Verdict(True, f"{source} : aucun fichier reçu.")
    last = [line for line in read if line["recu_le"] == max(line["recu_le"] for line in read)]
    files = sum(line["statut"] == "rejete" for line in last)
    rows = sum(line["nb_rejets"] for line in last if line["statut"] != "rejete")
    landed = sum(line["nb_enregistrements"] for line in last)
    passed = files <= MAX_REJECTION_RATE * len(last) and rows <= MAX_REJECTION_RATE * (rows + landed)
    sentence = f"{files} fichiers rejetés sur {len(last)}, {rows} lignes rejetées sur {rows + landed}"
    return Verdict(passed, f"{source} : {sentence} à la réception du {said(last[0]['recu_le'])}.")


def freshness_verdict(source: str, journal: Journal, now: datetime) -> Verdict:
    """Time since the last delivery of a source, against its usual interval."""
    days = sorted({line["recu_le"].date() for line in journal})
    if not days:
        return Verdict(True, f"{source} : aucun fichier reçu.")
    silence = now.date() - days[-1]
    limit = _usual_silence(days)
    return Verdict(
        silence <= limit, f"{source} : dernier fichier le {days[-1]:%d/%m/%Y}, alerte après {limit.days} jours."
    )


@cache
def default_silence() -> timedelta:
    """Silence that is too long for a source whose rhythm is not known: the seed that the dashboards read too."""
    with (HYPOTHESES / "hyp_pilotage.csv").open(encoding="utf-8", newline="") as file:
        valeurs = {row["cle"]: row["valeur"] for row in csv.DictReader(file)}
    return timedelta(days=int(valeurs["delai_alerte_reception"]))


def _usual_silence(days: Sequence[date]) -> timedelta:
    if len(days) < MIN_DELIVERIES:
        return default_silence()
    gaps = [after - before for before, after in pairwise(days)]
    return max(MIN_SILENCE, SILENCE_FACTOR * median(gaps))


def reception_checks(sources: Sequence[Source], settings: Settings) -> dg.AssetChecksDefinition:
    """Both checks of every source, in one step."""
    specs = [
        dg.AssetCheckSpec(name, asset=dg.AssetKey([source.name, next(iter(source.tables))]))
        for source in sources
        for name in ("taux_de_rejet", "fraicheur")
    ]

    @dg.multi_asset_check(name="controles_reception", specs=specs)
    def check(context: dg.AssetCheckExecutionContext, atelier: Atelier) -> Iterator[dg.AssetCheckResult]:
        warnings = []
        for source in sources:
            lines = landing.read_journal(atelier.path / "lac" / source.name)
            verdicts = {
                "taux_de_rejet": rejection_verdict(source.name, lines),
                "fraicheur": freshness_verdict(source.name, lines, atelier.now()),
            }
            warnings += [verdict.message for verdict in verdicts.values() if not verdict.passed]
            yield from _results(source, verdicts)
        _mail_new(context, atelier.path, settings, warnings)

    return check


def _results(source: Source, verdicts: dict[str, Verdict]) -> Iterator[dg.AssetCheckResult]:
    key = dg.AssetKey([source.name, next(iter(source.tables))])
    for name, verdict in verdicts.items():
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=verdict.passed,
            severity=dg.AssetCheckSeverity.WARN,
            description=verdict.message,
        )


def _mail_new(context: dg.AssetCheckExecutionContext, home: Path, settings: Settings, warnings: list[str]) -> None:
    """Mail the warnings that the last mail did not hold; a mail server that is down must not stop the night."""
    path = home / "dagster" / "alertes.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else []
    fresh = [warning for warning in warnings if warning not in known]
    for warning in fresh:
        context.log.warning(warning)
    if fresh and alerts.can_mail(settings):
        lines = [*fresh, "", "Les motifs sont au tableau de bord « Qualité »."]
        if not alerts.send_or_say(settings, "réception à surveiller", lines, context.log.warning):
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(warnings, ensure_ascii=False, indent=1), "utf-8")
