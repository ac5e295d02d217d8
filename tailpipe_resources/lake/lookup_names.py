"""The names of lookups, which tell what the files of a table may hold."""

from __future__ import annotations

from tailpipe_resources.lake.storage import OWN


def folder_of(table: str) -> str:
    """The folder of a table's lookups."""
    return f"{table}/{OWN}/lookups"


def lookup_key(table: str, path: str) -> str:
    """The key of a file's lookup. The file keeps its name for good, wherever it is moved."""
    name = path.rsplit("/", 1)[-1].removesuffix(".parquet")
    return f"{folder_of(table)}/{name}.lookup"
