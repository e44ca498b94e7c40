"""Superset's security manager, with the rows of a collectivité for those entitled to it.

The SIREN of the person are written into the clause of a rule before Superset sees it: its cache key is made of the
clauses as `get_rls_filters` returns them, so two people who see different rows never share a cached result, and no
template language has to be turned on for whoever writes SQL. What is written is only digits checked in
habilitations.py, never anything that a person chose, such as a login.
"""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import habilitations
import oidc
import roles
from flask import current_app, g, has_request_context, request
from flask_appbuilder.const import AUTH_DB
from reader_queries import ReaderQueries
from superset.utils.core import get_username

from superset.security import SupersetSecurityManager

log = logging.getLogger(__name__)
NOBODY = "null"
SAMPLES = "/datasource/samples"


class Rule(NamedTuple):
    """A row-level rule as Superset reads it."""

    id: int
    group_key: str | None
    clause: str


CLOSED = Rule(0, None, "1 = 0")


def _sirens(login: str | None) -> str:
    """Return the SIREN of a login as a list in SQL; the same during a whole request, so that what is computed and the
    key it is kept under agree.
    """
    known: dict[str | None, str] = g.setdefault("_siren_habilites", {})
    if login not in known:
        path = Path(current_app.config["HABILITATIONS_FILE"])
        found = habilitations.read(path)
        for problem in found.problems:
            log.error("%s, %s", path.name, problem)
        entitled = sorted(found.sirens.get(login or "", ()))
        known[login] = ", ".join(f"'{siren}'" for siren in entitled) or NOBODY
    return known[login]


class SecurityManager(ReaderQueries, SupersetSecurityManager):
    """What this house adds to Superset's security manager."""

    register_superset_registeruser_view = False

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing is open to who is not signed in, whatever the public role of the application's library may hold."""
        return False

    def exist_permission_on_roles(self, view_name: str, permission_name: str, role_ids: list[int]) -> bool:
        """Whether one of these roles holds a permission."""
        return (permission_name, view_name) in self._held_by(frozenset(role_ids))

    def user_view_menu_names(self, permission_name: str) -> set[str]:
        """Return all that who asks holds a permission on."""
        held = self._held_by(frozenset(role.id for role in self.get_user_roles()))
        return {view for permission, view in held if permission == permission_name}

    def _held_by(self, role_ids: frozenset[int]) -> frozenset[tuple[str, str]]:
        """Return the permissions of roles, each with what it is on, read once per request: Superset reads them one by
        one, about fifteen times per tile.
        """
        known = g.setdefault("_permissions", {}) if has_request_context() else {}
        if role_ids not in known:
            pairs = self.session.query(self.permission_model.name, self.viewmenu_model.name)
            pairs = pairs.select_from(self.permissionview_model).join(self.permission_model).join(self.viewmenu_model)
            of_roles = self.permissionview_model.role.any(self.role_model.id.in_(role_ids))
            known[role_ids] = frozenset(tuple(pair) for pair in pairs.filter(of_roles))
        return known[role_ids]

    def get_rls_filters(self, table: Any) -> list[Any]:
        """Return the rules of a table for whoever asks, SIREN written in; without anyone, no row at all."""
        if getattr(g, "user", None) is None:
            return [CLOSED]
        rules = super().get_rls_filters(table)
        return [Rule(r.id, r.group_key, r.clause.replace("{siren}", _sirens(get_username()))) for r in rules]

    def raise_for_access(self, *args: Any, **kwargs: Any) -> None:
        """Let a reader drill down to the rows of a dashboard they may open.

        Superset hands the dashboard on to this check for its charts, and forgets to for the rows behind them.
        """
        query = kwargs.get("query_context")
        if query is not None and has_request_context() and request.path == SAMPLES and not query.form_data:
            query.form_data = {"dashboardId": request.args.get("dashboard_id", type=int)}
        super().raise_for_access(*args, **kwargs)

    def auth_user_db(self, username: str, password: str) -> Any:
        """Refuse local passwords, on the page and by programme, when people sign in at the provider's."""
        return super().auth_user_db(username, password) if self.auth_type == AUTH_DB else None

    def set_oauth_session(self, provider: str, oauth_response: dict[str, Any]) -> None:
        """Keep no token of the provider's: the cookie could not hold it, and nothing here needs it again."""

    def get_oauth_user_info(self, provider: str, resp: dict[str, Any]) -> dict[str, Any]:
        """Return who signed in."""
        return oidc.person(self.oauth_remotes[provider], resp)

    def auth_user_oauth(self, userinfo: dict[str, Any]) -> Any:
        """Sign in who the provider names; a first sign-in creates the account, each one renews its roles."""
        if self.find_user(username=userinfo["username"]) is None:
            known = {key: userinfo[key] for key in ("username", "first_name", "last_name", "email")}
            self.add_user(**known, role=[])
        return super().auth_user_oauth(userinfo)

    def _oauth_calculate_user_roles(self, userinfo: dict[str, Any]) -> list[Any]:
        mapping = oidc.read_mapping(Path(current_app.config["OIDC_ROLES_FILE"]))
        wanted = {mapping[key] for key in userinfo["role_keys"] if key in mapping}
        found = {name: self.find_role(name) for name in wanted if name in roles.ALL}
        for name in sorted(wanted - found.keys()):
            log.error("roles_oidc.csv : « %s » n’est pas un rôle de l’observatoire.", name)
        return list(found.values())
