"""What dbt's `adapter` is to sqlfluff, which renders the models without dbt: each dispatched macro as plain SQL."""

from collections.abc import Callable


def dispatch(name: str) -> Callable[..., str]:
    """A macro that yields its first argument, or a select of months: enough to lint the SQL around it."""
    if name == "suite_de_mois":
        return lambda relation, debut, fin: f"select {debut} as mois from {relation}"
    return lambda *arguments: str(arguments[0])
