"""DuckDB connections: one to ask the lake with, one to try out users' conditions with."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tailpipe_resources.errors import LakeUnavailableError, QueryError, UsageError
from tailpipe_resources.model.names import literal
from tailpipe_resources.query.cells import columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_STEP_SECONDS = 0.1
_LINE = re.compile(r"^LINE (\d+): (.*)\n( *)(\^+)", re.MULTILINE)
_PROGRESS = "SET enable_progress_bar = true; SET enable_progress_bar_print = false"
"""It is measured, for whoever asks the connection for it, and not shown."""


def connect(
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    temp_directory: str | None = None,
    time_zone: str = "UTC",
) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that downloads nothing.

    Args:
        memory_limit: such as `2GB`; four fifths of the machine's memory when not given.
        threads: as many as there are cores when not given.
        temp_directory: where it spills what does not fit in memory; a folder of its own when not given.
        time_zone: in which times are typed and shown; they are instants all the same.

    Raises:
        UsageError: the memory limit or the time zone is none.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        "temp_directory": temp_directory or _scratch(),
    }
    if memory_limit is not None:
        settings["memory_limit"] = memory_limit
    if threads is not None:
        settings["threads"] = threads
    try:
        connection = duckdb.connect(":memory:", config=settings)
        connection.execute(f"SET TimeZone = {literal(time_zone)}; {_PROGRESS}")
    except duckdb.Error as error:
        raise UsageError(str(translate(error))) from error
    return connection


def restrict(connection: duckdb.DuckDBPyConnection, folders: Sequence[str], files: Sequence[str] = ()) -> None:
    """Let it read these folders, and read and write these files, and nothing else, for good.

    DuckDB still writes into an allowed folder: what users type goes through `statements.check` first.
    """
    allowed = ", ".join(literal(folder) for folder in folders)
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute(f"SET allowed_paths = [{', '.join(map(literal, files))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def unfinished(path: Path | str) -> str:
    """Where a file is written before it has its name."""
    return f"{Path(path).absolute()}.unfinished"


def isolated() -> duckdb.DuckDBPyConnection:
    """A connection that reaches no file and no network, for conditions that users wrote."""
    connection = connect(threads=1)
    restrict(connection, ())
    return connection


@contextmanager
def meanwhile(look: Callable[[], None], name: str) -> Iterator[None]:
    """Call something from a thread ten times a second, such as what interrupts the database: it looks at nothing.

    Args:
        look: what is called; not once the block has ended.
        name: what the thread is called.
    """
    over = threading.Event()

    def work() -> None:
        while not over.wait(_STEP_SECONDS):
            look()

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def translate(error: duckdb.Error, *, lines_before: int = 0) -> QueryError:
    """What DuckDB says, without its class of error: its first line loses `Binder Error:` and the like.

    Args:
        error: what it raised.
        lines_before: how many lines of ours stood before the SQL that the user knows.
    """
    text = spoken(error)
    kind, separator, rest = text.partition(" Error: ")
    said = rest if separator and "\n" not in kind else text
    return QueryError(_LINE.sub(lambda found: _placed(found, lines_before), said).strip())


def _placed(found: re.Match[str], lines_before: int) -> str:
    """The line at fault by its number in the user's SQL, with spaces for tabs, and the mark below in its place."""
    if int(found[1]) <= lines_before:
        return ""
    text, mark = found[2], found[3]
    columns, reached = len(mark) - len(f"LINE {found[1]}: "), 0
    # DuckDB sets the mark as if a tab took no column.
    while reached < len(text) and (text[reached] == "\t" or columns_of(text[:reached].replace("\t", "")) < columns):
        reached += 1
    return pointed_at(int(found[1]) - lines_before, text, reached, found[4])


def pointed_at(number: int, line: str, place: int, mark: str = "^") -> str:
    """A line of SQL by its number, with spaces for tabs, and a mark below one of its characters."""
    shown = f"LINE {number}: {line}".replace("\t", " ")
    before = shown[: len(shown) - len(line) + place]
    return f"{shown}\n{' ' * columns_of(before)}{mark}"


def spoken(error: duckdb.Error) -> str:
    """What DuckDB says. Of an error raised while it read a lake through us it shows a traceback; that is left out."""
    text = str(error).strip()
    if not text.startswith("Traceback "):
        return text
    raised = next((line for line in text.splitlines()[1:] if line[:1].strip()), text)
    return raised.partition(": ")[2] or raised


def is_unavailable(error: Exception) -> bool:
    """Whether DuckDB failed because an object store that it read a lake from through us did, and may recover."""
    return f"\n{LakeUnavailableError.__name__}: " in str(error)


def _scratch() -> str:
    return str(Path(tempfile.gettempdir()) / f"tailpipe-duckdb-{os.getpid()}")
