"""The audit log's file: for its owner, whole lines from many writers, and room made when it is full."""

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """superset/audit.py; its folder is no package and is only on the path while it is imported."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "superset"))
    sys.modules.pop("audit", None)
    import audit

    monkeypatch.delitem(sys.modules, "audit")
    return audit


def test_lines_of_many_writers_stay_whole(audit: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "journaux" / "audit.log"
    lines = [f"{number:04d} " + "x" * 5_000 for number in range(200)]
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda line: audit.write(path, line), lines))
    assert sorted(path.read_text("utf-8").splitlines()) == lines
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_file_is_set_aside_and_ten_are_kept(
    audit: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "BYTES", 10)
    path = tmp_path / "audit.log"
    for number in range(15):
        audit.write(path, f"ligne numéro {number}")
    assert path.read_text("utf-8") == "ligne numéro 14\n"
    kept = {f"audit.log.{rank}": f"ligne numéro {14 - rank}\n" for rank in range(1, 11)}
    assert {p.name: p.read_text("utf-8") for p in tmp_path.glob("audit.log.[0-9]*")} == kept
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in tmp_path.iterdir())
