"""Meta commands that show what there is."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tailpipe_assets.console.words import counted, say
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint
from tailpipe_resources.query.layers import MAIN

if TYPE_CHECKING:
    from tailpipe_assets.console.session import Session

_MADE_HERE = """
SELECT table_name, 'table', column_count FROM duckdb_tables()
WHERE database_name IN ('memory', 'temp') AND NOT internal AND schema_name = 'main'
UNION ALL
SELECT view_name, 'view', column_count FROM duckdb_views()
WHERE database_name IN ('memory', 'temp') AND NOT internal AND schema_name = 'main'
ORDER BY 1
"""
_VIEWS = """
SELECT schema_name, view_name, column_count FROM duckdb_views()
WHERE database_name IN ('memory', 'temp') AND NOT internal
UNION ALL
SELECT schema_name, table_name, column_count FROM duckdb_tables()
WHERE database_name IN ('memory', 'temp') AND NOT internal
ORDER BY schema_name <> 'main', 1, 2
"""
_COLUMNS = """
SELECT column_name, data_type FROM duckdb_columns()
WHERE database_name IN ('memory', 'temp') AND NOT internal
  AND lower(table_name) = lower(?) AND lower(schema_name) = lower(?) ORDER BY column_index
"""
_HOLDS = {"all": "the rows of all tables", "query": "view of the configuration"}


def tables(session: Session, _argument: str) -> None:
    """List what plain names mean."""
    _refresh(session)
    known = {view.name: view for view in session.tables.views}
    rows = [
        (view.name, str(len(view.all_columns)), counted(len(view.files), "file") if view.files else "no rows yet")
        for view in known.values()
    ]
    layers = {layer.name: layer for layer in session.tables.layers if layer.schema == MAIN}
    rows += [(name, str(len(each.columns) or ""), _HOLDS[each.kind]) for name, each in layers.items()]
    made = session.tables.connection.execute(_MADE_HERE).fetchall()
    lakes = {*known, *layers}
    rows += [(name, str(count), f"{kind} of this session") for name, kind, count in made if name not in lakes]
    session.list(rows, ("table", "columns", "holds"))


def views(session: Session, _argument: str) -> None:
    """List what can be asked, schema by schema."""
    _refresh(session)
    session.tables.make_all()
    found = session.tables.connection.execute(_VIEWS).fetchall()
    session.list([(schema, name, str(count)) for schema, name, count in found], ("schema", "view", "columns"))


def inspect(session: Session, argument: str) -> None:
    """Show the columns of a table.

    Raises:
        UsageError: none is named, or there is none of that name.
    """
    if not argument:
        raise UsageError(f"write .inspect TABLE; there is {', '.join(session.tables.names())}")
    _refresh(session)
    name = argument.replace('"', "")
    described = session.tables.described(name)
    if described is not None:
        session.list([(each.name, each.type, each.description) for each in described], ("column", "type", "what it is"))
        return
    schema, _, table = name.rpartition(".")
    found = session.tables.connection.execute(_COLUMNS, [table, schema or "main"]).fetchall()
    if not found:
        raise UsageError(f'no table is called "{name}"{hint(name, session.tables.names())}')
    session.list(found, ("column", "type"))


def collections(session: Session, _argument: str) -> None:
    """Show what each collection has in the lakes."""
    rows = [
        (
            f"{each.table}.{each.name}",
            f"{each.rows:,}",
            f"{each.files:,}",
            _size(each.size),
            str(each.first_day),
            str(each.last_day),
        )
        for each in session.tables.collections()
    ]
    if not rows:
        say("no rows yet: tailpipe collect brings them; tailpipe collection list shows what is configured")
    session.list(rows, ("collection", "rows", "files", "size", "first day", "last day"))


def explain(session: Session, argument: str) -> None:
    """Show how a statement is carried out.

    Raises:
        UsageError: nothing was asked yet.
    """
    statement = argument or session.last
    if not statement:
        raise UsageError("nothing was asked yet; write .explain SQL")
    is_explained = statement.lstrip().lower().startswith("explain")
    before = session.last
    try:
        session.ask(statement if is_explained else f"EXPLAIN {statement}")
    finally:
        session.last = before or statement


def _refresh(session: Session) -> None:
    with ExitStack() as until:
        session.tables.refresh(until)


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
