"""Who gets in, and who sees what: rows by habilitation, also from a warm cache; tries, sessions, the audit log."""

import importlib.util
import json
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.session import PATIENCE_SECONDS, Session
from tests.browser.superset_server import PROJECT, Superset
from tests.browser.visitor import CAPTURES, Visitor, visiting

pytestmark = pytest.mark.browser

MAIRIE, EPCI = {"212901037"}, {"242900835", "212901516"}
STRANGER = "213502388"
PAGE = "ma-collectivite"
PAGES = [PAGE, *(pytest.param(slug, marks=pytest.mark.long) for slug in ("preuves", "enquetes", "simulateur"))]


@pytest.fixture(scope="module")
def mairie(superset: Superset) -> Session:
    return Session(superset, "mairie")


@pytest.fixture(scope="module")
def epci(superset: Superset) -> Session:
    return Session(superset, "epci")


@pytest.fixture(scope="module")
def roles() -> ModuleType:
    """superset/roles.py, read from its file: the folder is no package."""
    spec = importlib.util.spec_from_file_location("roles", PROJECT / "superset" / "roles.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def habilitations(superset: Superset) -> Iterator[Path]:
    """The file that a test may change; it is put back."""
    path = superset.home / "superset" / "habilitations.csv"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


def question(dashboard: int, chart: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a query by SIREN on the dataset of a chart, as the chart's page sends it."""
    query = {"columns": ["siren"], "metrics": ["nb_lignes"], "row_limit": 5_000, "filters": [], "extras": {}}
    asked = {
        "datasource": {"id": int(chart["form_data"]["datasource"].split("__")[0]), "type": "table"},
        "queries": [query],
        "form_data": {"dashboardId": dashboard, "slice_id": chart["id"]},
        "result_format": "json",
        "result_type": "full",
        "force": False,
    }
    return asked | more


def in_charts(session: Session) -> set[str]:
    """Return the SIREN that the charts of the page give, each dataset once."""
    dashboard, charts = session.dashboard(PAGE)
    found: set[str] = set()
    for chart in {c["form_data"]["datasource"]: c for c in charts}.values():
        (result,) = session.post("/api/v1/chart/data", question(dashboard, chart)).json()["result"]
        assert result["data"], chart["slice_name"]
        found |= {row["siren"] for row in result["data"]}
    return found


def in_rows_behind(session: Session) -> set[str]:
    """Return the SIREN of the rows that a drill down shows."""
    dashboard, charts = session.dashboard(PAGE)
    dataset = charts[0]["form_data"]["datasource"].split("__")[0]
    path = f"/datasource/samples?datasource_type=table&datasource_id={dataset}&force=false&page=1&per_page=500"
    answer = session.post(f"{path}&dashboard_id={dashboard}", {"filters": []})
    return {row["siren"] for row in answer.json()["result"]["data"]}


def listed(session: Session, slug: str) -> tuple[str, dict[str, Any]]:
    """Return the column and the question of the first filter of a page that this session may open."""
    dashboard, _ = session.dashboard(slug)
    metadata = json.loads(session.get(f"/api/v1/dashboard/{slug}").json()["result"]["json_metadata"])
    native = metadata["native_filter_configuration"][0]
    target = native["targets"][0]
    column = target["column"]["name"]
    return column, {
        "datasource": {"id": target["datasetId"], "type": "table"},
        "queries": [{"columns": [column], "metrics": [], "row_limit": 5_000, "filters": [], "extras": {}}],
        "form_data": {"dashboardId": dashboard, "type": "NATIVE_FILTER", "native_filter_id": native["id"]},
        "result_format": "json",
        "result_type": "full",
    }


def in_filter(session: Session) -> set[str]:
    """Return the names of collectivités that the page's filter offers."""
    column, asked = listed(session, PAGE)
    (result,) = session.post("/api/v1/chart/data", asked).json()["result"]
    return {row[column] for row in result["data"]}


def in_export(session: Session) -> set[str]:
    """Return the SIREN of a chart's export."""
    dashboard, charts = session.dashboard(PAGE)
    answer = session.post("/api/v1/chart/data", question(dashboard, charts[0], result_format="csv"))
    assert answer.headers["content-type"].startswith("text/csv")
    return {line.split(",")[0].strip('"') for line in answer.text.splitlines()[1:]}


@pytest.mark.parametrize("way", [in_charts, in_rows_behind, in_export], ids=["charts", "drill", "export"])
def test_two_collectivites_each_see_their_own_rows_from_a_warm_cache(mairie: Session, epci: Session, way: Any) -> None:
    for _ in range(2):
        assert way(mairie) == MAIRIE
        assert way(epci) == EPCI


def test_a_filter_offers_one_s_own_collectivites_only(
    mairie: Session, epci: Session, published: duckdb.DuckDBPyConnection
) -> None:
    query = "select distinct siren, libelle_collectivite from marts.ind_comparaisons"
    labels = dict(published.execute(query).fetchall())
    for _ in range(2):
        assert in_filter(mairie) == {labels[siren] for siren in MAIRIE}
        assert in_filter(epci) == {labels[siren] for siren in EPCI}


def test_a_filter_lists_its_own_dataset_to_who_may_open_its_page(superset: Superset, mairie: Session) -> None:
    committee = Session(superset, "comite")
    _, asked = listed(committee, "pilotage")
    dashboard, charts = committee.dashboard(PAGE)
    other = {"id": int(charts[0]["form_data"]["datasource"].split("__")[0]), "type": "table"}
    unknown = asked["form_data"] | {"native_filter_id": "NATIVE_FILTER-inconnu"}
    elsewhere = asked["form_data"] | {"dashboardId": dashboard}
    assert committee.post("/api/v1/chart/data", asked).json()["result"][0]["data"]
    for wrong in ({"datasource": other}, {"form_data": unknown}, {"form_data": elsewhere}):
        assert committee.post("/api/v1/chart/data", asked | wrong).status_code == 403, wrong
    assert mairie.post("/api/v1/chart/data", asked).status_code == 403


def test_the_second_answer_came_from_the_cache(mairie: Session) -> None:
    """Without which the test above would prove nothing."""
    dashboard, charts = mairie.dashboard(PAGE)
    answers = [mairie.post("/api/v1/chart/data", question(dashboard, charts[0])).json() for _ in range(2)]
    assert answers[1]["result"][0]["is_cached"] is True


def test_the_committee_sees_all(superset: Superset, published: duckdb.DuckDBPyConnection) -> None:
    (count,) = published.execute("select count(distinct siren) from marts.ind_fiche_retours").fetchone()
    assert len(in_charts(Session(superset, "comite"))) >= count


def test_an_habilitation_takes_effect_at_once(mairie: Session, habilitations: Path) -> None:
    assert in_charts(mairie) == MAIRIE
    habilitations.write_text(f"utilisateur;siren\nmairie;212901037\nmairie;{STRANGER}\n", "utf-8")
    assert in_charts(mairie) == {*MAIRIE, STRANGER}
    habilitations.write_text(f"utilisateur;siren\nmairie;{STRANGER}\n", "utf-8")
    assert in_charts(mairie) == {STRANGER}


@pytest.mark.parametrize("content", [b"", b"siren\n212901037\n", b"utilisateur;siren\nmairie;212901038\n"])
def test_a_broken_file_shows_nothing_to_anyone(mairie: Session, habilitations: Path, content: bytes) -> None:
    habilitations.write_bytes(content)
    dashboard, charts = mairie.dashboard(PAGE)
    (result,) = mairie.post("/api/v1/chart/data", question(dashboard, charts[0])).json()["result"]
    assert result["data"] == []


def test_every_loaded_table_that_tells_of_one_collectivite_is_under_a_rule(superset: Superset) -> None:
    query = """
        select t.table_name from tables t join table_columns c on c.table_id = t.id
        where c.column_name in ('siren', 'perimetre_code')
          and t.id not in (select table_id from rls_filter_tables)
    """
    with sqlite3.connect(superset.home / "superset" / "superset.db") as connection:
        assert connection.execute(query).fetchall() == []


def test_aggregates_open_to_all_name_no_collectivite(roles: ModuleType, published: duckdb.DuckDBPyConnection) -> None:
    for name in roles.AGGREGATES:
        named = "coalesce(nom_collectivite, siren_epci) is not null"
        query = f"select count(*) from marts.{name} where siren is null and {named}"
        assert published.execute(query).fetchone() == (0,), name


def test_peers_are_only_told_of_from_five_on(published: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) from marts.ind_comparaisons
        where coalesce(valeur_classe, valeur_quartile_bas, valeur_quartile_haut) is not null
          and nb_pairs - case when valeur is not null and statut <> 'estime' then 1 else 0 end < 5
    """
    assert published.execute(query).fetchone() == (0,)
    told = "select count(*) from marts.ind_comparaisons where valeur_classe is not null"
    assert published.execute(told).fetchone() > (0,)


@pytest.mark.parametrize("login", ["mairie", pytest.param("epci", marks=pytest.mark.long)])
@pytest.mark.parametrize("slug", PAGES)
def test_a_collectivite_opens_its_pages_complete(browser: Browser, superset: Superset, login: str, slug: str) -> None:
    with visiting(browser, superset, login) as visitor:
        visitor.incidents.clear()
        visitor.open(slug, captures=superset.home.parent / "captures" / login)
        assert visitor.incidents == []
        assert visitor.tile_errors() == []
        assert visitor.layout_faults() == []


def test_a_collectivite_opens_no_other_page_and_no_list(roles: ModuleType, mairie: Session) -> None:
    for slug in set(roles.dashboard_slugs()) - set(roles.DASHBOARDS_OF_A_COLLECTIVITE):
        assert mairie.get(f"/api/v1/dashboard/{slug}").status_code in (403, 404), slug
        assert mairie.get(f"/superset/dashboard/{slug}/").status_code in (403, 404), slug
    for path in ("/api/v1/database/", "/api/v1/dataset/", "/sqllab/", "/tablemodelview/list/", "/databaseview/list/"):
        assert mairie.get(path).status_code in (403, 404), path
    assert mairie.get("/api/v1/chart/").json()["count"] == 0
    assert mairie.post("/api/v1/sqllab/execute/", {"database_id": 1, "sql": "select 1"}).status_code == 403


def test_an_analyst_keeps_charts_of_their_own_and_leaves_ours(superset: Superset) -> None:
    analyst = Session(superset, "analyste")
    _, charts = analyst.dashboard(PAGE)
    dataset = int(charts[0]["form_data"]["datasource"].split("__")[0])
    own = {"slice_name": "Le mien", "viz_type": "table", "datasource_id": dataset, "datasource_type": "table"}
    created = analyst.post("/api/v1/chart/", own)
    assert created.status_code == 201
    mine = f"/api/v1/chart/{created.json()['id']}"
    assert analyst.send("PUT", mine, {"slice_name": "Toujours le mien"}).status_code == 200
    assert analyst.send("PUT", f"/api/v1/chart/{charts[0]['id']}", {"slice_name": "Pris"}).status_code == 403
    assert analyst.send("DELETE", mine).status_code == 200


PRIVATE = [
    "/superset/dashboard/pilotage/",
    "/superset/dashboard/ma-collectivite/",
    "/dashboard/list/",
    "/chart/list/",
    "/sqllab/",
    "/explore/",
    "/users/list/",
    "/roles/list/",
    "/tablemodelview/list/",
    "/databaseview/list/",
    "/user_info/",
    "/resetmypassword/form",
    "/api/v1/me/",
    "/api/v1/menu/",
    "/api/v1/dashboard/",
    "/api/v1/dashboard/pilotage",
    "/api/v1/dashboard/pilotage/charts",
    "/api/v1/dashboard/pilotage/datasets",
    "/api/v1/chart/",
    "/api/v1/chart/1",
    "/api/v1/chart/1/data/",
    "/api/v1/dataset/",
    "/api/v1/database/",
    "/api/v1/query/",
    "/api/v1/saved_query/",
    "/api/v1/security/csrf_token/",
    "/api/v1/security/users/",
    "/api/v1/security/roles/",
    "/api/v1/rowlevelsecurity/",
    "/api/v1/log/",
    "/api/v1/annotation_layer/",
    "/api/v1/theme/",
    "/api/v1/dashboard/export/?q=!(1)",
    "/api/v1/assets/export/",
    "/register/",
    "/swagger/v1",
    "/metrics",
]


def test_without_signing_in_there_is_the_sign_in_page_and_nothing_else(superset: Superset) -> None:
    nobody = Session(superset)
    for path in PRIVATE:
        answer = nobody.get(path)
        to_sign_in = answer.status_code == 302 and "/login/" in answer.headers["location"]
        assert to_sign_in or answer.status_code in (401, 404), (path, answer.status_code)
    assert nobody.get("/login/").status_code == 200
    with sqlite3.connect(superset.home / "superset" / "superset.db") as connection:
        query = """select count(*) from ab_permission_view_role p join ab_role r on r.id = p.role_id
                   where r.name = 'Public'"""
        assert connection.execute(query).fetchone() == (0,)


def test_the_public_role_opens_nothing_whatever_it_is_given(superset: Superset) -> None:
    """The library lets in who is not signed in where its public role holds a permission; here, nowhere."""
    given = """select p.id, r.id from ab_permission_view p join ab_permission a on a.id = p.permission_id
               join ab_view_menu v on v.id = p.view_menu_id cross join ab_role r
               where a.name = 'can_read' and v.name = 'Dashboard' and r.name = 'Public'"""
    with closing(sqlite3.connect(superset.home / "superset" / "superset.db", timeout=30)) as connection:
        added = connection.execute(
            f"insert into ab_permission_view_role (permission_view_id, role_id) {given} returning id"
        ).fetchall()
        connection.commit()
        try:
            assert len(added) == 1
            assert Session(superset).get("/api/v1/dashboard/").status_code == 401
        finally:
            connection.execute("delete from ab_permission_view_role where id = ?", added[0])
            connection.commit()


def test_who_tries_too_often_waits(superset: Superset) -> None:
    """Ten failures of one account from one address; the right password then has to wait, another account has not."""
    nobody = Session(superset)
    for _ in range(10):
        assert nobody.sign_in("personne", "faux").status_code == 302
    answer = nobody.sign_in("PERSONNE", "faux")
    assert answer.status_code == 429 and "Trop d’essais de connexion" in answer.text
    assert int(answer.headers["retry-after"]) > 0
    by_program = {"username": "personne", "password": "faux", "provider": "db"}
    answer = nobody.post("/api/v1/security/login", by_program)
    assert answer.status_code == 429 and "Trop d’essais" in answer.json()["message"]
    assert Session(superset, "comite").get("/api/v1/me/").status_code == 200


@pytest.mark.long
def test_an_address_that_tries_many_accounts_waits(superset: Superset) -> None:
    """Fifty failures from one address, of as many accounts: it then waits, whatever it types; no other address does."""
    nobody = Session(superset)
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
    nobody.http = httpx.Client(base_url=superset.url, timeout=PATIENCE_SECONDS, transport=elsewhere)
    for rank in range(50):
        assert nobody.sign_in(f"personne{rank}", "faux").status_code == 302
    assert nobody.sign_in("comite", superset.password("comite")).status_code == 429
    assert Session(superset, "comite").get("/api/v1/me/").status_code == 200


def test_a_page_that_does_not_exist_says_so_in_french(browser: Browser, superset: Superset) -> None:
    with visiting(browser, superset, "comite") as visitor:
        answer = visitor.page.goto(f"{superset.url}/superset/dashboard/nulle-part/")
        CAPTURES.mkdir(parents=True, exist_ok=True)
        visitor.page.screenshot(path=CAPTURES / "introuvable.png")
        assert answer.status == 404
        assert visitor.page.inner_text("h1") == "Page introuvable"
        visitor.page.click("text=Revenir aux tableaux de bord")
        visitor.page.wait_for_url("**/superset/dashboard/comite/**")


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(superset: Superset) -> None:
    cookie = Session(superset, "comite").signed_in.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_copied_cookie_ends_with_its_session(superset: Superset) -> None:
    session, copy = Session(superset, "comite"), Session(superset)
    copy.http.cookies = dict(session.http.cookies)
    assert copy.get("/api/v1/me/").status_code == 200
    session.get("/logout/")
    copy.http.cookies = dict(copy.http.cookies)
    assert copy.get("/api/v1/me/").status_code == 401


def test_a_new_password_ends_the_other_sessions(superset: Superset) -> None:
    administrator = Session(superset, "administrateur")
    roles = administrator.get("/api/v1/security/roles/?q=(page_size:100)").json()["result"]
    account = {
        "username": "essai",
        "first_name": "Essai",
        "last_name": "Essai",
        "email": "essai@observatoire.invalid",
        "active": True,
        "password": "Premier-mot-de-passe-1",
        "roles": [role["id"] for role in roles if role["name"] == "Comité"],
    }
    created = administrator.post("/api/v1/security/users/", account)
    assert created.status_code == 201, created.text
    path = f"/api/v1/security/users/{created.json()['id']}"
    try:
        session = Session(superset, "essai", account["password"])
        assert session.get("/api/v1/me/").status_code == 200
        changed = administrator.send("PUT", path, {"password": "Second-mot-de-passe-2"})
        assert changed.status_code == 200, changed.text
        assert session.get("/api/v1/me/").status_code == 401
    finally:
        administrator.send("DELETE", path)


def test_the_audit_log_tells_who_did_what_and_no_secret(superset: Superset, mairie: Session) -> None:
    log = superset.home / "journaux" / "audit.log"
    before = log.stat().st_size
    in_export(mairie)
    in_rows_behind(mairie)
    mairie.get("/superset/dashboard/ma-collectivite/")
    mairie.get("/api/v1/dataset/")
    analyst = Session(superset, "analyste")
    (database,) = analyst.get("/api/v1/database/").json()["result"]
    sql = "select nom from marts.dim_collectivites where siren = '213502388'"
    asked = {"database_id": database["id"], "sql": sql, "schema": "marts", "runAsync": False}
    assert analyst.post("/api/v1/sqllab/execute/", asked).status_code == 200
    analyst.get("/logout/")
    Session(superset).sign_in("analyste", "pas-le-bon-mot-de-passe")
    with log.open(encoding="utf-8") as file:
        file.seek(before)
        text = file.read()
    events = [json.loads(line) for line in text.splitlines()]
    told = {(event["qui"], event["evenement"]) for event in events}
    assert told >= {
        ("mairie", "export"),
        ("mairie", "lignes_consultees"),
        ("mairie", "tableau_ouvert"),
        ("mairie", "refus"),
        ("analyste", "connexion"),
        ("analyste", "requete_sql"),
        ("analyste", "deconnexion"),
        ("analyste", "connexion_refusee"),
    }
    assert sql in [event.get("sql") for event in events]
    assert "Rennes" not in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    with sqlite3.connect(superset.home / "superset" / "superset.db") as connection:
        rows = connection.execute("select action, json from logs").fetchall()
    assert {"connexion", "connexion_refusee", "deconnexion"} <= {action for action, _ in rows}
    for secret in ("pas-le-bon-mot-de-passe", superset.password("mairie"), superset.password("analyste")):
        assert secret not in text and not any(secret in (row or "") for _, row in rows)


def _descriptions(visitor: Visitor, slug: str) -> list[dict[str, Any]]:
    """Open a page; how its datasets name their columns, as the browser was answered for tiles and for menus."""
    answers: list[dict[str, Any]] = []
    devtools = visitor.page.context.new_cdp_session(visitor.page)
    devtools.send("Network.enable")
    devtools.on("Network.responseReceived", lambda event: answers.append(event["response"]))
    visitor.open(slug)
    devtools.detach()
    return [answer for answer in answers if re.search(r"/drill_info/|/datasets$", answer["url"])]


def test_a_browser_asks_once_for_the_columns_of_a_page(browser: Browser, superset: Superset) -> None:
    """Opened again, the page takes them from the browser, which keeps them for its reader: no proxy may."""
    with visiting(browser, superset, "comite") as visitor:
        first = _descriptions(visitor, "qualite")
        assert {answer["url"].endswith("/datasets") for answer in first} == {True, False}
        assert not any(answer["fromDiskCache"] for answer in first)
        assert {answer["headers"]["Cache-Control"] for answer in first} == {"private, max-age=600"}
        again = _descriptions(visitor, "qualite")
        assert again and all(answer["fromDiskCache"] for answer in again)


def test_who_may_edit_a_dataset_is_told_anew_how_it_names_its_columns(browser: Browser, superset: Superset) -> None:
    with visiting(browser, superset, "analyste") as visitor:
        for _ in range(2):
            (datasets,) = [a for a in _descriptions(visitor, "qualite") if a["url"].endswith("/datasets")]
            assert not datasets["fromDiskCache"]


def test_a_count_is_only_spared_where_one_page_holds_all_rows(superset: Superset) -> None:
    session = Session(superset, "comite")
    _, asked = listed(session, "comite")
    (rows,) = asked["queries"]
    count = {**rows, "is_rowcount": True}
    (whole,) = session.post("/api/v1/chart/data", {**asked, "queries": [rows, count]}).json()["result"]
    asked["queries"] = [{**rows, "row_limit": 1}, count]
    page, counted = session.post("/api/v1/chart/data", asked).json()["result"]
    assert len(page["data"]) == 1 < len(whole["data"])
    assert counted["data"] == [{"rowcount": len(whole["data"])}]
