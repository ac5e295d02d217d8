"""Meta commands that read and write files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.console import saved
from tailpipe_assets.console.screen import Answer
from tailpipe_assets.console.splitting import bare, split
from tailpipe_assets.console.words import say
from tailpipe_resources.errors import UsageError
from tailpipe_resources.query.render import OUTPUTS, Output, render

if TYPE_CHECKING:
    from tailpipe_assets.console.lake import LakeTables
    from tailpipe_assets.console.session import Session

_PARQUET = "parquet"
_ALSO = {"txt": "table", "ndjson": "jsonl", "md": "markdown"}


def save(session: Session, argument: str) -> None:
    """Keep a statement under a name.

    Raises:
        UsageError: no name is given, or nothing was asked yet.
    """
    name, _, given = argument.partition(" ")
    statement = given.strip() or session.last
    if not name or not statement:
        raise UsageError("write .save NAME after a statement, or .save NAME SQL")
    path, is_replaced = saved.save(name, statement)
    say(f"{'replaced' if is_replaced else 'saved'} {path}; .run {path.stem} asks it again")


def run(session: Session, argument: str) -> None:
    """Ask a saved query, or list them all."""
    if argument:
        session.ask_all(saved.read_sql(saved.saved_query(argument, session.folders).path))
        return
    known = saved.saved_queries(session.folders)
    if not known:
        say(f"no query is saved yet; .save NAME writes one to {saved.own_folder()}")
    session.list(
        [(each.name, each.title, str(each.path.parent)) for each in known], ("query", "what it asks", "folder")
    )


def open_file(session: Session, argument: str) -> None:
    """Ask the statements of a file.

    Raises:
        UsageError: none is named, or it cannot be read.
    """
    if not argument:
        raise UsageError("write .open FILE")
    session.ask_all(saved.read_sql(Path(argument)))


def export(session: Session, argument: str) -> None:
    """Write all rows of a statement to a file, whole or not at all.

    Raises:
        UsageError: the name does not say how to write it, there is such a file, or nothing was asked yet.
    """
    name, _, given = argument.partition(" ")
    statement = given.strip() or session.last
    if not name or not statement:
        raise UsageError("write .export FILE after a statement, or .export FILE SQL")
    if len(split(statement + ";")[0]) != 1 or not bare(statement).strip():
        raise UsageError(".export writes the rows of one statement")
    path, output = Path(name).expanduser(), _output_of(name)
    _check_place(session, path)
    session.last = statement
    found = session.work(statement, lambda: _written(session.tables, statement, path, output))
    if found is None:
        raise UsageError("this statement has no rows to write")
    say(f"{found.summary} written to {path}")


def _written(tables: LakeTables, statement: str, path: Path, output: Output | None) -> Answer:
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if output is None:
            rows = tables.store(statement, partial)
        else:
            with partial.open("x", encoding="utf-8", newline="") as stream:
                rows = render(tables.ask(statement), output, stream).rows
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return Answer("", rows, rows, is_counted=True)


def _output_of(name: str) -> Output | None:
    """How to write a file of this name; None is Parquet."""
    suffix = Path(name).suffix.lstrip(".").lower()
    wanted = _ALSO.get(suffix, suffix)
    if wanted == _PARQUET:
        return None
    for output in OUTPUTS:
        if output == wanted:
            return output
    known = ", ".join(
        f".{each}" for each in (_PARQUET, *OUTPUTS, *(key for key, value in _ALSO.items() if value in OUTPUTS))
    )
    raise UsageError(f"{name}: the end of the name says how rows are written; use one of {known}")


def _check_place(session: Session, path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder")
    if path.exists():
        raise UsageError(f"{path} is there already; choose another name")
    where = path.parent.resolve()
    for root in session.tables.roots:
        if "://" not in root and where.is_relative_to(Path(root).resolve()):
            raise UsageError(f"{path} would lie in the lake; choose another folder")
