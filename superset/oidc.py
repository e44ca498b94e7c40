"""Signing in by OpenID Connect, when `OIDC_ISSUER` and `OIDC_CLIENT_ID` say by whom; otherwise accounts are local.

The secret is `OIDC_CLIENT_SECRET`, or the file `oidc_secret` beside Superset's own secrets, for its owner only. Which
of the provider's roles or groups gives which of ours is in `roles_oidc.csv` (`role_du_fournisseur;role`): a person
whom no line concerns has no role, and sees nothing.
"""

import csv
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAME = "megalis"
MAPPING_HEADER = ("role_du_fournisseur", "role")
DEFAULT_MAPPING = {
    "observatoire-administrateur": "Administrateur",
    "observatoire-analyste": "Analyste",
    "observatoire-comite": "Comité",
    "observatoire-collectivite": "Collectivité",
}
Claims = Mapping[str, Any]


def _secret(environment: Mapping[str, str], home: Path) -> str:
    """Return the client's secret; a file that others may read is refused."""
    if secret := environment.get("OIDC_CLIENT_SECRET"):
        return secret
    path = home / "oidc_secret"
    if not path.exists():
        raise ValueError(f"OIDC : il manque OIDC_CLIENT_SECRET, ou le fichier {path}")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"OIDC : {path} doit n’être lisible que par son propriétaire (chmod 600)")
    return path.read_text("utf-8").strip()


def provider(environment: Mapping[str, str], home: Path) -> dict[str, Any] | None:
    """Return the provider as Flask-AppBuilder wants it, or None when sign-in is local.

    Everything else about it is read at its own address, at the first sign-in. Raises `ValueError`, in French.
    """
    issuer = environment.get("OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    address = urlsplit(issuer)
    if address.scheme != "https" and address.hostname not in ("127.0.0.1", "localhost"):
        raise ValueError(f"OIDC : l’émetteur doit être en https ({issuer})")
    if not environment.get("OIDC_CLIENT_ID"):
        raise ValueError("OIDC : il manque OIDC_CLIENT_ID")
    remote = {
        "client_id": environment["OIDC_CLIENT_ID"],
        "client_secret": _secret(environment, home),
        "server_metadata_url": f"{issuer}/.well-known/openid-configuration",
        "client_kwargs": {"scope": "openid profile email", "code_challenge_method": "S256"},
    }
    return {"name": NAME, "icon": "fa-key", "token_key": "access_token", "remote_app": remote}


def write_mapping_if_missing(path: Path) -> None:
    """Begin the mapping with names to create at the provider; what the operator writes there stays."""
    if not path.exists():
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";", lineterminator="\n")
            writer.writerows([MAPPING_HEADER, *DEFAULT_MAPPING.items()])


def read_mapping(path: Path) -> dict[str, str]:
    """Return our role by the provider's, as the file says now; without a file, nobody has a role."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter=";")
        return {row["role_du_fournisseur"].strip(): row["role"].strip() for row in rows if row.get("role")}


def provider_roles(claims: Claims, client_id: str) -> set[str]:
    """Return roles and groups that the claims give: Keycloak's realm and client roles, `roles` and `groups`."""

    def listed(value: Any) -> list[str]:
        return [name.lstrip("/") for name in value if isinstance(name, str)] if isinstance(value, list) else []

    realm, resources = claims.get("realm_access"), claims.get("resource_access")
    client = resources.get(client_id) if isinstance(resources, dict) else None
    found = listed(claims.get("roles")) + listed(claims.get("groups"))
    for access in (realm, client):
        found += listed(access.get("roles")) if isinstance(access, dict) else []
    return set(found)


def _access_claims(remote: Any, token: str) -> Claims:
    """Return the claims of an access token that is a JWT of the provider: Keycloak puts roles there and only there."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(remote.fetch_jwk_set())
    try:
        return jwt.decode(token, keys, algorithms=["RS256", "PS256", "ES256"]).claims
    except (JoseError, ValueError):
        return {}


def person(remote: Any, token: dict[str, Any]) -> dict[str, Any]:
    """Return who signed in: names, mail and the provider's roles; the identity token was checked by Authlib."""
    identity = {**remote.userinfo(token=token), **(token.get("userinfo") or {})}
    access = _access_claims(remote, token["access_token"])
    roles = provider_roles(identity, remote.client_id)
    if access.get("sub") == identity["sub"]:
        roles |= provider_roles(access, remote.client_id)
    login = identity.get("preferred_username") or identity.get("email") or identity["sub"]
    return {
        "username": login,
        "email": identity.get("email") or f"{login}@observatoire.invalid",
        "first_name": identity.get("given_name") or identity.get("name") or login,
        "last_name": identity.get("family_name") or "",
        "role_keys": sorted(roles),
    }


def sign_out_at_the_provider(app: Any) -> None:
    """Lead who signs out to the provider's own sign-out: else the next one at this computer would come in as them."""
    from flask import current_app, request, url_for

    @app.after_request
    def after(response: Any) -> Any:
        if request.path == "/logout/" and response.status_code == 302:
            remote = current_app.appbuilder.sm.oauth_remotes[NAME]
            if remote.load_server_metadata().get("end_session_endpoint"):
                back = url_for("SupersetAuthView.login", _external=True)
                left = remote.create_logout_url(post_logout_redirect_uri=back, client_id=remote.client_id)
                response.location = left["url"]
        return response
