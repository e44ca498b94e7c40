"""After a publication, have Superset answer in advance what its dashboards will be asked.

A convenience for readers, never a condition of the night: where Superset was not prepared there is nothing to do, and
what goes wrong is told and left there, since a question that was not answered in advance is answered when it is asked.
"""

import os
import subprocess
from pathlib import Path

from orchestration import tableaux

LONGEST_SECONDS = 600


def fill(home: Path, project: Path) -> tuple[bool, str]:
    """Fill the caches of a home: whether all went well, and how it went in French."""
    python = project / tableaux.PYTHON
    if not python.exists() or not tableaux.is_prepared(home):
        return True, "Superset n'est pas préparé ici : aucune réponse à calculer d'avance"
    command, environment = [str(python), str(project / "superset" / "warm.py")], {"OBSERVATOIRE_HOME": str(home)}
    try:
        done = subprocess.run(
            command,
            cwd=project,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False, f"les réponses d'avance n'ont pas été calculées en {LONGEST_SECONDS} s"
    lines = done.stdout.splitlines() or ["sans un mot"]
    return not done.returncode, lines[-1]
