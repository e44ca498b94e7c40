"""`make run`: the nightly job, once, in this process, on the same Dagster instance as the night.

`python -m orchestration.run` [--rejouer SOURCE | --reconstruire | --sans-demonstration | --revenir | --avancer]
[--aujourdhui AAAA-MM-JJ]
Ends with 0 when the job succeeded, 1 when it failed, 2 when it could not start.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import alerts, job, lock, publication, tableaux, tirages
from orchestration.ingest import landing
from orchestration.ingest.outcome import Source
from orchestration.ingest.sources import SOURCES
from orchestration.instance import prepare_home
from orchestration.settings import PROJECT, Settings
from orchestration.summary import said_controls, summary

if TYPE_CHECKING:
    import dagster as dg


class DemoError(Exception):
    """The demonstration deposit could not be written."""


def main() -> None:
    """Read the command line and the environment, do one thing, say how it went."""
    arguments = _arguments()
    settings = Settings.from_env()
    job.stop_on_sigterm()
    prepare_home(settings)
    try:
        if arguments.revenir or arguments.avancer:
            with lock.hold(settings.home, "changement de la version servie"):
                print((publication.rollback if arguments.revenir else publication.roll_forward)(settings.home))
            return
        code = _run_with_dashboards(settings, arguments) if arguments.tableaux else run(settings, arguments)
    except (lock.Busy, publication.NothingToRollBack, job.ManifestError, tableaux.NotPrepared, DemoError) as refusal:
        sys.exit(f"{refusal}")
    except KeyboardInterrupt:
        sys.exit("Interrompu : le prochain traitement reprendra où celui-ci s'est arrêté.")
    sys.exit(code)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.run", description="Le traitement de la nuit, une fois."
    )
    action = parser.add_mutually_exclusive_group()
    names = [source.name for source in SOURCES]
    action.add_argument("--rejouer", metavar="SOURCE", choices=[*names, "toutes"], help="relit archives/ et rejets/")
    action.add_argument("--reconstruire", action="store_true", help="vide l'entrepôt et le recalcule depuis le lac")
    action.add_argument("--sans-demonstration", action="store_true", help="retire les données de démonstration")
    action.add_argument("--revenir", action="store_true", help="sert de nouveau la version publiée précédente")
    action.add_argument("--avancer", action="store_true", help="sert de nouveau la dernière version publiée")
    parser.add_argument(
        "--aujourdhui", type=date.fromisoformat, help="date d'observation (AAAA-MM-JJ), celle du jour sinon"
    )
    parser.add_argument("--tableaux", action="store_true", help="prépare aussi les tableaux de bord de Superset")
    return parser.parse_args()


def _run_with_dashboards(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run the job while Superset is prepared, then have it answer what the dashboards will be asked."""
    with tableaux.preparing(settings.home, settings.metadonnees) as end:
        if not (code := run(settings, arguments)):
            end()
    return code


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Bring the demonstration if nothing was ever received, run the job, print the summary."""
    aujourdhui = arguments.aujourdhui and arguments.aujourdhui.isoformat()
    before = _statuts(settings.home)
    with lock.hold(settings.home, "préparation"):
        if arguments.sans_demonstration:
            _withdraw_demonstration(settings.home, aujourdhui)
        else:
            _prepare_deposit(settings)
        if arguments.rejouer:
            _replay(settings.home, arguments.rejouer, aujourdhui)
        if arguments.reconstruire:
            job.empty_warehouse(settings.home)
    if _is_idle(settings, aujourdhui):
        served = publication.served_sentence(settings.home)
        print(f"Rien de nouveau au dépôt depuis la dernière publication. Est servie {served}.")
        print("\n".join(summary(settings.home, before, before)))
        return 0
    name = "reconstruction" if arguments.reconstruire else "traitement"
    print(f"Observatoire : {name} de {settings.home}", flush=True)
    result = execute(settings, name, aujourdhui)
    if not result.success:
        return _failed(settings, name, result)
    print("\n".join(summary(settings.home, before, _statuts(settings.home))))
    for line in said_controls(_words(settings.home).read_text("utf-8", "replace")):
        print(line)
    return 0


def _is_idle(settings: Settings, aujourdhui: str | None) -> bool:
    """Whether running the job would only publish the same rows again."""
    home = settings.home
    waiting = any(landing.has_work(home, source) for source in SOURCES)
    waiting = waiting or tirages.is_due(home, PROJECT, settings.nb_tirages)
    return not waiting and job.is_up_to_date(home, job.clock(aujourdhui).date().isoformat())


def execute(
    settings: Settings,
    name: str,
    aujourdhui: str | None = None,
    project: Path = PROJECT,
    sources: Sequence[Source] = SOURCES,
) -> "dg.ExecuteInProcessResult":
    """Run one of the jobs in this process; dbt's own words go to a file."""
    import dagster as dg

    from orchestration.definitions import build_definitions

    definitions = build_definitions(settings, project, sources)
    config: dict[str, Any] = {"loggers": {"console": {}}}
    if aujourdhui:
        place = {"home": str(settings.home), "project": str(project), "nb_tirages": settings.nb_tirages}
        config["resources"] = {"atelier": {"config": {**place, "aujourdhui": aujourdhui}}}
    words = _words(settings.home).open("w", encoding="utf-8")
    with dg.DagsterInstance.get() as instance, words, redirect_stdout(words):
        job_def = definitions.resolve_job_def(name)
        return job_def.execute_in_process(run_config=config, instance=instance, raise_on_error=False)


def _words(home: Path) -> Path:
    return home / "dagster" / "dernier_traitement.log"


def _prepare_deposit(settings: Settings) -> None:
    """Write the demonstration deposit when nothing was ever received; DEMO=0 never does."""
    home, aside = settings.home, settings.home / ".demonstration"
    for source in SOURCES:
        landing.prepare_lake(home, source)
    if settings.demo and not job.was_anything_received(home):
        _write_demo(aside)
    if aside.exists():
        _drop_demo(aside, home)


def _write_demo(aside: Path) -> None:
    """Write the demonstration aside: were it half written in the deposit, its files would pass for real ones."""
    unfinished = aside.with_name(".demonstration-inachevee")
    shutil.rmtree(unfinished, ignore_errors=True)
    env = {**os.environ, "OBSERVATOIRE_HOME": str(unfinished)}
    if subprocess.run([sys.executable, "-m", "orchestration.demo"], env=env, cwd=PROJECT).returncode:
        raise DemoError("Le dépôt de démonstration n'a pas pu être écrit : rien n'a été fait.")
    unfinished.rename(aside)


def _drop_demo(aside: Path, home: Path) -> None:
    """Move the list of demonstration files first, then the files; a later run moves what a crash left."""
    if (aside / "demonstration").exists():
        shutil.rmtree(home / "demonstration", ignore_errors=True)
        (aside / "demonstration").rename(home / "demonstration")
    for path in sorted(p for p in (aside / "depot").rglob("*") if p.is_file()):
        target = home / path.relative_to(aside)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    shutil.rmtree(aside)


def _withdraw_demonstration(home: Path, aujourdhui: str | None) -> None:
    """Take every demonstration file out; from now on none is written, since something was received."""
    shutil.rmtree(home / ".demonstration", ignore_errors=True)
    number = sum(landing.withdraw_demonstration(home, source, SOURCES, job.clock(aujourdhui)) for source in SOURCES)
    left = len(_statuts(home))
    kept = "1 fichier réel gardé" if left == 1 else f"{left} fichiers réels gardés"
    print(f"Démonstration : {number} fichiers retirés du dépôt, du lac et des archives ; {kept}.")


def _replay(home: Path, name: str, aujourdhui: str | None) -> None:
    for source in SOURCES:
        if name in (source.name, "toutes"):
            report = landing.replay(home, source, SOURCES, job.clock(aujourdhui))
            print(f"{source.name} : {sum(report.statuts.values())} fichiers relus")


def _statuts(home: Path) -> dict[str, str]:
    journals = (landing.read_journal(home / "lac" / source.name) for source in SOURCES)
    return {line["fichier_id"]: line["statut"] for journal in journals for line in journal}


def _failed(settings: Settings, name: str, result: "dg.ExecuteInProcessResult") -> int:
    served = publication.served_sentence(settings.home)
    print(f"\nLe traitement a échoué ; reste servie {served}. Détail : {_words(settings.home)}", file=sys.stderr)
    if alerts.can_mail(settings):
        failures = [event for event in result.all_events if event.is_step_failure]
        error = failures[0].message or "" if failures else ""
        lines = alerts.failure_lines(name, result.run_id, error, served)
        alerts.send_or_say(settings, f"échec du traitement « {name} »", lines)
    return 1


if __name__ == "__main__":
    main()
