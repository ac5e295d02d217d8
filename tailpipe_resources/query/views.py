"""Views: a table of the lake as SQL sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.model.schema import PATH_COLUMNS, VIEW_COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    import duckdb

    from tailpipe_resources.model.stored_file import StoredFile

# Anchored at the file's end: a folder above the lake may be called `tp_day=9` too.
_TAIL = r"/tp_partition=([^/]*)/tp_index=([^/]*)/tp_year=(\d+)/tp_month=(\d+)/tp_day=(\d+)/[^/]*$"


@dataclass(frozen=True, slots=True)
class View:
    """One table, over the files that hold it at one moment."""

    name: str
    columns: tuple[Column, ...]
    """What is stored inside the files. A file that lacks one reads as NULL there."""

    files: tuple[str, ...]
    """Absolute paths in the lake's layout, or `s3://` addresses. None: the view has no rows."""

    stored: tuple[StoredFile, ...] = ()
    """What is known of the same files; nothing, when no file is ever to be left out."""

    conditions: tuple[str, ...] = ()
    """SQL that rows must satisfy besides, of those that are alike the one that counts."""

    version: int | None = None
    """Of the table, when it lies in one lake; None before the first collection."""

    newest: tuple[str, tuple[str, ...]] | None = None
    """Of rows that are alike in the first column, only the one counts that is highest in the others."""

    def over(self, stored: Iterable[StoredFile]) -> View:
        """The same view over some of its files."""
        kept = tuple(stored)
        return replace(self, files=tuple(each.address for each in kept), stored=kept)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """What a query sees: `tp_timestamp`, the table's own, then the other `tp_` columns."""
        own = [column for column in self.columns if not column.name.startswith("tp_")]
        common = [column for column in self.columns if column.name.startswith("tp_")]
        first = [column for column in common if column.name == "tp_timestamp"]
        others = [column for column in common if column.name != "tp_timestamp"]
        return (*first, *own, *others, *PATH_COLUMNS, *VIEW_COLUMNS)


def create_views(connection: duckdb.DuckDBPyConnection, views: Iterable[View]) -> None:
    """Make each table a view, to be asked by its name.

    Raises:
        QueryError: a file's path cannot be told from a pattern, or the file is gone or broken.
    """
    for view in views:
        _create(connection, view, select_of(view))


def create_listed(connection: duckdb.DuckDBPyConnection, views: Iterable[View]) -> None:
    """The same, with the files of each in a macro, where `list_files` can put others without making the view anew.

    Raises:
        QueryError: a file's path cannot be told from a pattern, or the file is gone or broken.
    """
    for view in views:
        if view.files:
            list_files(connection, view, view.files)
        _create(connection, view, select_of(view, listed=_macro(view)))


def list_files(connection: duckdb.DuckDBPyConnection, view: View, files: Sequence[str]) -> None:
    """Have a view that was made by `create_listed` read these files, of which there must be one at least.

    Raises:
        QueryError: a path cannot be told from a pattern.
    """
    connection.execute(f"CREATE OR REPLACE MACRO {_macro(view)} AS {_list(files)}")


def _create(connection: duckdb.DuckDBPyConnection, view: View, select: str) -> None:
    import duckdb

    from tailpipe_resources.query.engine import spoken

    try:
        connection.execute(f"CREATE OR REPLACE VIEW main.{quote(view.name)} AS {select}")
    except duckdb.Error as error:
        reason = spoken(error).splitlines()[0].removeprefix("IO Error: ")
        raise QueryError(f"the table {view.name} cannot be read: {reason}") from error


def _macro(view: View) -> str:
    return f"main.{quote(f'files of {view.name}')}()"


def select_of(view: View, *, listed: str = "", only: Container[str] | None = None) -> str:
    """The SQL of a view.

    Args:
        view: a table.
        listed: SQL for its files; they are written out when it is not given.
        only: the columns that are wanted; all when it is not given.

    Raises:
        QueryError: a file's path cannot be told from a pattern.
    """
    wanted = [column for column in view.all_columns if only is None or column.name in only] or [view.all_columns[0]]
    if not view.files:
        columns = (f"NULL::{column.type} AS {quote(column.name)}" for column in wanted)
        return f"SELECT {', '.join(columns)} WHERE false"
    computed = _computed() if only is None else {**_computed(), **_common(view.stored)}
    columns = (f"{computed.get(column.name, quote(column.name))} AS {quote(column.name)}" for column in wanted)
    stored = [column for column in wanted if column.name not in computed] or list(view.columns[:1])
    rows = f"SELECT {', '.join(columns)} FROM {_scan(listed or _list(view.files), stored)}{_newest(view)}"
    where = f" WHERE {' AND '.join(view.conditions)}" if view.conditions else ""
    return f"SELECT * FROM ({rows}){where}" if view.newest is not None and where else f"{rows}{where}"


def _newest(view: View) -> str:
    if view.newest is None:
        return ""
    key, order = view.newest
    highest = ", ".join(f"{quote(name)} DESC" for name in order)
    return f" QUALIFY row_number() OVER (PARTITION BY {quote(key)} ORDER BY {highest}) = 1"


def scan(files: Iterable[str], columns: Iterable[Column]) -> str:
    """SQL for the rows of some files, with these columns and `filename`; a column that a file lacks is NULL there.

    Raises:
        QueryError: a path cannot be told from a pattern.
    """
    return _scan(_list(files), columns)


def _list(files: Iterable[str]) -> str:
    return f"[{', '.join(literal(_plain(path)) for path in files)}]"


def _scan(files: str, columns: Iterable[Column]) -> str:
    schema = ", ".join(
        f"{literal(column.name)}: {{'name': {literal(column.name)}, 'type': {literal(column.type)}, "
        "'default_value': NULL}"
        for column in columns
    )
    return f"read_parquet({files}, schema = MAP {{{schema}}}, filename = true)"


def _plain(path: str) -> str:
    # DuckDB takes `*`, `?` and `[` as themselves where a file of exactly that path exists, but not `**`.
    if "**" in path:
        raise QueryError(f"a lake cannot be read in a folder with ** in its path: {path}")
    return path


def _computed() -> dict[str, str]:
    parts = [f"regexp_extract(filename, {literal(_TAIL)}, {group})" for group in range(1, 6)]
    texts = [f"url_decode({part})" for part in parts[:2]]
    numbers = [f"{part}::INTEGER" for part in parts[2:]]
    by_path = dict(zip((column.name for column in PATH_COLUMNS), [*texts, *numbers], strict=True))
    return {**by_path, "tp_date": f"make_date({', '.join(numbers)})"}


def _common(files: Sequence[StoredFile]) -> dict[str, str]:
    """SQL for what the paths of all files say alike: constants, which cost nothing to plan and nothing a row."""
    found = {
        name: f"{literal(value)}::VARCHAR"
        for name, values in (
            ("tp_partition", {file.collection for file in files}),
            ("tp_index", {file.tp_index for file in files}),
        )
        if len(values) == 1
        for value in values
    }
    days = {file.day for file in files}
    if len(days) != 1:
        return found
    [day] = days
    parts = {"tp_year": day.year, "tp_month": day.month, "tp_day": day.day}
    return found | {name: f"{part}::INTEGER" for name, part in parts.items()} | {"tp_date": f"DATE {literal(str(day))}"}
