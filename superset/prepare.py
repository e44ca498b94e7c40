"""Prepare Superset in one process: metadata, permissions, roles, accounts, dashboards; `python superset/prepare.py`
[--attendre].

Each of Superset's own commands costs a dozen seconds of imports. Everything here can be run again: accounts keep their
passwords, assets keep their ids, what left the tree leaves Superset, what people made themselves stays.
"""

import csv
import json
import logging
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import habilitations
import oidc
import palette
import retrieve
import roles
import warm
import yaml
from landing import READING_ORDER

# Superset reads its assets with `yaml.safe_load`: the parser in C reads the same twenty times as fast.
yaml.SafeLoader = yaml.CSafeLoader

HERE = Path(__file__).resolve().parent
os.environ["SUPERSET_CONFIG_PATH"] = str(HERE / "superset_config.py")

ASSETS = HERE / "assets"
STYLE = HERE / "style.css"

# What the bar of filters has for them at 1366 px, beside its buttons; what separates two filters; the widest of them.
FILTERS_PX, FILTER_GAP_PX, WIDEST_FILTER_PX = 1104, 16, 320

MILESTONES = "Jalons"
# How a milestone is drawn on a series: a thin dotted line; its name shows when it is pointed at, and in a table.
MILESTONE_STYLE = {
    "name": MILESTONES,
    "annotationType": "EVENT",
    "sourceType": "NATIVE",
    "style": "dotted",
    "color": palette.SECONDAIRE,
    "width": 1,
    "opacity": "",
    "show": True,
    "showLabel": False,
    "showMarkers": False,
    "hideLine": False,
    "overrides": {"time_range": None},
}


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print how long a step took."""
    start = time.monotonic()
    yield
    print(f"superset · {name} : {time.monotonic() - start:.1f} s", flush=True)


def upgrade_metadata() -> None:
    """Bring the metadata to the schema of the installed version; what each migration prints is of no use here."""
    from flask_migrate import upgrade

    import superset

    with redirect_stdout(StringIO()):
        upgrade(directory=str(Path(superset.__file__).parent / "migrations"))


def sync_permissions() -> None:
    """Create the permissions and the roles that Superset brings."""
    from superset import appbuilder, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()


def _known_accounts(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["utilisateur"]: row for row in csv.DictReader(file)}


def _write_accounts(path: Path, accounts: dict[str, dict[str, str]]) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("utilisateur", "mot_de_passe", "role"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(accounts.values())


def set_accounts(path: Path) -> None:
    """Create the demonstration accounts that are missing; their drawn passwords are in a file that the owner reads."""
    from superset import db, security_manager

    accounts = _known_accounts(path)
    for login, role in roles.ACCOUNTS.items():
        user = security_manager.find_user(login)
        if user is None or login not in accounts:
            password = secrets.token_urlsafe(12)
            accounts[login] = {"utilisateur": login, "mot_de_passe": password, "role": role}
            if user is not None:
                security_manager.reset_password(user.id, password)
            else:
                mail = f"{login}@observatoire.invalid"
                found = security_manager.find_role(role)
                user = security_manager.add_user(login, login.capitalize(), "Démonstration", mail, found, password)
        user.roles = [security_manager.find_role(role)]
    db.session.commit()
    _write_accounts(path, accounts)


def _style(dashboard: dict[str, Any]) -> str:
    """Return the style of a dashboard; the more filters it has, the narrower each of them, to hold on one line."""
    count = len(dashboard["metadata"].get("native_filter_configuration", []))
    width = min(WIDEST_FILTER_PX, FILTERS_PX // max(count, 1) - FILTER_GAP_PX)
    return f":root {{ --largeur-filtre: {width}px; }}\n{STYLE.read_text('utf-8')}"


def read_assets() -> dict[str, str]:
    """Return the text of every asset; what is written once, style and series' colours, enters each dashboard.

    A dashboard that came without the colours would be rewritten by its first reader's browser, who may not. A filter
    offers what exists: Superset would let a reader type a choice that empties the page.
    """
    texts = {str(path.relative_to(ASSETS)): path.read_text("utf-8") for path in sorted(ASSETS.rglob("*.yaml"))}
    for name, text in texts.items():
        if name.startswith("dashboards/"):
            dashboard = yaml.safe_load(text)
            dashboard["metadata"]["color_scheme_domain"] = palette.SERIES
            for native in dashboard["metadata"].get("native_filter_configuration", []):
                native["controlValues"]["creatable"] = False
            texts[name] = yaml.safe_dump({**dashboard, "css": _style(dashboard)}, allow_unicode=True)
    return texts


def _uuids(texts: dict[str, str]) -> dict[str, list[str]]:
    """Return the identities of the assets, by folder."""
    found: dict[str, list[str]] = {}
    for name, text in texts.items():
        folder, _, rest = name.partition("/")
        if rest:
            found.setdefault(folder, []).append(yaml.safe_load(text)["uuid"])
    return found


def load_assets(texts: dict[str, str], administrator: Any) -> None:
    """Load the assets over what an earlier run loaded; ids and bookmarks stay."""
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.utils.core import override_user

    with override_user(administrator):
        ImportAssetsCommand(texts).run()


def remove_what_left(loaded: dict[str, list[str]], register: Path) -> None:
    """Remove what an earlier run loaded and the tree no longer has, unless someone's own chart stands on it."""
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    from superset import db

    before = json.loads(register.read_text("utf-8")) if register.exists() else {}
    for folder, model in (("dashboards", Dashboard), ("charts", Slice), ("datasets", SqlaTable)):
        for identity in set(before.get(folder, [])) - set(loaded.get(folder, [])):
            found = db.session.query(model).filter_by(uuid=identity).one_or_none()
            in_use = (
                folder == "datasets" and found and db.session.query(Slice).filter_by(datasource_id=found.id).count()
            )
            if found is not None and not in_use:
                db.session.delete(found)
        db.session.flush()
    db.session.commit()
    register.write_text(json.dumps(loaded, indent=1), "utf-8")


def published_milestones(published: Path) -> list[tuple[Any, str]]:
    """Return day and text of the milestones that the series of the published file can show."""
    from superset.models.core import Database

    from superset import db

    if not published.exists():
        return []
    present = "select 1 from information_schema.tables where table_schema = 'marts' and table_name = 'dim_jalons'"
    query = "select date_jalon, libelle_jalon from marts.dim_jalons where est_dans_la_periode order by code_jalon"
    with db.session.query(Database).one().get_raw_connection() as connection:
        cursor = connection.cursor()
        cursor.execute(present)
        if not cursor.fetchall():
            return []
        cursor.execute(query)
        return cursor.fetchall()


def set_milestones(milestones: list[tuple[Any, str]]) -> None:
    """Put the milestones on the charts whose file says `jalons: true`.

    The import only keeps formulas among a chart's annotations, so ours are written after it: one layer, emptied and
    filled again, which each of these charts names.
    """
    from superset.models.annotations import Annotation, AnnotationLayer
    from superset.models.slice import Slice

    from superset import db

    layer = db.session.query(AnnotationLayer).filter_by(name=MILESTONES).one_or_none()
    if layer is None:
        layer = AnnotationLayer(name=MILESTONES, descr="")
        db.session.add(layer)
        db.session.flush()
    db.session.query(Annotation).filter_by(layer_id=layer.id).delete()
    for day, text in milestones:
        db.session.add(Annotation(layer_id=layer.id, start_dttm=day, end_dttm=day, short_descr=text, long_descr=""))
    for chart in db.session.query(Slice):
        params = json.loads(chart.params or "{}")
        if params.get("jalons"):
            others = [a for a in params.get("annotation_layers", []) if a["name"] != MILESTONES]
            params["annotation_layers"] = [*others, {**MILESTONE_STYLE, "value": layer.id}]
            chart.params = json.dumps(params)
    db.session.commit()


def order_dashboards() -> None:
    """Put our dashboards in reading order: the list of dashboards begins with what changed last."""
    from superset.models.dashboard import Dashboard

    from superset import db

    now = datetime.now()
    for rank, slug in enumerate(READING_ORDER):
        db.session.query(Dashboard).filter_by(slug=slug).update({"changed_on": now - timedelta(minutes=rank)})
    db.session.commit()


def prepare(wait: bool) -> bool:
    """Run every step; migrations and imports tell their life at length, only errors are worth a line.

    Return whether it went to the end: with `wait`, the last steps, which read the figures, are for when a line comes.
    """
    logging.disable(logging.WARNING)
    with step("démarrage"):
        from superset.app import create_app

        app = create_app()
    home = Path(app.config["PUBLISHED_FILE"]).parent.parent / "superset"
    with app.app_context():
        from superset.extensions import cache_manager

        from superset import security_manager

        with step("métadonnées"):
            upgrade_metadata()
        with step("permissions"):
            sync_permissions()
        with step("comptes"):
            roles.add_roles()
            roles.set_administrator()
            set_accounts(home / "identifiants.csv")
            habilitations.write_if_missing(home / "habilitations.csv", roles.DEMONSTRATION)
            oidc.write_mapping_if_missing(home / "roles_oidc.csv")
        with step("tableaux de bord"):
            texts = read_assets()
            load_assets(texts, security_manager.find_user("administrateur"))
            retrieve.remember(home)
            remove_what_left(_uuids(texts), home / "charges.json")
        with step("rôles"):
            roles.set_roles()
            roles.set_row_rules()
            roles.open_dashboards()
            order_dashboards()
        if wait and not sys.stdin.readline():
            return False
        set_milestones(published_milestones(Path(app.config["PUBLISHED_FILE"])))
        cache_manager.cache.clear()
        cache_manager.data_cache.clear()
        with step("réponses"):
            print(warm.said(warm.fill()))
    return True


if __name__ == "__main__":
    sys.exit(0 if prepare(wait="--attendre" in sys.argv) else 1)
