"""What someone could try from each role, family by family, and the refusal in French that answers it."""

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.browser.superset_server import PROJECT, Superset
from tests.security.attacks import administration, charts, disclosure, sql_lab
from tests.security.attacks.attempt import ANONYME, EVERYONE, LOGINS, Attempt
from tests.security.attacks.client import Client, names_for

FAMILIES: dict[str, list[Attempt]] = {
    "SQL Lab, fichiers": sql_lab.FICHIERS,
    "SQL Lab, écriture": sql_lab.ECRITURE,
    "SQL Lab, moteur": sql_lab.MOTEUR,
    "SQL Lab, échappement": sql_lab.ECHAPPEMENT,
    "SQL Lab, bombes": sql_lab.BOMBES,
    "graphiques, SQL libre": charts.SQL_LIBRE,
    "autres jeux": charts.AUTRES_JEUX,
    "exports": administration.EXPORTS,
    "adresses directes": administration.URLS,
    "escalade": administration.ESCALADE,
    "jetons et sessions": administration.SESSION,
    "divulgation": disclosure.DIVULGATION,
    "adresses forgées": disclosure.FORGED,
}
SECRET = "ouvre-toi"
FRENCH = re.compile(r"\b(le|la|les|de|des|du|une?|est|pas|ne|n’|vous|votre|refusée?|introuvable)\b", re.I)
ENGLISH = re.compile(r"\b(the|is|are|not|of|to|be|this|that|and|for|must|access|found|invalid|forbidden)\b", re.I)
INSIDE = re.compile(r"Traceback|File \"|\.py\b|site-packages|root:x:|werkzeug|gunicorn/|6\.1\.0|fonts\.gstatic")


def cases(first_only: bool) -> list[pytest.param]:
    """Return the attempts by family and role; the first of each, or all the others."""
    found = []
    for family, attempts in FAMILIES.items():
        for role in EVERYONE:
            refused = [attempt for attempt in attempts if role in attempt.refused_to]
            kept = refused[:1] if first_only else refused[1:]
            found += [pytest.param(role, attempt, id=f"{family} · {role} · {attempt.name}") for attempt in kept]
    return found


def words_of(answer: httpx.Response) -> str:
    """Return what the answer says to the person."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    document = answer.json()
    said = document.get("message") or [error["message"] for error in document.get("errors", [])]
    return json.dumps(said, ensure_ascii=False)


def check_refusal(answer: httpx.Response, folders: tuple[str, ...]) -> None:
    """The answer is a refusal, or the way to the sign-in page; in French; and tells nothing of the inside."""
    if answer.is_redirect:
        assert answer.headers["location"].startswith("/login/"), answer.headers["location"]
        assert 'lang="fr"' in answer.text
    else:
        assert answer.status_code >= 400, answer.text[:500]
        words = words_of(answer)
        assert len(FRENCH.findall(words)) > len(ENGLISH.findall(words)), words
    told = answer.text + str(answer.headers)
    assert not INSIDE.search(told), told[:1000]
    assert SECRET not in told
    assert not [folder for folder in folders if folder in told]


def check_message_is_about(answer: httpx.Response, attempt: Attempt) -> None:
    """Someone who may use SQL Lab is told why, not that the server broke."""
    if attempt.path == sql_lab.EXECUTE and answer.status_code not in (401, 403):
        assert "Erreur interne" not in answer.text, answer.text


@pytest.fixture(scope="module")
def clients(superset: Superset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Client]:
    """One session per role, each with the names that its attempts need."""
    return sessions(superset, tmp_path_factory.mktemp("attaques"))


def sessions(superset: Superset, folder: Path) -> dict[str, Client]:
    secret = folder / "secret.csv"
    secret.write_text(f"mot_de_passe\n{SECRET}\n", "utf-8")
    found = {role: Client(superset, role) for role in (ANONYME, *LOGINS)}
    administrator = found["Administrateur"]
    for role, client in found.items():
        client.names |= names_for(administrator, role) | {
            "secret": str(secret),
            "sortie": str(folder / "sortie"),
            "publie": str((superset.home / "publication" / "observatoire.duckdb").resolve()),
            "metadonnees": str(superset.home / "superset" / "superset.db"),
            "jeton_d_un_autre": found["Comité" if role == "Administrateur" else "Administrateur"].names["jeton"],
        }
    return found


def attack(clients: dict[str, Client], role: str, attempt: Attempt) -> None:
    client = clients[role]
    answer = client.send(attempt)
    check_refusal(answer, (str(client.superset.home), str(PROJECT)))
    check_message_is_about(answer, attempt)


@pytest.mark.parametrize(("role", "attempt"), cases(first_only=True))
def test_one_attempt_of_each_family_is_refused_to_each_role(
    clients: dict[str, Client], role: str, attempt: Attempt
) -> None:
    attack(clients, role, attempt)


@pytest.mark.long
@pytest.mark.parametrize(("role", "attempt"), cases(first_only=False))
def test_every_attempt_is_refused(clients: dict[str, Client], role: str, attempt: Attempt) -> None:
    attack(clients, role, attempt)


def signs_in_to(superset: Superset, role: str, elsewhere: str) -> str:
    """Return where someone lands who signs in from an address that names another place."""
    return urljoin(superset.url, Client(superset, ANONYME).sign_in(LOGINS[role], elsewhere).headers["location"])


@pytest.mark.parametrize("role", LOGINS)
def test_who_signs_in_lands_here(superset: Superset, role: str) -> None:
    assert signs_in_to(superset, role, disclosure.ELSEWHERE[0]).startswith(superset.url + "/")


@pytest.mark.long
@pytest.mark.parametrize("role", LOGINS)
@pytest.mark.parametrize("elsewhere", disclosure.ELSEWHERE[1:])
def test_who_signs_in_lands_here_whatever_the_address(superset: Superset, role: str, elsewhere: str) -> None:
    assert signs_in_to(superset, role, elsewhere).startswith(superset.url + "/")
