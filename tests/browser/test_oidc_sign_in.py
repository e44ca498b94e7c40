"""Signing in at a provider, with a real one started by the test: who is mapped comes in, who is not sees nothing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Browser, Page

from tests.browser.session import Session
from tests.browser.superset_server import Superset, running

pytestmark = [pytest.mark.browser, pytest.mark.long]

PEOPLE = {
    "elue": ("anne.legoff", ["observatoire-comite", "offline_access"]),
    "secretaire": ("mairie", ["observatoire-collectivite"]),
    "inconnu": ("paul.sans", ["offline_access"]),
}


def user(subject: str, roles: list[str]) -> User:
    """Return a person with the claims that Keycloak gives."""
    login, _ = PEOPLE[subject]
    given, _, family = login.partition(".")
    claims = {
        "preferred_username": login,
        "given_name": given.capitalize(),
        "family_name": family.capitalize(),
        "email": f"{login}@example.org",
        "realm_access": {"roles": roles},
    }
    return User(sub=subject, claims=claims)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    people = [user(subject, roles) for subject, (_, roles) in PEOPLE.items()]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def superset(home: Path, provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """A Superset of its own on the same publication, whose sign-in is the provider's."""
    copy = tmp_path_factory.mktemp("oidc") / "var"
    (copy / "publication").mkdir(parents=True)
    published = (home / "publication" / "observatoire.duckdb").resolve()
    (copy / "publication" / "observatoire.duckdb").symlink_to(published)
    environment = {"OIDC_ISSUER": provider, "OIDC_CLIENT_ID": "observatoire", "OIDC_CLIENT_SECRET": "secret"}
    with running(copy, **environment) as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="fr-FR")
    yield context.new_page()
    context.close()


def sign_in(page: Page, superset: Superset, subject: str) -> None:
    """Sign in as a person does: the one button of the sign-in page, then the provider's form."""
    page.goto(f"{superset.url}/login/")
    page.get_by_text("Se connecter avec").click()
    page.locator(f"button[value='{subject}']").click()
    page.wait_for_url(f"{superset.url}/**")


def roles_of(superset: Superset, login: str) -> list[str]:
    query = """select r.name from ab_user u join ab_user_role x on x.user_id = u.id join ab_role r on r.id = x.role_id
               where u.username = ?"""
    with sqlite3.connect(superset.home / "superset" / "superset.db") as connection:
        return [name for (name,) in connection.execute(query, [login])]


def test_who_is_mapped_comes_in_with_that_role_and_no_other(page: Page, superset: Superset) -> None:
    sign_in(page, superset, "elue")
    assert page.request.get(f"{superset.url}/api/v1/me/").json()["result"]["username"] == "anne.legoff"
    assert roles_of(superset, "anne.legoff") == ["Comité"]
    page.goto(f"{superset.url}/superset/dashboard/pilotage/")
    page.wait_for_selector("[data-test='dashboard-component-chart-holder']")
    assert page.request.get(f"{superset.url}/api/v1/database/").status == 403


def test_who_is_not_mapped_sees_nothing_and_is_told_so(page: Page, superset: Superset) -> None:
    sign_in(page, superset, "inconnu")
    assert "aucun accès ne lui est ouvert" in page.inner_text("body")
    assert roles_of(superset, "paul.sans") == []
    for path in ("/", "/superset/dashboard/pilotage/", "/dashboard/list/", "/sqllab/", "/api/v1/dashboard/"):
        answer = page.request.get(f"{superset.url}{path}")
        said = answer.json()["message"] if path.startswith("/api/") else answer.text()
        assert answer.status == 403 and "aucun accès ne lui est ouvert" in said, path
    page.get_by_text("Se déconnecter").click()
    page.wait_for_url("**/oauth2/end_session?**")
    assert page.request.get(f"{superset.url}/api/v1/me/").status == 401


def test_roles_are_those_of_the_mapping_at_each_sign_in(page: Page, superset: Superset) -> None:
    """A role taken back at the provider's, or in the mapping, is taken back here."""
    mapping = superset.home / "superset" / "roles_oidc.csv"
    before = mapping.read_text("utf-8")
    sign_in(page, superset, "elue")
    mapping.write_text("role_du_fournisseur;role\nobservatoire-comite;Analyste\noffline_access;Admin\n", "utf-8")
    page.goto(f"{superset.url}/logout/")
    sign_in(page, superset, "elue")
    assert roles_of(superset, "anne.legoff") == ["Analyste"]
    mapping.write_text("role_du_fournisseur;role\n", "utf-8")
    page.goto(f"{superset.url}/logout/")
    sign_in(page, superset, "elue")
    assert roles_of(superset, "anne.legoff") == []
    mapping.write_text(before, "utf-8")


def test_habilitations_go_by_the_name_at_the_provider_s(page: Page, superset: Superset) -> None:
    sign_in(page, superset, "secretaire")
    assert roles_of(superset, "mairie") == ["Collectivité"]
    page.goto(f"{superset.url}/superset/dashboard/ma-collectivite/")
    page.wait_for_selector("[data-test='dashboard-component-chart-holder']")
    page.get_by_text("Landerneau").first.wait_for()


def test_local_passwords_open_nothing_then(superset: Superset) -> None:
    session = Session(superset)
    session.sign_in("administrateur", superset.password("administrateur"))
    assert session.get("/api/v1/me/").status_code == 401
    by_program = {"username": "administrateur", "password": superset.password("administrateur"), "provider": "db"}
    answer = session.post("/api/v1/security/login", by_program)
    assert answer.status_code in (400, 401) and "access_token" not in answer.text
