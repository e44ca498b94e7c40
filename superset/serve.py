"""Serve Superset until a signal stops it, on 127.0.0.1 (`SUPERSET_PORT`, 8088 by default) or on a socket file that its
owner and his group reach (`SUPERSET_SOCKET`).

Threads, not coroutines: DuckDB holds its thread while a query runs, and would hold every visitor of a gevent worker.
The application is loaded once, before the workers are forked.
"""

import os
import sys
from pathlib import Path
from typing import Any

from duckdb_guard import limit_process_memory
from gunicorn.app.base import BaseApplication

HERE = Path(__file__).resolve().parent
WORKERS = 3
THREADS = 8
WORKER_MEGABYTES = 3_000
SOCKET_UMASK = 0o007


def _after_fork(_arbiter: Any, _worker: Any) -> None:
    """Bound the worker's memory, and leave the master's metadata connections to the master."""
    limit_process_memory(WORKER_MEGABYTES)
    from superset import db

    with Server.application.app_context():
        db.engine.dispose(close=False)


def _address() -> str:
    socket = os.environ.get("SUPERSET_SOCKET")
    return f"unix:{socket}" if socket else f"127.0.0.1:{os.environ.get('SUPERSET_PORT', '8088')}"


class Server(BaseApplication):
    """Gunicorn without a command line."""

    application: Any = None

    def load_config(self) -> None:
        options = {
            "bind": _address(),
            "umask": SOCKET_UMASK,
            "control_socket_disable": True,
            "workers": WORKERS,
            "threads": THREADS,
            "worker_class": "gthread",
            "preload_app": True,
            "timeout": 120,
            "graceful_timeout": 5,
            # Long: a reader's next click must not meet a connection that is being closed.
            "keepalive": 75,
            "post_fork": _after_fork,
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        if Server.application is None:
            from superset.app import create_app

            Server.application = create_app()
        return Server.application


def main() -> None:
    """Serve."""
    os.environ.setdefault("SUPERSET_CONFIG_PATH", str(HERE / "superset_config.py"))
    sys.argv = sys.argv[:1]
    Server().run()


if __name__ == "__main__":
    main()
