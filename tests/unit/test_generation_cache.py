"""Superset's cache of results, run in its own runtime: a publication empties it, even while a query runs."""

import subprocess
from pathlib import Path

import pytest

PROGRAM = """
from pathlib import Path
from flask_caching.backends.simplecache import SimpleCache
from generation_cache import GenerationCache

link = Path('observatoire.duckdb')

def publish(version):
    Path(version).touch()
    link.unlink(missing_ok=True)
    link.symlink_to(version)

cache = GenerationCache(SimpleCache(), link, 60)
publish('v1')
assert cache.get('requête') is None
cache.set('requête', 'résultat de v1')
assert cache.get('requête') == 'résultat de v1' and cache.has('requête')
publish('v2')
assert cache.get('requête') is None, 'a publication empties the cache'
publish('v3')
cache.set('requête', 'calculé à cheval')
assert cache.get('requête') is None, 'a result computed across a publication is not served'
cache.set('jamais demandée', 'sans version sûre')
assert cache.get('jamais demandée') is None
publish('v1')
assert cache.get('requête') == 'résultat de v1', 'a rollback finds its own results'
"""


def test_results_never_outlive_their_publication(project: Path, tmp_path: Path) -> None:
    python = project / ".venv-superset" / "bin" / "python"
    if not python.exists():
        pytest.fail("le runtime de Superset n'est pas installé : make setup")
    environment = {"PYTHONPATH": str(project / "superset")}
    done = subprocess.run([python, "-c", PROGRAM], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
