"""`format` and `table` blocks, and what a `format` attribute means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources import plugins
from tailpipe_resources.config.aliases import FORMAT_PRESETS
from tailpipe_resources.config.blocks import ColumnAttributes, TableAttributes
from tailpipe_resources.config.reading import Reading, distinct
from tailpipe_resources.config.values import Reference, revealed
from tailpipe_resources.errors import ConfigError, SourceRefusedError
from tailpipe_resources.model.config import UNKNOWN_FORMAT, ColumnBlock, FormatBlock, TableBlock
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block


def format_block(block: Block, context: Context) -> FormatBlock | None:
    """A `format` block. Its attributes are checked by the format's plugin when a plan is made."""
    kind, name = block.labels
    if not context.declare(("format", kind, name), block):
        return None
    if kind not in plugins.names("format"):
        near = hint(kind, plugins.names("format"))
        context.problems.add(block.place, f'there is no format type "{kind}"{near}')
        return None
    places = {attribute.name: attribute.place for attribute in block.attributes}
    found = FormatBlock(kind, name, block.place, _values(block, context), places)
    context.keep(("format", kind, name), found)
    return found


def table(block: Block, context: Context) -> TableBlock | None:
    """A `table` block."""
    (name,) = block.labels
    if not context.declare(("table", name), block):
        return None
    if name in plugins.names("table"):
        context.problems.add(block.place, f'the table "{name}" is built in; give yours another name')
        return None
    attributes = Reading(block, context, [TableAttributes]).checked(TableAttributes)
    if attributes is None:
        return None
    found = TableBlock(
        name=name,
        place=block.place,
        format=format_of(attributes.format, context),
        columns=_columns(block, context),
        map_fields=attributes.map_fields,
        null_if=attributes.null_if,
        description=attributes.description,
    )
    context.keep(("table", name), found)
    return found


def format_of(written: Reference | str | None, context: Context) -> FormatBlock | str | None:
    """What a `format` attribute means: a block, or the name of an installed format; text is passed as it is.

    A reference to what is not there means `UNKNOWN_FORMAT`, and a problem.
    """
    if not isinstance(written, Reference):
        return written
    if not context.expects("format", written):
        return UNKNOWN_FORMAT
    kind, name = written.labels
    if context.is_declared(("format", kind, name)):
        found: FormatBlock | None = context.get(("format", kind, name))
        return found or UNKNOWN_FORMAT
    if (kind, name) in FORMAT_PRESETS:
        return FORMAT_PRESETS[kind, name]
    if name == "default" and kind in plugins.names("format"):
        return kind
    context.unknown(written)
    return UNKNOWN_FORMAT


def _columns(block: Block, context: Context) -> tuple[ColumnBlock, ...]:
    columns: dict[str, ColumnBlock] = {}
    for inner in block.blocks:
        if inner.type != "column":
            continue
        attributes = Reading(inner, context, [ColumnAttributes]).checked(ColumnAttributes)
        (name,) = inner.labels
        if name in columns:
            message = f'duplicate column "{name}"; the first is at {columns[name].place}'
            context.problems.add(inner.place, message)
        elif attributes is not None:
            columns[name] = ColumnBlock(name, inner.place, **dict(attributes))
    return tuple(columns.values())


def _values(block: Block, context: Context) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, attribute in distinct(block, context, {}).items():
        try:
            value = revealed(context.scope.evaluate(attribute.value))
        except ConfigError as error:
            context.problems.extend(error.problems)
        except SourceRefusedError as error:
            context.problems.add(attribute.place, str(error))
        else:
            if value is not None:
                values[name] = value
    return values
