"""Superset's configuration with each protection taken away: under it the attacks succeed, so their tests can fail.

Never used but by test_twins.py, on a copy of a home.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "superset"))

import duckdb
from sqlalchemy.pool import NullPool
from superset_config import *  # noqa: F403
from superset_config import PUBLISHED_FILE

from superset.security import SupersetSecurityManager


def DB_CONNECTION_MUTATOR(uri, params, username, security_manager, source):
    """Open the published file as its writer would."""
    from duckdb_engine import ConnectionWrapper

    def creator():
        return ConnectionWrapper(duckdb.connect(str(Path(PUBLISHED_FILE).resolve()), read_only=False))

    return uri.set(query={}), {"poolclass": NullPool, "creator": creator}


CUSTOM_SECURITY_MANAGER = SupersetSecurityManager
# Whoever signs in may do everything.
FAB_ROLES = {"Comité": [[".*", ".*"]]}
AUTH_ROLE_ADMIN = "Comité"
WTF_CSRF_ENABLED = False
FAB_SAFE_REDIRECT_HOSTS = ["evil.example"]
FAB_API_SWAGGER_UI = True
VERSION_STRING = "6.1.0"
FEATURE_FLAGS = {"ALLOW_ADHOC_SUBQUERY": True, "DASHBOARD_RBAC": True}


def FLASK_APP_MUTATOR(app):
    """Register no hook."""
