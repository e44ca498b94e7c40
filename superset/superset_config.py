"""Configuration of Superset: everything it keeps lives under `$OBSERVATOIRE_HOME/superset`, nothing leaves the machine.

Environment: `OBSERVATOIRE_HOME` (default `var` at the root), `SUPERSET_DELAI_SQL_S` (seconds that a statement may run),
`SUPERSET_MEMOIRE_SQL` (memory of the engine, per worker); for a real deployment, `SUPERSET_METADONNEES` (SQLAlchemy
address of a PostgreSQL base; a SQLite file otherwise), `SUPERSET_REDIS` (caches and counters in a Redis instead of
files), `SUPERSET_HTTPS=1` (behind exactly one proxy, which speaks HTTPS), `SUPERSET_HOTES` (names that it answers to,
separated by commas), `SUPERSET_SECRET_KEY`, `OIDC_ISSUER`, `OIDC_CLIENT_ID`, `OIDC_CLIENT_SECRET` (oidc.py).
"""

import copy
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import oidc
import palette
from audit import keep_an_audit_log
from browser_cache import keep_in_browsers
from door import guard_the_door
from duckdb_guard import Guard
from event_log import EventLogger
from exports import export_safely
from first_choice import tell_first_choices
from flask_appbuilder.const import AUTH_OAUTH
from french import D3_FORMAT_FR, D3_TIME_FORMAT_FR, speak_french
from landing import open_on_landing_pages
from privacy import keep_visitors_private
from reader_queries import hold_readers
from refusals import refuse_in_french
from security import SecurityManager
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool
from superset.config import TALISMAN_CONFIG as _TALISMAN_CONFIG
from whole_tables import ask_no_idle_counts

_ROOT = Path(__file__).resolve().parent.parent
_OBSERVATOIRE_HOME = Path(os.environ.get("OBSERVATOIRE_HOME") or _ROOT / "var").resolve()
_HOME = _OBSERVATOIRE_HOME / "superset"
_HOME.mkdir(parents=True, exist_ok=True)
_HOME.chmod(0o700)
DATA_DIR = str(_HOME)
_PUBLISHED = _OBSERVATOIRE_HOME / "publication" / "observatoire.duckdb"
_HTTPS = os.environ.get("SUPERSET_HTTPS") == "1"
# Behind a proxy, the proxy knows its own names unless they are repeated here.
_HOSTS = tuple(filter(None, os.environ.get("SUPERSET_HOTES", "" if _HTTPS else "127.0.0.1,localhost").split(",")))
_REDIS = os.environ.get("SUPERSET_REDIS", "")


def _secret(name: str) -> str:
    """Return a secret of this installation, drawn once into a file that only its owner reads."""
    path = _HOME / name
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(42))
    return path.read_text("utf-8").strip()


# Metadata. The journal lets dashboards be read while a log line is written; a server's connection may have died.
SECRET_KEY = os.environ.get("SUPERSET_SECRET_KEY") or _secret("secret_key")
GUEST_TOKEN_JWT_SECRET = _secret("guest_secret")
SQLALCHEMY_DATABASE_URI = os.environ.get("SUPERSET_METADONNEES") or (
    f"sqlite:///{_HOME}/superset.db?check_same_thread=false"
)
# Connections are kept: closing the last one has SQLite fold its journal, in the middle of a visitor's request.
SQLALCHEMY_ENGINE_OPTIONS: dict[str, Any] = {"pool_size": 10} | (
    {"connect_args": {"timeout": 30}, "poolclass": QueuePool}
    if SQLALCHEMY_DATABASE_URI.startswith("sqlite")
    else {"pool_pre_ping": True, "pool_recycle": 1800}
)


@event.listens_for(Engine, "connect")
def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Set the journal of a metadata connection; the published file has no such pragma and is left alone."""
    if type(connection).__module__.startswith("sqlite3"):
        for pragma in ("journal_mode=WAL", "busy_timeout=30000", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")


# Published data: one file, read only, through the guard.
SQL_SECONDS = float(os.environ.get("SUPERSET_DELAI_SQL_S", "30"))
DB_CONNECTION_MUTATOR = Guard(
    _PUBLISHED, seconds=SQL_SECONDS, memory_limit=os.environ.get("SUPERSET_MEMOIRE_SQL", "1GB")
).mutate
PUBLISHED_FILE = str(_PUBLISHED)
SQLLAB_TIMEOUT = int(SQL_SECONDS) + 5
SUPERSET_WEBSERVER_TIMEOUT = int(SQL_SECONDS) + 10
SQL_MAX_ROW = 100_000
CSV_EXPORT = {"encoding": "utf-8"}
PREVENT_UNSAFE_DB_CONNECTIONS = True
ALLOWED_EXTENSIONS: set[str] = set()


# Caches: on disk or in Redis, and data only as long as the publication it was computed on.
def _cache(name: str, **more: Any) -> dict[str, Any]:
    on_disk = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": str(_HOME / "caches" / name), "CACHE_THRESHOLD": 10_000}
    # Emptying one cache empties its prefix; without one it would empty the whole Redis.
    in_redis = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": _REDIS, "CACHE_KEY_PREFIX": f"observatoire:{name}:"}
    return {"CACHE_DEFAULT_TIMEOUT": 86_400, **(in_redis if _REDIS else on_disk), **more}


CACHE_CONFIG = _cache("metadonnees")
# Months: an answer belongs to a version of the publication, which never changes.
DATA_CACHE_CONFIG = _cache("donnees", CACHE_TYPE="generation_cache.GenerationCache", CACHE_DEFAULT_TIMEOUT=7_776_000)
FILTER_STATE_CACHE_CONFIG = _cache("filtres", CACHE_DEFAULT_TIMEOUT=7_776_000)
EXPLORE_FORM_DATA_CACHE_CONFIG = _cache("exploration", CACHE_DEFAULT_TIMEOUT=7_776_000)


# Doors
CUSTOM_SECURITY_MANAGER = SecurityManager
HABILITATIONS_FILE = str(_HOME / "habilitations.csv")
CLOSED_SESSIONS = str(_HOME / "sessions_fermees")
EVENT_LOGGER = EventLogger()
AUDIT_FILE = str(_OBSERVATOIRE_HOME / "journaux" / "audit.log")
OIDC_ROLES_FILE = str(_HOME / "roles_oidc.csv")
if _PROVIDER := oidc.provider(os.environ, _HOME):
    AUTH_TYPE = AUTH_OAUTH
    OAUTH_PROVIDERS = [_PROVIDER]
    AUTH_ROLES_SYNC_AT_LOGIN = True
ENABLE_CORS = False
VERSION_STRING = ""
AUTH_ROLE_ADMIN = "Administrateur"
FAB_API_SWAGGER_UI = False
WTF_CSRF_ENABLED = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _HTTPS
# A working day from the moment one signed in; a request in flight never writes a session that was just closed.
PERMANENT_SESSION_LIFETIME = timedelta(hours=10)
SESSION_REFRESH_EACH_REQUEST = False
ENABLE_PROXY_FIX = _HTTPS
PROXY_FIX_CONFIG = {"x_for": 1, "x_proto": 1, "x_host": 1, "x_port": 1, "x_prefix": 0}
RATELIMIT_ENABLED = True
RATELIMIT_APPLICATION = "200 per second"
# The counters' library has its own word for a socket.
RATELIMIT_STORAGE_URI = _REDIS.replace("unix://", "redis+unix://") or "memory://"
# Superset puts this limit on a page that takes no password; door.py holds the one that counts.
AUTH_RATE_LIMITED = False
TALISMAN_ENABLED = True
TALISMAN_CONFIG = copy.deepcopy(_TALISMAN_CONFIG)
TALISMAN_CONFIG["session_cookie_secure"] = _HTTPS
TALISMAN_CONFIG["strict_transport_security"] = _HTTPS
# Own server only: no map tiles, no fonts from elsewhere, no telemetry pixel.
TALISMAN_CONFIG["content_security_policy"].update(
    {
        "img-src": ["'self'", "blob:", "data:"],
        "connect-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
)
FEATURE_FLAGS = {
    "ALERT_REPORTS": False,
    "ALLOW_ADHOC_SUBQUERY": False,
    # What is far below is asked for when it comes near.
    "DASHBOARD_VIRTUALIZATION_DEFER_DATA": True,
    "DASHBOARD_RBAC": True,
    "DRILL_BY": True,
    "DRILL_TO_DETAIL": True,
    "EMBEDDED_SUPERSET": False,
    "ENABLE_TEMPLATE_PROCESSING": False,
}
LOG_LEVEL = "WARNING"

# Language
BABEL_DEFAULT_LOCALE = "fr"
LANGUAGES = {"fr": {"flag": "fr", "name": "Français"}}
D3_FORMAT = D3_FORMAT_FR
D3_TIME_FORMAT = D3_TIME_FORMAT_FR
CURRENCIES = ["EUR"]


def FLASK_APP_MUTATOR(app: Any) -> None:
    """Register our hooks."""
    refuse_in_french(app, _OBSERVATOIRE_HOME, _HOSTS)
    hold_readers(app)
    guard_the_door(app)
    keep_an_audit_log(app)
    if _PROVIDER:
        oidc.sign_out_at_the_provider(app)
    speak_french(app)
    open_on_landing_pages(app)
    keep_visitors_private(app)
    keep_in_browsers(app)
    tell_first_choices(app)
    ask_no_idle_counts(app)
    export_safely(app)


# Looks
APP_NAME = "Observatoire de l’administration numérique"
ENABLE_UI_THEME_ADMINISTRATION = False
_FONTS = "Inter, 'DejaVu Sans', Arial, sans-serif"
_AXIS_LABEL = {"color": palette.SECONDAIRE, "fontSize": 12}
_LOGO = (
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='360' height='40'>"
    "<rect x='0' y='22' width='8' height='18' rx='2' fill='%230B5FA5'/>"
    "<rect x='12' y='14' width='8' height='26' rx='2' fill='%23C8500A'/>"
    "<rect x='24' y='6' width='8' height='34' rx='2' fill='%2300806A'/>"
    "<rect x='36' y='28' width='8' height='12' rx='2' fill='%235B2472'/>"
    "<text x='56' y='30' font-family='DejaVu Sans,Arial,sans-serif' font-size='24' font-weight='700'"
    " fill='%231B2733'>Observatoire</text></svg>"
)
_SPINNER = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 50 50' width='50' height='50'>"
    "<circle cx='25' cy='25' r='20' fill='none' stroke='#E1E5EA' stroke-width='5'/>"
    "<path d='M25 5a20 20 0 0 1 20 20' fill='none' stroke='#0B5FA5' stroke-width='5' stroke-linecap='round'>"
    "<animateTransform attributeName='transform' type='rotate' from='0 25 25' to='360 25 25' dur='1s'"
    " repeatCount='indefinite'/></path></svg>"
)
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": _LOGO,
        "brandLogoHref": "/",
        "brandLogoHeight": "24px",
        "brandLogoMargin": "18px 0",
        "brandSpinnerSvg": _SPINNER,
        "colorPrimary": palette.PROCESSUS["marches"],
        "colorLink": palette.PROCESSUS["marches"],
        "colorInfo": palette.PROCESSUS["marches"],
        "colorError": palette.A_RENFORCER[0],
        "colorWarning": "#B26B00",
        "colorSuccess": palette.ATTEINT[0],
        "colorText": palette.TEXTE,
        "colorTextSecondary": palette.SECONDAIRE,
        "colorBgLayout": palette.FOND,
        "borderRadius": 6,
        "fontFamily": _FONTS,
        "fontUrls": [],
        "fontSize": 14,
    },
    "algorithm": "default",
    "echartsOptionsOverrides": {
        "animation": False,
        "textStyle": {"fontFamily": _FONTS},
        "legend": {"selector": False, "textStyle": {"fontSize": 12, "color": palette.TEXTE}},
        "xAxis": {"axisLabel": _AXIS_LABEL, "axisLine": {"lineStyle": {"color": "#AEB8C2"}}},
        "yAxis": {"axisLabel": _AXIS_LABEL, "splitLine": {"lineStyle": {"color": palette.FILET}}},
    },
}
THEME_DARK = None


def _scheme(name: str, label: str, colors: list[str], **more: Any) -> dict[str, Any]:
    return {"id": name, "label": label, "description": label, "colors": colors, **more}


EXTRA_CATEGORICAL_COLOR_SCHEMES = [_scheme("observatoire", "Observatoire", palette.SERIES, isDefault=True)]
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    _scheme("obs_bleus", "Bleus", palette.BLEUS, isDiverging=False, isDefault=True),
    _scheme("obs_couverture", "Couverture", palette.COUVERTURE, isDiverging=False),
    _scheme("obs_refus", "Refus", palette.REFUS, isDiverging=False),
]
