"""The database that keeps Dagster's runs, when it is not a file."""

from __future__ import annotations

import re

POSTGRES = "TAILPIPE_DAGSTER_POSTGRES"
"""The environment variable with its URL. Files name the variable, and never say what is in it."""

_PLAIN = re.compile(r"^postgres(?:ql)?://")


def with_driver(url: str) -> str:
    """The URL with the name of the driver that dagster-postgres brings; SQLAlchemy would take another one."""
    return _PLAIN.sub("postgresql+psycopg2://", url)


def without_driver(url: str) -> str:
    """The URL as PostgreSQL's own library reads it."""
    return re.sub(r"^postgresql\+\w+://", "postgresql://", url)
