"""Copies of accelerated views: DuckDB files that hold their rows, and tell what these were made from.

A file never changes. A newer one takes its name, and whoever has the older one open reads it to the end.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from tailpipe_resources.errors import LakeUnavailableError, QueryError
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.query.engine import connect, is_unavailable, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tailpipe_resources.query.basis import Basis
    from tailpipe_resources.query.layers import Layer

_WRITTEN = "tailpipe_written"
_READ = "tailpipe_read"
ROWS = "rows"
"""The schema of the rows, in a table of each view's name."""

_TABLES = {
    "about": "made VARCHAR, versions VARCHAR",
    "parts": "name VARCHAR, definition VARCHAR, total BIGINT",
    "files": "of_table VARCHAR, path VARCHAR",
}
"""What it says of itself, in `main`."""


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a table a copy stands for."""

    lake: str
    table: str
    version: int


@dataclass(frozen=True, slots=True)
class Part:
    """One view's rows in a copy."""

    definition: str
    """As `Basis` says it."""

    rows: int


@dataclass(frozen=True, slots=True)
class About:
    """What a copy says of itself."""

    made: datetime
    versions: tuple[Version, ...]
    parts: Mapping[str, Part] = field(default_factory=dict)
    """By the views' names."""

    files: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The files of each table that its rows come from, by where they lie in their lake."""


def write_copy(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    views: Sequence[tuple[Layer, Basis]],
    about: About,
    *,
    on_part: Callable[[str], None] = lambda _: None,
) -> About:
    """Write the rows of views into a new DuckDB file; what it then says of itself.

    Args:
        connection: on which the views can be asked. It must be allowed to write the file.
        path: of the file; there must be none.
        views: what is copied.
        about: everything but its parts.
        on_part: told the name of each view before it is copied.

    Raises:
        QueryError: a view cannot be asked, or the file not be written.
        LakeUnavailableError: the object store failed, and may recover.
    """
    parts: dict[str, Part] = {}
    try:
        with _attached(connection, path):
            for layer, basis in views:
                on_part(layer.name)
                table = f"{_WRITTEN}.{ROWS}.{quote(layer.name)}"
                connection.execute(f"CREATE TABLE {table} AS {layer.select}")
                [(rows,)] = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
                parts[layer.name] = Part(basis.definition, rows)
            _tell(connection, parts, about)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        kind = LakeUnavailableError if is_unavailable(error) else QueryError
        raise kind(spoken(error).splitlines()[0]) from error
    return About(about.made, about.versions, parts, about.files)


@contextmanager
def opened_copy(path: str) -> Iterator[About]:
    """What the copy in a file says of itself.

    Raises:
        duckdb.Error: it is none, or damaged.
        ValueError: it was laid out otherwise.
    """
    with connect(threads=1) as connection:
        connection.execute(f"ATTACH {literal(path)} AS {_READ} (READ_ONLY)")
        yield read_about(connection, _READ)


def read_about(connection: duckdb.DuckDBPyConnection, database: str) -> About:
    """What a copy that is attached under a name says of itself.

    Raises:
        duckdb.Error: it is none, or damaged.
        ValueError: it was laid out otherwise.
    """
    main = f"{quote(database)}.main"
    [(made, versions)] = connection.execute(f"SELECT * FROM {main}.about").fetchall()
    parts = {
        name: Part(definition, rows)
        for name, definition, rows in connection.execute(f"SELECT * FROM {main}.parts").fetchall()
    }
    files: dict[str, set[str]] = {}
    for table, path in connection.execute(f"SELECT * FROM {main}.files").fetchall():
        files.setdefault(table, set()).add(path)
    told = tuple(Version(**each) for each in json.loads(versions))
    frozen = {table: frozenset(paths) for table, paths in files.items()}
    return About(datetime.fromisoformat(made), told, parts, frozen)


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: str) -> Iterator[None]:
    """A new file attached until the end of the block, and whole after it."""
    connection.execute(f"ATTACH {literal(path)} AS {_WRITTEN}")
    try:
        connection.execute(f"CREATE SCHEMA {_WRITTEN}.{ROWS}")
        yield
        connection.execute(f"CHECKPOINT {_WRITTEN}")
    finally:
        connection.execute(f"DETACH {_WRITTEN}")


def _tell(connection: duckdb.DuckDBPyConnection, parts: Mapping[str, Part], about: About) -> None:
    versions = [{"lake": each.lake, "table": each.table, "version": each.version} for each in about.versions]
    rows: dict[str, list[list[object]]] = {
        "about": [[about.made.isoformat(), json.dumps(versions)]],
        "parts": [[name, part.definition, part.rows] for name, part in parts.items()],
        "files": [[table, path] for table, files in about.files.items() for path in sorted(files)],
    }
    for table, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE {_WRITTEN}.main.{table} ({columns})")
        if rows[table]:
            lists = [list(values) for values in zip(*rows[table], strict=True)]
            unnested = ", ".join(f"unnest(${place})" for place in range(1, len(lists) + 1))
            connection.execute(f"INSERT INTO {_WRITTEN}.main.{table} SELECT {unnested}", lists)
