"""The orchestration on a real Dagster instance, over a miniature observatory: gate, lock, night, deposit, alert."""

import email.policy
import json
import logging
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.storage.tags import SCHEDULED_EXECUTION_TIME_TAG
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time, instance_for_test
from dagster._core.workspace.load_target import PythonFileTarget
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import launch_scheduled_runs

from orchestration import diffusion, job, lock, publication, sensors
from orchestration.assets import LOCK_TAG
from orchestration.settings import PROJECT
from tests.end_to_end import stub

LOGGER = logging.getLogger("essai")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature's dbt project."""
    return stub.write_project(tmp_path_factory.mktemp("projet"))


@pytest.fixture(scope="module")
def parsed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose project dbt has parsed."""
    home = tmp_path_factory.mktemp("maison")
    job.prepare_manifest(home, project)
    return home


@pytest.fixture
def home(parsed: Path, tmp_path: Path) -> Path:
    """A home of its own, spared the parsing."""
    home = tmp_path / "maison"
    job.manifest_path(home).parent.mkdir(parents=True)
    for path in job.manifest_path(parsed).parent.glob("*.*"):
        (job.manifest_path(home).parent / path.name).write_bytes(path.read_bytes())
    return home


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance with its storage on disk; runs are made in this process by the tests themselves."""
    (home / "dagster").mkdir(parents=True)
    launcher = {"module": "dagster._core.test_utils", "class": "MockedRunLauncher"}
    with instance_for_test(temp_dir=str(home / "dagster"), overrides={"run_launcher": launcher}) as instance:
        yield instance


def execute(home: Path, project: Path, instance: dg.DagsterInstance, **config: object) -> dg.ExecuteInProcessResult:
    """Run the nightly job once."""
    night = stub.definitions_for(home, project).resolve_job_def("traitement")
    run_config = {"resources": {"atelier": {"config": {"home": str(home), "project": str(project), **config}}}}
    return night.execute_in_process(instance=instance, raise_on_error=False, run_config=run_config)


def figures(home: Path) -> dict[str, int]:
    """What readers see."""
    with duckdb.connect(str(publication.link_of(home).resolve()), read_only=True) as connection:
        return dict(connection.execute("select cle, valeur from marts.fct_choses").fetchall())


def error_of(result: dg.ExecuteInProcessResult) -> str:
    """Everything that a failed run says."""
    return "\n".join(str(event.event_specific_data) for event in result.all_events if event.is_failure)


def test_green_build_is_published_and_a_red_one_is_not(home: Path, project: Path, instance: dg.DagsterInstance) -> None:
    stub.drop(home, "un.txt", b"CHOSES\na=1\nb=2\n?\n")
    held: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        real = publication.publish
        patch.setattr(publication, "publish", lambda *a: (held.append(str(lock.holder(home))), real(*a))[1])
        result = execute(home, project, instance)
    assert result.success and figures(home) == {"a": 1, "b": 2}
    assert held and "traitement" in held[0] and lock.holder(home) is None, "the lock is held to the last step"
    checks = {e.asset_check_evaluation_data.check_name: e.asset_check_evaluation_data for e in _checks(result)}
    assert not checks["taux_de_rejet"].passed and checks["fraicheur"].passed and len(checks) == 3
    assert any(name.startswith("entre_") for name in checks), "dbt's tests are Dagster's checks"

    stub.drop(home, "deux.txt", b"CHOSES\nc=-5\n")
    assert not execute(home, project, instance).success
    assert figures(home) == {"a": 1, "b": 2} and not job.is_green(home)

    stub.drop(home, "trois.txt", b"CHOSES\nc=5\n")
    assert execute(home, project, instance).success
    assert figures(home) == {"a": 1, "b": 2, "c": 5}
    before = figures(home)
    assert execute(home, project, instance).success
    assert figures(home) == before, "nothing new changes no figure"


def _checks(result: dg.ExecuteInProcessResult) -> list[dg.DagsterEvent]:
    return [event for event in result.all_events if event.event_type_value == "ASSET_CHECK_EVALUATION"]


def test_bug_in_a_parser_fails_the_run_and_keeps_the_file(
    home: Path, project: Path, instance: dg.DagsterInstance
) -> None:
    dropped = stub.drop(home, "un.txt", b"CHOSES\nbug\n")
    result = execute(home, project, instance)
    assert not result.success and "la division du secrétaire par zéro" in error_of(result)
    assert dropped.exists() and not publication.link_of(home).exists()


def test_dbt_questions_nobody_about_its_version(home: Path, project: Path, instance: dg.DagsterInstance) -> None:
    """The base resource runs `dbt --version`, which calls the package index: ours must not."""
    words = stub.definitions_for(home, project).resources["dbt"]
    assert words._cli_version.major == 1 and words._initialize_dbt_core_adapter([]) is None


def test_broken_project_still_starts_and_fails_with_what_dbt_says(
    home: Path, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    broken = stub.write_project(tmp_path / "projet")
    (broken / "models" / "marts" / "fct_choses.sql").write_text("select * from {{ ref('absent') }}")
    result = execute(home, broken, instance)
    assert not result.success and "absent" in error_of(result)


def test_run_waits_for_the_lock_then_says_who_holds_it(home: Path, project: Path, instance: dg.DagsterInstance) -> None:
    stub.drop(home, "un.txt", b"CHOSES\na=1\n")
    with lock.hold(home, "reconstruction"):
        result = execute(home, project, instance, patience_secondes=0.6)
    assert not result.success and "« reconstruction »" in error_of(result)
    assert (home / "depot" / "choses" / "un.txt").exists()


def test_run_that_was_killed_is_said_to_have_failed(home: Path, project: Path, instance: dg.DagsterInstance) -> None:
    night = stub.definitions_for(home, project).resolve_job_def("traitement")
    dead = instance.create_run_for_job(night, status=dg.DagsterRunStatus.STARTED, tags={LOCK_TAG: "tenu"})
    assert execute(home, project, instance).success
    assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE


# --- what the daemon does


@pytest.fixture
def workspace(home: Path, project: Path, instance: dg.DagsterInstance, tmp_path: Path) -> Iterator[object]:
    """What the daemon sees: our definitions, served by a code server of their own."""
    file = tmp_path / "definitions_essai.py"
    file.write_text(
        "from pathlib import Path\nimport dagster as dg\nfrom tests.end_to_end import stub\n"
        f"@dg.definitions\ndef defs():\n    return stub.definitions_for(Path({str(home)!r}), Path({str(project)!r}))\n"
    )
    target = PythonFileTarget(
        python_file=str(file), attribute=None, working_directory=str(PROJECT), location_name="essai"
    )
    with create_test_daemon_workspace_context(target, instance) as context:
        yield context


def tick_until(context: object, start: datetime, end: datetime) -> None:
    """Let the scheduler look at the clock every quarter of an hour."""
    moment, seen = start, {}
    while moment <= end:
        with freeze_time(moment):
            list(launch_scheduled_runs(context, LOGGER, moment, seen))
        moment += timedelta(minutes=15)


def test_one_night_is_one_run_even_when_the_clocks_change(workspace: object, instance: dg.DagsterInstance) -> None:
    for noon, expected in (
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)),
    ):
        known = {run.run_id for run in instance.get_runs()}
        # The first look only notes the time: a schedule never runs for the past.
        tick_until(workspace, noon, noon)
        tick_until(workspace, noon + timedelta(hours=8), noon + timedelta(hours=22))
        runs = [run for run in instance.get_runs() if run.run_id not in known]
        assert len(runs) == 1 and runs[0].job_name == "traitement"
        stamp = datetime.fromisoformat(runs[0].tags[SCHEDULED_EXECUTION_TIME_TAG])
        assert stamp == expected, f"04:00 in Paris on {expected:%d/%m} is {expected:%H:%M} UTC"
        for run in runs:
            instance.report_run_canceled(run)
        # So that the months between the two nights are not caught up.
        for state in instance.all_instigator_state():
            instance.delete_instigator_state(state.instigator_origin_id, state.selector_id)


def test_night_skips_and_says_why_when_somebody_works(home: Path, project: Path, instance: dg.DagsterInstance) -> None:
    definitions = stub.definitions_for(home, project)
    schedule = definitions.resolve_schedule_def("chaque_nuit")
    moment = datetime(2026, 6, 1, 2, tzinfo=UTC)
    with dg.build_schedule_context(instance, scheduled_execution_time=moment) as context:
        with lock.hold(home, "make run"):
            skipped = schedule.evaluate_tick(context)
        assert not skipped.run_requests and "« make run »" in (skipped.skip_message or "")
        assert len(schedule.evaluate_tick(context).run_requests) == 1


def test_deposit_is_noticed_once_when_it_is_quiet(home: Path, workspace: object, instance: dg.DagsterInstance) -> None:
    def look() -> list[dg.DagsterRun]:
        moment = datetime.now(UTC) + timedelta(minutes=look.calls)
        look.calls += 1
        with freeze_time(moment):
            list(execute_sensor_iteration(workspace, LOGGER, None, None))
        return list(instance.get_runs())

    look.calls = 0
    assert look() == []
    stub.drop(home, "un.txt", b"CHOSES\na=1\n")
    assert look() == [], "somebody may still be writing"
    time.sleep(sensors.QUIET_SECONDS)
    assert [run.job_name for run in look()] == ["traitement"]
    assert len(look()) == 1, "the same files are tried once"


def test_deposit_sensor_skips_when_somebody_works(
    home: Path, project: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensors, "QUIET_SECONDS", 0)
    sensor = stub.definitions_for(home, project).resolve_sensor_def("depot")
    stub.drop(home, "un.txt", b"CHOSES\na=1\n")
    stub.drop(home, ".cache", b"")
    with dg.build_sensor_context(instance) as context:
        with lock.hold(home, "make rebuild"):
            assert "« make rebuild »" in (sensor.evaluate_tick(context).skip_message or "")
        first = sensor.evaluate_tick(context).run_requests[0]
        stub.drop(home, "deux.txt", b"CHOSES\nb=1\n")
        assert sensor.evaluate_tick(context).run_requests[0].run_key != first.run_key


# --- alerts


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailHandler)
        self.mails: list[str] = []


class MailHandler(socketserver.StreamRequestHandler):
    """As much SMTP as a client needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 essai\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper()
            if command == b"DATA":
                self.wfile.write(b"354 allez\r\n")
                body = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(body).decode())
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server on this machine."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def smtp(server: MailServer) -> dict[str, str]:
    """The environment that points to a mail server."""
    return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(server.server_address[1]), "ALERTE_A": "exploitant@essai.fr"}


def decoded(mail: str) -> str:
    """A mail's text, its transfer encoding undone."""
    message = email.message_from_string(mail, policy=email.policy.default)
    return f"{message['Subject']}\n{message.get_content()}"


def test_failure_is_mailed_with_its_cause(
    home: Path, project: Path, instance: dg.DagsterInstance, mail: MailServer
) -> None:
    definitions = stub.definitions_for(home, project, **smtp(mail))
    stub.drop(home, "un.txt", b"CHOSES\nbug\n")
    result = definitions.resolve_job_def("traitement").execute_in_process(instance=instance, raise_on_error=False)
    alert = definitions.resolve_sensor_def("alerte_echec")
    context = dg.build_run_status_sensor_context(
        "alerte_echec", result.get_run_failure_event(), instance, instance.get_run_by_id(result.run_id)
    ).for_run_failure()
    alert(context)
    (text,) = [decoded(m) for m in mail.mails]
    assert "[Observatoire] échec du traitement « traitement »" in text
    assert "la division du secrétaire par zéro" in text and result.run_id in text and "aucune version" in text


def test_failure_is_not_mailed_when_no_server_is_configured(
    home: Path, project: Path, instance: dg.DagsterInstance
) -> None:
    definitions = stub.definitions_for(home, project)
    stub.drop(home, "un.txt", b"CHOSES\nbug\n")
    result = definitions.resolve_job_def("traitement").execute_in_process(instance=instance, raise_on_error=False)
    context = dg.build_run_status_sensor_context(
        "alerte_echec", result.get_run_failure_event(), instance, instance.get_run_by_id(result.run_id)
    ).for_run_failure()
    assert "SMTP_HOST" in definitions.resolve_sensor_def("alerte_echec")(context).skip_message


def test_warnings_are_mailed_once_and_a_dead_mail_server_stops_nothing(
    home: Path, project: Path, instance: dg.DagsterInstance, mail: MailServer
) -> None:
    stub.drop(home, "un.txt", b"CHOSES\na=1\n?\n")
    known = home / "dagster" / "alertes.json"
    for env, expected in (({**smtp(mail), "SMTP_PORT": "1"}, 0), (smtp(mail), 1), (smtp(mail), 1)):
        night = stub.definitions_for(home, project, **env).resolve_job_def("traitement")
        assert night.execute_in_process(instance=instance, raise_on_error=False).success
        assert len(mail.mails) == expected
    assert "1 lignes rejetées sur 2" in decoded(mail.mails[0])
    assert len(json.loads(known.read_text("utf-8"))) == 1


def test_dbt_dies_with_the_job() -> None:
    """Otherwise it would write the warehouse while the lock is free for the next job."""
    child = "import time; from orchestration.dbt_child import die_with_parent; die_with_parent()"
    script = f"{child}; print('ici', flush=True); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, cwd=PROJECT) as process:
        assert process.stdout and process.stdout.readline() == b"ici\n"
        started = time.monotonic()
        process.kill()
        assert process.stdout.read() == b"" and time.monotonic() - started < 30, "the child closed the pipe by dying"


# --- the committee's page in PDF


def pdf_of(result: dg.ExecuteInProcessResult) -> list[dg.DagsterEvent]:
    """The PDF that a run made, if it made one."""
    made = result.get_asset_materialization_events()
    return [event for event in made if event.asset_key == diffusion.KEY]


def test_night_without_dashboards_or_browser_is_green_and_says_why_there_is_no_pdf(
    home: Path,
    project: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
) -> None:
    stub.drop(home, "un.txt", b"CHOSES\na=1\n")
    result = execute(home, project, instance)
    assert result.success and not pdf_of(result) and figures(home) == {"a": 1}
    assert "PDF du comité non composé : les tableaux de bord ne sont pas encore préparés" in capfd.readouterr().err

    (home / "superset").mkdir()
    (home / "superset" / ".prepare").touch()
    monkeypatch.setenv("PATH", str(home))
    result = execute(home, project, instance)
    assert result.success and not pdf_of(result)
    assert "tapez « sudo apt-get install -y chromium" in capfd.readouterr().err


def test_pdf_is_mailed_with_the_page_attached_when_its_figures_changed(
    home: Path, project: Path, instance: dg.DagsterInstance, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = home / "publication" / "comite.pdf"
    env = {**smtp(mail), "PDF_A": "presidence@essai.fr, direction@essai.fr"}
    stub.drop(home, "un.txt", b"CHOSES\na=1\n")
    for digest, expected in (("un", 1), ("un", 1), ("deux", 2)):
        monkeypatch.setattr(diffusion, "print_page", lambda _, said=digest: (pages.write_bytes(b"%PDF-"), said)[1])
        night = stub.definitions_for(home, project, **env).resolve_job_def("traitement")
        result = night.execute_in_process(instance=instance, raise_on_error=False)
        assert result.success and len(pdf_of(result)) == 1 and len(mail.mails) == expected
    message = email.message_from_string(mail.mails[-1], policy=email.policy.default)
    (attached,) = message.iter_attachments()
    assert message["To"] == "presidence@essai.fr, direction@essai.fr"
    assert attached.get_filename() == "comite.pdf" and attached.get_content() == b"%PDF-"
