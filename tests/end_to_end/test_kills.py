"""Killed at any moment, the job loses nothing, repeats nothing, and its next run ends where it would have ended."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.demo.generator import write_demo
from tests.end_to_end.night import run_job

FILES = "select source, sha256, statut, nb_enregistrements from marts.fct_fichiers_recus"
VALUES = "select * from marts.ind_valeurs"


def differences(calm: Path, hurt: Path, sql: str) -> list[tuple]:
    """Rows that one home publishes and not the other, a few of them, each with the home that has it."""
    with duckdb.connect() as connection:
        for name, home in (("calme", calm), ("coupe", hurt)):
            connection.execute(
                f"attach '{(home / 'publication' / 'observatoire.duckdb').resolve()}' as {name} (read_only)"
            )
            connection.execute(f"create temp table de_{name} as {sql.replace('marts.', f'{name}.marts.')}")
        ((rows,),) = connection.execute("select count(*) from de_calme").fetchall()
        assert rows
        return connection.execute(
            "(select 'calme', * from (from de_calme except all from de_coupe) limit 10) union all"
            " (select 'coupe', * from (from de_coupe except all from de_calme) limit 10)"
        ).fetchall()


def start_and_kill(home: Path, seconds: float) -> None:
    """Start the job in a group of its own and kill the whole group, dbt included, after some seconds."""
    env = os.environ | {"OBSERVATOIRE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster"), "DEMO": "0"}
    command = [sys.executable, "-m", "orchestration.run"]
    job = subprocess.Popen(
        command, env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        job.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()


def kill_often(folder: Path, times: int) -> None:
    calm, hurt = folder / "calme", folder / "coupe"
    for home in (calm, hurt):
        write_demo(home, 0.005, 1, 2013)
    done = run_job(calm)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    rng = random.Random(times)
    for _ in range(times):
        start_and_kill(hurt, rng.uniform(2, 25))
    done = run_job(hurt)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert differences(calm, hurt, FILES) == []
    assert differences(calm, hurt, VALUES) == []


@pytest.mark.long
def test_ten_kills(tmp_path: Path) -> None:
    kill_often(tmp_path, 10)


@pytest.mark.torture
def test_a_hundred_kills(tmp_path: Path) -> None:
    kill_often(tmp_path, 100)
