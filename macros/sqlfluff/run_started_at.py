"""What dbt's `run_started_at` is to sqlfluff: any date will do."""


def strftime(pattern: str) -> str:
    """A civil date in ISO form."""
    return "2026-01-01"
