"""What the nightly job decides around dbt, without dbt."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration import job


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of a project that decide of its figures."""
    for name in ("models/marts/fct_a.sql", "seeds/ref_b.csv", "macros/m.sql", "dbt_project.yml"):
        path = tmp_path / "projet" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")
    return tmp_path / "projet"


@pytest.fixture
def home(tmp_path: Path, project: Path) -> Path:
    """A home after a green build of two lots."""
    for lot in ("lot=0", "lot=20260601T040000000000", "lot=20260602T040000000000"):
        commit(tmp_path / "maison", lot)
    warehouse = tmp_path / "maison" / "entrepot" / "observatoire.duckdb"
    warehouse.parent.mkdir()
    warehouse.touch()
    job.finish_build(tmp_path / "maison", project)
    return tmp_path / "maison"


def commit(home: Path, lot: str) -> Path:
    """A lot of one source, as far as the job looks at it."""
    path = home / "lac" / "actes" / lot / "_fichiers.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(lot.encode())
    return path


def test_nothing_new_and_new_lots_are_incremental(home: Path, project: Path) -> None:
    assert job.full_refresh_reason(home, project) is None and job.is_green(home)
    commit(home, "lot=20260603T040000000000")
    assert job.full_refresh_reason(home, project) is None


@pytest.mark.parametrize("name", ["models/marts/fct_a.sql", "seeds/ref_b.csv", "macros/m.sql", "dbt_project.yml"])
def test_changed_project_recomputes_everything(home: Path, project: Path, name: str) -> None:
    (project / name).write_text("autre chose", "utf-8")
    assert job.full_refresh_reason(home, project) == "modèles ou référentiels modifiés"


def test_file_added_moved_or_removed_recomputes_everything(home: Path, project: Path) -> None:
    for change in (
        lambda: (project / "models" / "fct_c.sql").touch(),
        lambda: (project / "models" / "fct_c.sql").rename(project / "models" / "fct_d.sql"),
        lambda: (project / "models" / "fct_d.sql").unlink(),
    ):
        job.finish_build(home, project)
        change()
        assert job.full_refresh_reason(home, project) == "modèles ou référentiels modifiés"


def test_replaced_or_amended_lot_recomputes_everything(home: Path, project: Path) -> None:
    path = home / "lac" / "actes" / "lot=20260601T040000000000" / "_fichiers.parquet"
    path.write_bytes(b"moins de lignes")
    assert job.full_refresh_reason(home, project) == "lots remplacés"
    job.finish_build(home, project)
    path.unlink()
    assert job.full_refresh_reason(home, project) == "lots remplacés"


def test_lost_warehouse_recomputes_everything(home: Path, project: Path) -> None:
    job.empty_warehouse(home)
    assert job.full_refresh_reason(home, project) == "premier calcul" and not job.is_green(home)


def test_build_that_did_not_end_is_not_green_and_changes_no_decision(home: Path, project: Path) -> None:
    job.start_build(home)
    assert not job.is_green(home) and job.full_refresh_reason(home, project) is None
    (project / "macros" / "m.sql").write_text("autre chose", "utf-8")
    job.start_build(home)
    assert job.full_refresh_reason(home, project) == "modèles ou référentiels modifiés", "until a build is green"


def test_state_that_was_torn_by_a_power_cut_recomputes_everything(home: Path, project: Path) -> None:
    for text in ("", '{"empreinte": "x", "lo', '{"ancien": 1}'):
        (home / "entrepot" / "etat.json").write_text(text, "utf-8")
        assert job.full_refresh_reason(home, project) == "premier calcul"


def test_arguments_of_dbt() -> None:
    calm = ["--exclude-resource-type", "unit_test"]
    assert job.build_arguments(job.MODELS_CHANGED) == ["build", "--full-refresh"]
    assert job.build_arguments("premier calcul") == ["build", "--full-refresh", *calm]
    assert job.build_arguments(None) == ["build", *calm]


def test_clock_is_the_day_that_was_asked_for() -> None:
    assert job.clock("2026-06-30") == datetime(2026, 6, 30, 12, tzinfo=UTC)
    assert abs((job.clock(None) - datetime.now(UTC)).total_seconds()) < 5


def test_something_was_received_once_a_file_waits_or_a_lot_exists(tmp_path: Path) -> None:
    (tmp_path / "depot" / "actes").mkdir(parents=True)
    commit(tmp_path, "lot=0")
    assert not job.was_anything_received(tmp_path)
    (tmp_path / "depot" / "actes" / "un.xml").touch()
    assert job.was_anything_received(tmp_path)
    (tmp_path / "depot" / "actes" / "un.xml").unlink()
    commit(tmp_path, "lot=20260601T040000000000")
    assert job.was_anything_received(tmp_path)


def test_a_published_build_is_up_to_date_until_its_inputs_or_the_day_change(home: Path, project: Path) -> None:
    assert not job.is_up_to_date(home, "2026-06-02", project), "green but never published"
    job.record_publication(home, "2026-06-02")
    assert job.is_up_to_date(home, "2026-06-02", project)
    assert not job.is_up_to_date(home, "2026-06-03", project)
    commit(home, "lot=20260603T040000000000")
    assert not job.is_up_to_date(home, "2026-06-02", project)
