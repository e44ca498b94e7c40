"""`make run` around the job: the demonstration deposit, the summary."""

import hashlib
from pathlib import Path

import duckdb
import pytest

from orchestration import job, run
from orchestration.ingest import landing, retours
from orchestration.ingest.sources import SOURCES
from orchestration.settings import Settings
from orchestration.summary import said_controls, summary


def test_demonstration_is_listed_before_its_files_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside = tmp_path / ".demonstration"
    for name in ("depot/actes/un.xml", "depot/marches/2026/deux.json", "demonstration/fichiers.csv"):
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).write_text(name, "utf-8")
    moved: list[bool] = []
    real = Path.replace

    def dying(self: Path, target: Path) -> Path:
        moved.append((tmp_path / "demonstration" / "fichiers.csv").exists())
        if len(moved) == 2:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", dying)
    with pytest.raises(KeyboardInterrupt):
        run._drop_demo(aside, tmp_path)
    monkeypatch.undo()
    assert all(moved)
    run._drop_demo(aside, tmp_path)
    assert (tmp_path / "depot" / "actes" / "un.xml").exists() and not aside.exists()
    assert (tmp_path / "depot" / "marches" / "2026" / "deux.json").exists()
    assert (tmp_path / "demonstration" / "fichiers.csv").exists()


@pytest.mark.parametrize(("demo", "waiting", "written"), [("1", False, 1), ("0", False, 0), ("1", True, 0)])
def test_demonstration_is_written_only_where_nothing_was_ever_received(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: str, waiting: bool, written: int
) -> None:
    calls: list[Path] = []
    monkeypatch.setattr(run, "_write_demo", calls.append)
    if waiting:
        (tmp_path / "depot" / "actes").mkdir(parents=True)
        (tmp_path / "depot" / "actes" / "un.xml").touch()
    run._prepare_deposit(Settings.from_env({"OBSERVATOIRE_HOME": str(tmp_path), "DEMO": demo}))
    assert len(calls) == written


def test_demonstration_that_could_not_be_written_is_not_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECHELLE", "beaucoup")
    with pytest.raises(run.DemoError):
        run._write_demo(tmp_path / ".demonstration")
    assert not (tmp_path / ".demonstration").exists()


def test_summary_says_figures_files_and_where_the_published_file_is(tmp_path: Path) -> None:
    version = tmp_path / "publication" / "versions" / "observatoire-20260601T040000.duckdb"
    version.parent.mkdir(parents=True)
    with duckdb.connect(str(version)) as connection:
        connection.execute("create schema marts; create table marts.fct_actes as select unnest(range(1234)) as n")
        connection.execute(
            "create table marts.dim_indicateurs as select 'DEM-08' as code_indicateur, 1 as version_definition,"
            " 'Taux de télétransmission' as libelle, 'ratio' as unite, 1.0 as cible"
        )
        connection.execute(
            "create table marts.ind_valeurs as select 'DEM-08' as code_indicateur, 1 as version_definition,"
            " 'territoire' as perimetre_type, 'toutes' as population, 'ensemble' as dimension, 'annee' as periode_type,"
            " date '2025-01-01' as periode_debut, 0.7714 as valeur, 942 as nb_collectivites,"
            " 1268 as nb_collectivites_attendues, true as est_demonstration"
        )
    (tmp_path / "publication" / "observatoire.duckdb").symlink_to(Path("versions") / version.name)
    text = "\n".join(summary(tmp_path, {"1": "rejete"}, {"1": "integre", "2": "rejete", "3": "doublon"}))
    assert "1 234 actes transmis" in text and "Bretagne, année 2025" in text
    assert "77,1 % Taux de télétransmission (942 collectivités sur 1 268, cible 100,0 %)" in text
    assert "Données de démonstration" in text
    assert "Fichiers reçus    : 3 — 1 intégré, 1 refusé, 1 déjà connu" in text
    assert "à ce passage    : 3" in text, "a file accepted at last is news"
    assert (
        str(tmp_path / "publication" / "observatoire.duckdb") in text
        and "01/06/2026 à 06:00:00 (heure de Paris)" in text
    )


def test_controls_that_warn_are_told_in_french() -> None:
    words = (
        "Completed with 2 warnings:\n\nWarning in test un_controle (models/a.yml)\nWarning in test un_autre (b.yml)\n"
    )
    assert said_controls(words) == [
        "Contrôles         : 2 contrôles en avertissement, sans empêcher de publier (un_controle, un_autre)"
    ]
    assert said_controls("Done. PASS=409 WARN=0") == []


def test_without_demonstration_only_real_files_are_left_and_it_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "siren;collectivite;mois;version;date_envoi;code;libelle;valeur;commentaire\n"
    line = "213599996;Commune;03/2024;1;05/04/2024;{};;12;\n"
    depot = tmp_path / "depot" / "retours"
    depot.mkdir(parents=True)
    for name, code in (("invente", "MANDATS"), ("reel", "TITRES"), ("attente", "PJ")):
        (depot / f"{name}.csv").write_text(header + line.format(code), "utf-8")
    invented = [hashlib.sha256((depot / f"{name}.csv").read_bytes()).hexdigest() for name in ("invente", "attente")]
    (tmp_path / "demonstration").mkdir()
    (tmp_path / "demonstration" / "fichiers.csv").write_text("\n".join(["sha256", *invented]), "utf-8")
    late = (depot / "attente.csv").read_bytes()
    (depot / "attente.csv").unlink()
    landing.ingest(tmp_path, retours.SOURCE, SOURCES, job.clock(None))
    (depot / "attente.csv").write_bytes(late)

    run._withdraw_demonstration(tmp_path, None)
    assert "2 fichiers retirés du dépôt, du lac et des archives ; 1 fichier réel gardé" in capsys.readouterr().out
    (kept,) = landing.read_journal(tmp_path / "lac" / "retours")
    assert (kept["nom_fichier"], kept["est_demonstration"]) == ("reel.csv", False)
    assert [p.name.split("-")[1] for p in (tmp_path / "archives" / "retours").rglob("*.csv")] == ["reel.csv"]
    assert list(depot.iterdir()) == []
    monkeypatch.setattr(run, "_write_demo", lambda aside: pytest.fail("the demonstration came back"))
    run._prepare_deposit(Settings.from_env({"OBSERVATOIRE_HOME": str(tmp_path), "DEMO": "1"}))


def test_summary_of_nothing(tmp_path: Path) -> None:
    assert "Fichiers reçus    : aucun" in "\n".join(summary(tmp_path, {}, {}))
