"""`collection` blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailpipe_resources import plugins
from tailpipe_resources.config import aliases
from tailpipe_resources.config.blocks import CollectionAttributes, FilterAttributes, PaceAttributes
from tailpipe_resources.config.decode_checks import checks_of
from tailpipe_resources.config.decode_holds import instant, retention_of
from tailpipe_resources.config.decode_lookups import enrichments_of
from tailpipe_resources.config.decode_pace import pace_of
from tailpipe_resources.config.decode_redactions import redactions_of
from tailpipe_resources.config.decode_sources import destination_of, named_source
from tailpipe_resources.config.decode_tables import format_of
from tailpipe_resources.config.paths import absolute
from tailpipe_resources.config.reading import Reading
from tailpipe_resources.model.config import (
    LOOKBACK,
    UNKNOWN_DESTINATION,
    UNKNOWN_FORMAT,
    UNKNOWN_SOURCE,
    Collection,
    Filter,
)
from tailpipe_resources.model.names import hint, label_fault
from tailpipe_resources.model.window import parse_duration

if TYPE_CHECKING:
    from datetime import timedelta

    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block
    from tailpipe_resources.config.values import Reference
    from tailpipe_resources.model.config import Source

_PATTERN = re.compile(r"[*?\[]")


def collection(block: Block, context: Context) -> Collection | None:
    """A `collection` block, with everything it refers to; one that cannot run becomes a draft of the context."""
    table, name = block.labels
    reading = Reading(block, context, [CollectionAttributes, PaceAttributes])
    attributes, paced = reading.checked(CollectionAttributes), reading.checked(PaceAttributes)
    if attributes is None or paced is None:
        return None
    stored = _table_stored(block, attributes, reading, context)
    source = _source(block, attributes.source, reading, context, name=f"{stored or table}_{name}")
    destination = destination_of(attributes.destination, context)
    _check_prefix(source, attributes.prefix, reading, context)
    filters = _filters(block, attributes, reading, context)
    kept = retention_of(attributes.retention, reading, context)
    form, start = format_of(attributes.format, context), instant(attributes.start, "start", reading, context)
    is_table_known = stored is not None or table == "custom"
    lookback = _lookback(attributes.lookback, reading, context)
    is_first = stored is not None and context.declare(("collection", stored, name), block)
    found = Collection(
        table=table,
        name=name,
        place=block.place,
        source=source or UNKNOWN_SOURCE,
        destination=destination or UNKNOWN_DESTINATION,
        enabled=attributes.enabled,
        prefix=attributes.prefix,
        format=form if is_table_known else UNKNOWN_FORMAT,
        format_place=reading.place("format") if form is not None else None,
        table_name=attributes.table_name,
        timestamp=attributes.timestamp,
        timestamp_format=attributes.timestamp_format,
        tp_index=attributes.tp_index,
        start=start,
        lookback=lookback,
        filters=filters,
        retention=kept,
        redactions=redactions_of(block, context),
        enrichments=enrichments_of(block, context),
        keep_rejected=attributes.keep_rejected,
        rejected_retention=retention_of(attributes.rejected_retention, reading, context, "rejected_retention"),
        pace=pace_of(paced, reading, context),
        checks=checks_of(block, context),
    )
    if is_first and source is not None and destination is not None:
        return found
    context.drafts.append(found)
    return None


def _table_stored(block: Block, attributes: CollectionAttributes, reading: Reading, context: Context) -> str | None:
    table, problems = block.labels[0], context.problems
    if table == "custom":
        return _custom_name(block, attributes, reading, context)
    if attributes.table_name is not None:
        problems.add(reading.place("table_name"), f'"table_name" is for collection "custom"; this one is "{table}"')
    installed = plugins.names("table")
    declared = context.names("table")
    if table in installed or context.is_declared(("table", table)):
        return table
    if not context.incomplete:
        problems.add(block.place, f'there is no table "{table}"{hint(table, [*installed, *declared])}')
    return None


def _custom_name(block: Block, attributes: CollectionAttributes, reading: Reading, context: Context) -> str | None:
    name, place = attributes.table_name, reading.place("table_name")
    if name is None:
        context.problems.add(block.place, f'{block.title} needs "table_name"')
        return None
    shown = reading.shown("table_name", name)
    fault = label_fault(name, "name")
    if fault is not None:
        context.problems.add(place, f'"table_name" {shown} {fault}')
    elif name in plugins.names("table") or context.is_declared(("table", name)):
        kind = "is built in" if name in plugins.names("table") else "has a table block"
        message = f'the table {shown} {kind}; write collection {shown}, or another "table_name"'
        context.problems.add(place, message)
    else:
        return name
    return None


def _source(
    block: Block, reference: Reference | None, reading: Reading, context: Context, *, name: str
) -> Source | None:
    nested = [inner for inner in block.blocks if inner.type == "source"]
    if len(nested) + (reference is not None) > 1:
        context.problems.add(block.place, f"{block.title} has several sources; it takes one")
        return None
    if reference is not None:
        return _referred(reference, context)
    if nested:
        kind = aliases.source_type(nested[0].labels[0])
        return named_source(nested[0], name, context) if context.declare(("source", kind, name), nested[0]) else None
    if not reading.says("source"):
        context.problems.add(block.place, f'{block.title} needs "source"')
    return None


def _referred(reference: Reference, context: Context) -> Source | None:
    if not context.expects("source", reference):
        return None
    kind, name = aliases.source_type(reference.labels[0]), reference.labels[1]
    if not context.is_declared(("source", kind, name)):
        context.unknown(reference)
    found: Source | None = context.get(("source", kind, name))
    return found


def _check_prefix(source: Source | None, prefix: str | None, reading: Reading, context: Context) -> None:
    if source is None or not prefix:
        return
    outer, paths = getattr(source.options, "prefix", None), getattr(source.options, "all_paths", ())
    inside = prefix.startswith(outer or "")
    if paths:
        inside = any(absolute(prefix).startswith(_PATTERN.split(absolute(path), maxsplit=1)[0]) for path in paths)
    if not inside:
        what = "path" if paths else "prefix"
        message = f'"prefix" must start with the {what} of {source.address}, set at {source.place}'
        context.problems.add(reading.place("prefix"), message)


def _filters(block: Block, attributes: CollectionAttributes, reading: Reading, context: Context) -> tuple[Filter, ...]:
    found = [_filter(attributes.filter, "filter", reading)] if attributes.filter is not None else []
    for inner in block.blocks:
        if inner.type != "filter":
            continue
        condition = Reading(inner, context, [FilterAttributes])
        checked = condition.checked(FilterAttributes)
        if checked is not None:
            found.append(_filter(checked.where, "where", condition))
    return tuple(sorted(found, key=lambda item: item.place.line))


def _filter(where: str, name: str, reading: Reading) -> Filter:
    return Filter(where, reading.place(name), reading.is_secret(name))


def _lookback(written: str | int | None, reading: Reading, context: Context) -> timedelta:
    if written is None:
        return LOOKBACK
    try:
        return parse_duration(str(written))
    except ValueError as error:
        message = f'"lookback" {reading.shown("lookback", str(written))} is not a length of time; {error}'
        context.problems.add(reading.place("lookback"), message)
        return LOOKBACK
