"""dbt in a process that never outlives the job: `python -P orchestration/dbt_child.py build …`.

Killed without ceremony, a job would leave dbt writing the warehouse while the lock is free for the next one.
"""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the system to kill this process when its parent dies; only Linux knows how."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Run dbt's own command line."""
    die_with_parent()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
