"""What a provider says of a person, and what it gives them here."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey


@pytest.fixture(scope="module")
def oidc() -> ModuleType:
    """superset/oidc.py; its folder is no package and is only on the path while it is imported."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "superset"))
    try:
        import oidc
    finally:
        sys.path.pop(0)
    return oidc


KEY = RSAKey.generate_key(2048, {"kid": "un"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "un"})
# An access token as Keycloak issues it by default: roles are in it, and not in the identity token.
KEYCLOAK = {
    "iss": "https://connexion.example.org/realms/syndicat",
    "sub": "f3c1",
    "azp": "observatoire",
    "realm_access": {"roles": ["default-roles-syndicat", "offline_access", "observatoire-comite"]},
    "resource_access": {
        "observatoire": {"roles": ["observatoire-analyste"]},
        "account": {"roles": ["observatoire-administrateur"]},
    },
    "preferred_username": "anne.legoff",
}
IDENTITY = {
    "sub": "f3c1",
    "preferred_username": "anne.legoff",
    "given_name": "Anne",
    "family_name": "Le Goff",
    "email": "anne.legoff@example.org",
}


class Remote:
    """A provider as Authlib shows it."""

    client_id = "observatoire"

    def userinfo(self, token: dict[str, Any]) -> dict[str, Any]:
        return {"sub": "f3c1"}

    def fetch_jwk_set(self) -> dict[str, Any]:
        return KeySet([KEY]).as_dict()


def token_of(claims: dict[str, Any], key: RSAKey = KEY) -> dict[str, Any]:
    return {"access_token": jwt.encode({"alg": "RS256", "kid": "un"}, claims, key), "userinfo": IDENTITY}


def test_keycloak_s_realm_and_client_roles_are_those_of_the_person(oidc: ModuleType) -> None:
    person = oidc.person(Remote(), token_of(KEYCLOAK))
    assert {"observatoire-comite", "observatoire-analyste"} <= set(person["role_keys"])
    assert "observatoire-administrateur" not in person["role_keys"]
    assert (person["username"], person["first_name"], person["last_name"]) == ("anne.legoff", "Anne", "Le Goff")
    assert person["email"] == "anne.legoff@example.org"


@pytest.mark.parametrize(
    "token",
    [
        token_of(KEYCLOAK, OTHER_KEY),
        token_of({**KEYCLOAK, "sub": "autre"}),
        {"access_token": "opaque", "userinfo": IDENTITY},
    ],
    ids=["signed-by-another", "of-another", "opaque"],
)
def test_an_access_token_that_is_not_theirs_gives_no_role(oidc: ModuleType, token: dict[str, Any]) -> None:
    assert oidc.person(Remote(), token)["role_keys"] == []


def test_groups_are_roles_too(oidc: ModuleType) -> None:
    assert oidc.provider_roles({"groups": ["/comite", "mairies"]}, "observatoire") == {"comite", "mairies"}


@pytest.mark.parametrize(
    "claims", [{}, {"roles": "admin"}, {"realm_access": []}, {"resource_access": {"observatoire": 1}}]
)
def test_claims_of_another_shape_give_no_role(oidc: ModuleType, claims: dict[str, Any]) -> None:
    assert oidc.provider_roles(claims, "observatoire") == set()


def test_the_mapping_is_written_once_and_read_as_it_is(oidc: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "roles_oidc.csv"
    assert oidc.read_mapping(path) == {}
    oidc.write_mapping_if_missing(path)
    assert oidc.read_mapping(path)["observatoire-comite"] == "Comité"
    path.write_text("role_du_fournisseur;role\n elus ;Comité\nvide;\n", "utf-8")
    oidc.write_mapping_if_missing(path)
    assert oidc.read_mapping(path) == {"elus": "Comité"}


def test_without_an_issuer_accounts_are_local(oidc: ModuleType, tmp_path: Path) -> None:
    assert oidc.provider({}, tmp_path) is None


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"OIDC_ISSUER": "http://connexion.example.org"}, "https"),
        ({"OIDC_ISSUER": "https://connexion.example.org"}, "OIDC_CLIENT_ID"),
        ({"OIDC_ISSUER": "https://connexion.example.org", "OIDC_CLIENT_ID": "observatoire"}, "OIDC_CLIENT_SECRET"),
    ],
)
def test_what_is_missing_is_said_at_the_start(
    oidc: ModuleType, tmp_path: Path, environment: dict[str, str], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        oidc.provider(environment, tmp_path)


def test_the_secret_may_be_a_file_that_only_its_owner_reads(oidc: ModuleType, tmp_path: Path) -> None:
    environment = {"OIDC_ISSUER": "https://connexion.example.org/realms/syndicat/", "OIDC_CLIENT_ID": "observatoire"}
    secret = tmp_path / "oidc_secret"
    secret.write_text("chut\n", "utf-8")
    secret.chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        oidc.provider(environment, tmp_path)
    secret.chmod(0o600)
    remote = oidc.provider(environment, tmp_path)["remote_app"]
    assert remote["client_secret"] == "chut"
    metadata = "https://connexion.example.org/realms/syndicat/.well-known/openid-configuration"
    assert remote["server_metadata_url"] == metadata
