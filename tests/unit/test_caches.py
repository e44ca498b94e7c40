"""Answers computed in advance are a convenience: where they can't be, the night goes on and says so."""

from pathlib import Path

import pytest

from orchestration import caches

WARM = "#!/bin/sh\necho 'superset · 12 réponses prêtes'\nexit {status}\n"


@pytest.fixture
def project_with_superset(tmp_path: Path) -> Path:
    """A project whose Superset runtime is a few lines of shell."""
    python = tmp_path / "projet" / ".venv-superset" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(WARM.format(status=0))
    python.chmod(0o755)
    return tmp_path / "projet"


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A home that a preparation left."""
    stamp = tmp_path / "var" / "superset" / ".prepare"
    stamp.parent.mkdir(parents=True)
    stamp.touch()
    return tmp_path / "var"


def test_a_home_without_superset_costs_nothing(tmp_path: Path, project_with_superset: Path) -> None:
    (project_with_superset / ".venv-superset" / "bin" / "python").write_text("jamais lancé")
    went_well, said = caches.fill(tmp_path / "var", project_with_superset)
    assert went_well and "n'est pas préparé" in said


def test_a_prepared_home_has_its_answers_computed(prepared: Path, project_with_superset: Path) -> None:
    assert caches.fill(prepared, project_with_superset) == (True, "superset · 12 réponses prêtes")


def test_a_failure_is_told_and_raises_nothing(prepared: Path, project_with_superset: Path) -> None:
    (project_with_superset / ".venv-superset" / "bin" / "python").write_text(WARM.format(status=1))
    assert caches.fill(prepared, project_with_superset) == (False, "superset · 12 réponses prêtes")


def test_one_that_does_not_end_is_stopped(
    prepared: Path, project_with_superset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project_with_superset / ".venv-superset" / "bin" / "python").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(caches, "LONGEST_SECONDS", 0.5)
    went_well, said = caches.fill(prepared, project_with_superset)
    assert not went_well and "n'ont pas été calculées" in said
