"""The draws land as a lot like any other source's: at once, once, and read by SQL whatever happened before."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration import job, tirages
from orchestration.settings import PROJECT

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
HEAD = "parametre,libelle,classe_taille,min,mode,max,loi,unite,annee_euro,source,statut,date_verification,agit_sur\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two parameters."""
    return write(tmp_path / "projet", "a,A,toutes,1,2,4,PERT4,u,,s,H,,", "b,B,toutes,5,5,5,fixe,u,,s,H,,")


def write(project: Path, *lines: str) -> Path:
    seed = project / "seeds" / "economie" / "hyp_parametres_cout.csv"
    seed.parent.mkdir(parents=True, exist_ok=True)
    seed.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    return project


def lots(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "lac" / "tirages").iterdir())


def table(home: Path) -> pa.Table:
    paths = [p for p in (home / "lac" / "tirages").glob("lot=*/tirages.parquet") if p.parent.name != "lot=0"]
    (path,) = paths
    return pq.read_table(path, partitioning=None)


def test_draws_land_in_one_lot_beside_the_empty_one(tmp_path: Path, project: Path) -> None:
    report = tirages.prepare(tmp_path, project, 100, NOW)
    assert report.est_nouveau and lots(tmp_path) == ["lot=0", f"lot={report.lot}"]
    drawn = table(tmp_path)
    assert drawn.schema.names == ["tirage", "parametre", "classe_taille", "valeur"] and drawn.num_rows == 200
    assert not list((tmp_path / "lac" / "tirages").glob("lot=*/_*")), "no journal: nobody sends the draws"
    assert not (tmp_path / "depot").exists()


def test_same_parameters_keep_the_lot(tmp_path: Path, project: Path) -> None:
    first = tirages.prepare(tmp_path, project, 100, NOW)
    assert not tirages.is_due(tmp_path, project, 100)
    assert tirages.prepare(tmp_path, project, 100, NOW + timedelta(days=1)).lot == first.lot


def test_another_parameter_or_number_replaces_the_lot(tmp_path: Path, project: Path) -> None:
    first = tirages.prepare(tmp_path, project, 100, NOW)
    kept = table(tmp_path).filter(pc.field("parametre") == "b")
    write(project, "a,A,toutes,1,3,4,PERT4,u,,s,H,,", "b,B,toutes,5,5,5,fixe,u,,s,H,,")
    assert tirages.is_due(tmp_path, project, 100)
    second = tirages.prepare(tmp_path, project, 100, NOW + timedelta(days=1))
    assert second.lot > first.lot and lots(tmp_path) == ["lot=0", f"lot={second.lot}"]
    assert table(tmp_path).filter(pc.field("parametre") == "b").equals(kept)
    third = tirages.prepare(tmp_path, project, 50, NOW + timedelta(days=2))
    assert third.est_nouveau and table(tmp_path).num_rows == 100


def test_a_parameter_keeps_its_draws_when_others_come(tmp_path: Path, project: Path) -> None:
    tirages.prepare(tmp_path, project, 100, NOW)
    before = table(tmp_path).filter(pc.field("parametre") == "a")["valeur"]
    lines = ["z,Z,toutes,1,2,3,triangulaire,u,,s,H,,", "a,A,toutes,1,2,4,PERT4,u,,s,H,,"]
    tirages.prepare(tmp_path, write(project, *lines), 100, NOW)
    assert table(tmp_path).filter(pc.field("parametre") == "a")["valeur"].equals(before)


def test_the_two_lots_of_a_kill_become_one(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tirages.prepare(tmp_path, project, 100, NOW)
    write(project, "a,A,toutes,1,3,4,PERT4,u,,s,H,,")
    with monkeypatch.context() as patched:
        patched.setattr(tirages, "_remove_all_but", dies)
        with pytest.raises(KeyboardInterrupt):
            tirages.prepare(tmp_path, project, 100, NOW + timedelta(days=1))
    assert len(lots(tmp_path)) == 3
    last = tirages.prepare(tmp_path, project, 100, NOW + timedelta(days=2))
    assert not last.est_nouveau and last.lot > first.lot and lots(tmp_path) == ["lot=0", f"lot={last.lot}"]


def test_a_kill_before_the_rename_leaves_the_old_lot(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tirages.prepare(tmp_path, project, 100, NOW)
    write(project, "a,A,toutes,1,3,4,PERT4,u,,s,H,,")
    with monkeypatch.context() as patched:
        patched.setattr(tirages, "commit", dies)
        with pytest.raises(KeyboardInterrupt):
            tirages.prepare(tmp_path, project, 100, NOW + timedelta(days=1))
    assert f"lot={first.lot}" in lots(tmp_path) and tirages.is_due(tmp_path, project, 100)
    assert tirages.prepare(tmp_path, project, 100, NOW + timedelta(days=2)).est_nouveau
    assert len(lots(tmp_path)) == 2


def dies(*_: object) -> Iterator[None]:
    raise KeyboardInterrupt


def test_a_project_without_parameters_has_the_empty_lot_alone(tmp_path: Path) -> None:
    report = tirages.prepare(tmp_path, tmp_path / "projet", 100, NOW)
    assert report.lot is None and lots(tmp_path) == ["lot=0"]
    assert not tirages.is_due(tmp_path, tmp_path / "projet", 100)


def test_new_draws_are_something_to_compute(tmp_path: Path, project: Path) -> None:
    """A build that was green on the old draws is not up to date on the new ones."""
    tirages.prepare(tmp_path, project, 100, NOW)
    (tmp_path / "entrepot").mkdir()
    job.finish_build(tmp_path, PROJECT)
    job.record_publication(tmp_path, "2026-06-01")
    assert job.is_up_to_date(tmp_path, "2026-06-01")
    tirages.prepare(tmp_path, project, 50, NOW)
    assert not job.is_up_to_date(tmp_path, "2026-06-01")
    shutil.rmtree(tmp_path / "lac")
    assert not job.is_up_to_date(tmp_path, "2026-06-01") and not job.was_anything_received(tmp_path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a,A,toutes,3,2,4,PERT4,u,,s,H,,", "0 ≤ minimum ≤ mode ≤ maximum"),
        ("a,A,toutes,-1,2,4,PERT4,u,,s,H,,", "0 ≤ minimum"),
        ("a,A,toutes,1,5,4,PERT4,u,,s,H,,", "mode ≤ maximum"),
        ("a,A,toutes,1,,4,PERT4,u,,s,H,,", "n'est pas un nombre"),
        ("a,A,toutes,1,2,4,normale,u,,s,H,,", "« normale » inconnue"),
    ],
)
def test_a_wrong_law_is_named(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(tirages.UnreadableParameters, match=words) as refusal:
        tirages.prepare(tmp_path, write(tmp_path / "projet", line), 100, NOW)
    assert "ligne 2, a" in str(refusal.value)
