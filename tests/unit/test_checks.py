"""When a source is said to reject too much, or to be silent."""

from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration import checks

DAY = datetime(2026, 6, 1, 4)


def line(statut: str = "integre", recu_le: datetime = DAY, **counts: int) -> dict[str, Any]:
    """A line of the journal."""
    zero = {"nb_enregistrements": 0, "nb_rejets": 0, "nb_avertissements": 0}
    return {"statut": statut, "recu_le": recu_le, **zero, **counts}


def test_five_per_cent_of_rejected_files_is_not_too_much_and_more_is() -> None:
    files = [line() for _ in range(19)]
    assert checks.rejection_verdict("actes", [*files, line("rejete")]).passed
    verdict = checks.rejection_verdict("actes", [*files, line("rejete"), line("rejete")])
    assert not verdict.passed and "2 fichiers rejetés sur 21" in verdict.message


def test_rejected_rows_count_against_all_rows_read() -> None:
    assert checks.rejection_verdict("actes", [line(nb_enregistrements=95, nb_rejets=5)]).passed
    assert not checks.rejection_verdict("actes", [line(nb_enregistrements=94, nb_rejets=6)]).passed


def test_only_the_last_delivery_is_judged_and_doublons_are_not() -> None:
    later = DAY + timedelta(days=1)
    journal = [line("rejete"), line(recu_le=later), line("doublon", later + timedelta(days=1))]
    assert checks.rejection_verdict("actes", journal).passed


def test_source_that_never_sent_anything_is_neither_late_nor_rejecting() -> None:
    now = DAY.replace(tzinfo=UTC)
    assert checks.rejection_verdict("actes", []).passed and checks.freshness_verdict("actes", [], now).passed


def test_silence_is_measured_against_the_usual_rhythm() -> None:
    daily = [line(recu_le=DAY + timedelta(days=day)) for day in range(10)]
    monthly = [line(recu_le=DAY + timedelta(days=30 * month)) for month in range(5)]
    for journal, quiet_days in ((daily, 8), (monthly, 90), (daily[:2], 45)):
        last = journal[-1]["recu_le"].replace(tzinfo=UTC)
        assert checks.freshness_verdict("actes", journal, last + timedelta(days=quiet_days)).passed
        late = checks.freshness_verdict("actes", journal, last + timedelta(days=quiet_days + 1))
        assert not late.passed and f"alerte après {quiet_days} jours" in late.message
