"""What an attempt is: a request, the roles that it must be refused to, and the names that stand for what is there.

`§nom§` stands for something of the running server (an id, a path, a token); alone in a string it keeps its type.
"""

import re
from dataclasses import dataclass, field
from typing import Any

ANONYME, COMITE, COLLECTIVITE = "anonyme", "Comité", "Collectivité"
ANALYSTE, ADMINISTRATEUR = "Analyste", "Administrateur"
LOGINS = {COMITE: "comite", COLLECTIVITE: "mairie", ANALYSTE: "analyste", ADMINISTRATEUR: "administrateur"}

READERS = (ANONYME, COMITE, COLLECTIVITE)
NOT_ADMINISTRATORS = (*READERS, ANALYSTE)
EVERYONE = (*NOT_ADMINISTRATORS, ADMINISTRATEUR)
SIGNED_IN = (COMITE, COLLECTIVITE, ANALYSTE)

PLACEHOLDER = re.compile(r"§(\w+)§")


@dataclass(frozen=True)
class Attempt:
    """One attempt of a family; `body` is sent as JSON, `form` as a form, without the token when `token` says so."""

    name: str
    method: str
    path: str
    body: Any = None
    form: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    token: str | None = "§jeton§"
    refused_to: tuple[str, ...] = NOT_ADMINISTRATORS


def filled(value: Any, names: dict[str, Any]) -> Any:
    """Return a value with the names of the running server in place of their placeholders, at any depth."""
    if isinstance(value, dict):
        return {filled(key, names): filled(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, names) for item in value]
    if not isinstance(value, str):
        return value
    alone = PLACEHOLDER.fullmatch(value)
    return names[alone[1]] if alone else PLACEHOLDER.sub(lambda found: str(names[found[1]]), value)
