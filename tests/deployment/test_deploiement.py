"""The deployment of superset/deploiement/, started once whole: PostgreSQL, Redis, gunicorn behind nginx, over HTTPS."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import duckdb
import pytest
import requests
from playwright.sync_api import Browser

from tests.browser.expected import charts_of, dashboard_slugs, rows, visible_texts
from tests.browser.superset_server import PROJECT, PYTHON
from tests.browser.visitor import Visitor, visiting
from tests.deployment.site import DEPLOYMENT, Site, rendered

pytestmark = pytest.mark.long
PAGE = "qualite"
COUNTED = "Quelles sources passent bien ? (nombre de fichiers et % de refus, mois choisis)"
TOO_EXPOSED = 30  # tenths, on systemd's scale of 0 to 10


def published(site: Site) -> duckdb.DuckDBPyConnection:
    path = site.home / "publication" / "observatoire.duckdb"
    return duckdb.connect(str(path.resolve()), read_only=True)


def assert_tables_equal_a_query(visitor: Visitor, site: Site) -> None:
    with published(site) as connection:
        tables = [c for c in charts_of(PAGE, connection) if c.viz_type == "table"]
        assert tables
        for chart in tables:
            shown, possible = visitor.cells(chart.name), [visible_texts(chart, r) for r in rows(chart, connection)]
            assert bool(shown) == bool(possible), chart.name
            assert [row for row in shown if row not in possible] == [], chart.name


def get(site: Site, path: str, **options: object) -> requests.Response:
    return requests.get(site.superset.url + path, verify=site.certificate, timeout=60, **options)


def identities(site: Site) -> list[str]:
    query = "select id, slug from dashboards union all select id, slice_name from slices order by 1, 2;"
    found = site.sql(query + "select id, username from ab_user order by 1; select id, name from ab_role order by 1;")
    assert len(found) > len(dashboard_slugs())
    return found


def test_systemd_accepts_the_units_and_finds_them_confined(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("pas de systemd ici")
    for unit in DEPLOYMENT.glob("*.service"):
        (tmp_path / unit.name).write_text(rendered(unit.name, {"/srv/observatoire/": f"{PROJECT}/"}), "utf-8")
    units = sorted(tmp_path.iterdir())
    assert len(units) == 3
    env = os.environ | {"SYSTEMD_LOG_LEVEL": "warning"}
    said = subprocess.run(["systemd-analyze", "verify", *units], env=env, capture_output=True, text=True)
    assert (said.returncode, [line for line in said.stderr.splitlines() if "observatoire" in line]) == (0, [])
    confined = ["systemd-analyze", "security", "--offline=true", f"--threshold={TOO_EXPOSED}", "--no-pager"]
    judged = subprocess.run([*confined, *units], capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout[-2000:]


def test_http_is_sent_to_https(site: Site) -> None:
    answer = requests.get(f"http://127.0.0.1:{site.http_port}/login/?a=b", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"{site.superset.url}/login/?a=b")


def test_security_headers_come_once_and_the_visitor_chooses_neither_name_nor_address(site: Site) -> None:
    forged = {"Host": "voleur.example", "X-Forwarded-Host": "voleur.example", "X-Forwarded-Prefix": "/voleur"}
    answer = get(site, "/superset/welcome/", headers=forged, allow_redirects=False)
    assert answer.status_code == 302
    assert "voleur" not in answer.headers["Location"] + answer.text
    page = get(site, "/login/")
    assert page.headers["Strict-Transport-Security"] == "max-age=31556926; includeSubDomains"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options"):
        assert len(page.raw.headers.getlist(name)) == 1, name
    assert "nginx/" not in page.headers["Server"]


def test_static_files_are_kept_by_nginx_compressed_and_without_the_publishers_pixel(site: Site) -> None:
    scripts = re.findall(r'src="(/static/assets/[^"]+\.js)"', get(site, "/login/").text)
    assert scripts
    for _ in range(2):
        for path in scripts:
            answer = get(site, path)
            assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
            assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
            assert "max-age=31536000" in answer.headers["Cache-Control"]
            assert "gateway.scarf.sh" not in answer.text
    kept = [path for path in (site.folder / "statique").rglob("*") if path.is_file()]
    assert len(kept) == len(set(scripts))


def test_the_committee_reads_true_figures_over_https(browser: Browser, site: Site) -> None:
    with visiting(browser, site.superset, "comite") as visitor:
        visitor.open(PAGE)
        assert visitor.incidents == []
        assert_tables_equal_a_query(visitor, site)
        (cookie,) = [c for c in visitor.page.context.cookies() if c["name"] == "session"]
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    assert cookie["expires"] == -1, "it ends with the browser"


def test_a_copied_cookie_dies_with_its_session(browser: Browser, site: Site) -> None:
    me = "/api/v1/me/"
    with visiting(browser, site.superset, "comite") as visitor:
        before = {c["name"]: c["value"] for c in visitor.page.context.cookies()}
        assert get(site, me, cookies=before).json()["result"]["username"] == "comite"
        visitor.page.goto(f"{site.superset.url}/logout/")
    assert get(site, me, cookies=before).status_code == 401


def test_signing_in_changes_the_sessions_name(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    visitor = Visitor(site.superset, context.new_page())
    visitor.page.goto(f"{site.superset.url}/login/")
    (before,) = [c["value"] for c in context.cookies() if c["name"] == "session"]
    visitor.sign_in("comite")
    (after,) = [c["value"] for c in context.cookies() if c["name"] == "session"]
    context.close()
    assert before != after
    assert get(site, "/api/v1/me/", cookies={"session": before}).status_code == 401


def test_metadata_are_in_postgresql_and_caches_in_redis(site: Site) -> None:
    slugs = site.sql("select slug from dashboards where slug is not null order by 1")
    assert slugs == dashboard_slugs()
    assert not list((site.home / "superset").glob("*.db"))
    assert not (site.home / "superset" / "caches").exists()
    version = (site.home / "publication" / "observatoire.duckdb").resolve().name
    data = site.redis("keys", "observatoire:donnees:*")
    assert data and all(key.startswith(f"observatoire:donnees:{version}/") for key in data)
    assert all(int(site.redis("ttl", key)[0]) > 0 for key in data), "none stays for ever"
    assert site.redis("keys", "LIMITS:*"), "the counters of attempts, shared by the workers"
    assert site.redis("config", "get", "maxmemory-policy")[1] == "allkeys-lru"


def test_secrets_and_sockets_are_for_their_owner_and_group(site: Site) -> None:
    for name in ("secret_key", "guest_secret", "identifiants.csv"):
        assert stat.S_IMODE((site.home / "superset" / name).stat().st_mode) == 0o600
    for name in ("superset.sock", "redis-server.sock"):
        assert stat.S_IMODE((site.folder / name).stat().st_mode) == 0o770
    assert "PASS" not in (DEPLOYMENT / "observatoire.env").read_text("utf-8").upper()


def test_a_publication_shows_at_once(browser: Browser, site: Site) -> None:
    with visiting(browser, site.superset, "comite") as visitor:
        visitor.open(PAGE)
        before = visitor.cells(COUNTED)
        _publish_without_half_of_the_files(site)
        visitor.open(PAGE)
        assert visitor.cells(COUNTED) != before
        assert_tables_equal_a_query(visitor, site)


def _publish_without_half_of_the_files(site: Site) -> None:
    link = site.home / "publication" / "observatoire.duckdb"
    new = link.resolve().with_name("observatoire-20990101T000000.duckdb")
    shutil.copyfile(link.resolve(), new)
    with duckdb.connect(str(new)) as connection:
        connection.execute("delete from marts.ind_qualite_fichiers where rowid % 2 = 0")
    aside = link.with_name("lien")
    aside.symlink_to(Path("versions") / new.name)
    aside.rename(link)


def test_preparing_again_changes_no_identity(site: Site) -> None:
    accounts = (site.home / "superset" / "identifiants.csv").read_text("utf-8")
    before = identities(site)
    site.prepare([str(PYTHON), str(PROJECT / "superset" / "prepare.py")])
    assert identities(site) == before
    assert (site.home / "superset" / "identifiants.csv").read_text("utf-8") == accounts


def test_metadata_and_home_come_back_from_their_backup(browser: Browser, site: Site, tmp_path: Path) -> None:
    before = identities(site)
    site.dump(tmp_path / "metadonnees.dump")
    shutil.copytree(site.home / "superset", tmp_path / "superset")
    site.stop_superset()
    stopped = get(site, "/login/")
    assert (stopped.status_code, "il revient dans quelques minutes" in stopped.text) == (503, True)
    shutil.rmtree(site.home / "superset")
    site.redis("flushall")
    shutil.copytree(tmp_path / "superset", site.home / "superset")
    site.restore(tmp_path / "metadonnees.dump")
    assert identities(site) == before
    site.start_superset()
    with visiting(browser, site.superset, "comite") as visitor:
        visitor.open(PAGE)
        assert visitor.incidents == []
        assert_tables_equal_a_query(visitor, site)


def test_too_many_attempts_are_refused_in_french(site: Site) -> None:
    address, trusted = f"{site.superset.url}/login/", site.certificate
    answers = [requests.post(address, data={}, verify=trusted, timeout=60) for _ in range(15)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and refused[0].text == "Trop d'essais de connexion : attendez une minute, puis recommencez.\n"
    assert refused[0].headers["Content-Type"] == "text/plain; charset=utf-8"
    assert get(site, "/login/").status_code == 200, "the form itself still opens"
