"""`view` blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.config.blocks import From, ViewAttributes
from tailpipe_resources.config.decode_holds import window_of
from tailpipe_resources.config.reading import Reading
from tailpipe_resources.model.view import RESERVED, ViewBlock

if TYPE_CHECKING:
    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block

_TAKEN = RESERVED | {"all_log"}
"""Names that a query knows already."""

_PARTS = ("from", "to", "tables", "collections", "indexes", "where")
_PLACED = ("sql", "tables", "collections", "where", "accelerated")


def view(block: Block, context: Context) -> ViewBlock | None:
    """A `view` block. Its SQL is checked where it is used: loading needs no database."""
    (name,) = block.labels
    if not context.declare(("view", name.lower()), block):  # SQL does not tell names apart by their case
        return None
    if name.lower() in _TAKEN:
        context.problems.add(block.place, f'a view cannot be called "{name}": queries know something of that name')
        return None
    reading = Reading(block, context, [ViewAttributes, From])
    before = len(context.problems)
    attributes, since = reading.checked(ViewAttributes), reading.checked(From)
    if attributes is None or since is None:
        return None
    window = window_of(getattr(since, "from"), attributes.to, reading, context)
    if window.start is not None and window.end is not None and window.start >= window.end:
        context.problems.add(reading.place("to"), f'{block.title}: "from" is not before "to"; it would show nothing')
    beside = [part for part in _PARTS if reading.says(part)]
    if attributes.sql is not None and beside:
        message = f'{block.title}: "sql" is the whole view; write "{beside[0]}" into its WHERE'
        context.problems.add(reading.place(beside[0]), message)
    if len(context.problems) > before:
        return None
    return ViewBlock(
        name=name,
        place=block.place,
        sql=attributes.sql,
        window=window,
        tables=attributes.tables,
        collections=attributes.collections,
        indexes=attributes.indexes,
        where=attributes.where,
        accelerated=attributes.accelerated,
        description=attributes.description,
        places={name: reading.place(name) for name in _PLACED if reading.says(name)},
    )
