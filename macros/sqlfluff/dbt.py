"""What dbt's cross-database macros are to sqlfluff: SQL of the right shape."""


def datediff(first: str, second: str, part: str) -> str:
    """Days, months… between two dates."""
    return f"date_diff('{part}', {first}, {second})"


def type_string() -> str:
    """The text type."""
    return "varchar"
