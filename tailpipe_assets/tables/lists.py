"""SQL for lists of texts, out of values that are lists or single."""

from __future__ import annotations


def alone(value: str) -> str:
    """The list of one value, whatever it is; NULL of NULL."""
    return f"CASE WHEN {value} IS NOT NULL THEN [CAST({value} AS VARCHAR)] END"


def members(value: str) -> str:
    """The members of a JSON array; any other JSON alone."""
    text = f"({value} ->> '$')"
    return f"CASE WHEN json_type({value}) = 'ARRAY' THEN CAST({value} AS VARCHAR[]) ELSE {alone(text)} END"


def listed(value: str) -> str:
    """A value of a type that only DuckDB knows: a list as it is, a JSON array's members, any other alone."""
    is_json = f"typeof({value}) = 'JSON'"
    return (
        f"CASE WHEN typeof({value}) LIKE '%]' THEN CAST({value} AS VARCHAR[]) "
        f"WHEN {is_json} THEN {members(f'try_cast({value} AS JSON)')} ELSE {alone(value)} END"
    )
