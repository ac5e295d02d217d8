"""`lookup` blocks, and the `enrich` blocks of collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.config.paths import absolute
from tailpipe_resources.config.reading import Reading
from tailpipe_resources.config.values import Reference  # noqa: TC001 - pydantic reads the annotations
from tailpipe_resources.model.lookup import GEOIP, SUFFIXES, EnrichBlock, LookupBlock
from tailpipe_resources.model.names import label_fault
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block


class LookupAttributes(Options):
    """A file that tells more about values in rows."""

    path: str
    """A CSV, TSV or Parquet file with a header, or a database in MaxMind's format (`.mmdb`)."""

    key: str | tuple[str, ...] | None = None
    """The column, or the columns, of the file that are equal to what is looked up."""

    network: str | None = None
    """The column that holds networks such as `203.0.113.0/24`; the narrowest that holds an address is found."""


class EnrichAttributes(Options):
    """Columns that are added to the rows of a collection."""

    lookup: Reference
    """Where they come from."""

    on: str | tuple[str, ...]
    """The column of the row that is looked up; as many as the lookup's key has."""

    columns: dict[str, str]
    """The columns that are added, and what of the lookup each holds."""


def lookup(block: Block, context: Context) -> LookupBlock | None:
    """A `lookup` block. Its file is read when a plan is made."""
    (name,) = block.labels
    if not context.declare(("lookup", name), block):
        return None
    reading = Reading(block, context, [LookupAttributes])
    attributes = reading.checked(LookupAttributes)
    if attributes is None:
        return None
    path = absolute(attributes.path)
    places = {each: reading.place(each) for each in LookupAttributes.model_fields if reading.says(each)}
    found = LookupBlock(name, block.place, path, _several(attributes.key), attributes.network, places)
    problems = len(context.problems)
    if "://" in path:
        context.problems.add(reading.place("path"), f'"path" {reading.shown("path", path)} is no file of this machine')
    elif found.suffix not in SUFFIXES:
        message = f'"path" {reading.shown("path", path)} has to end in {", ".join(SUFFIXES)}; by that it is read'
        context.problems.add(reading.place("path"), message)
    else:
        _check_way(found, context)
    if len(context.problems) > problems:
        return None
    context.keep(("lookup", name), found)
    return found


def enrichments_of(block: Block, context: Context) -> tuple[EnrichBlock, ...]:
    """What a collection's `enrich` blocks say, in their order."""
    return tuple(_enrichments(block, context))


def _enrichments(block: Block, context: Context) -> Iterator[EnrichBlock]:
    for inner in block.blocks:
        if inner.type != "enrich":
            continue
        reading = Reading(inner, context, [EnrichAttributes])
        attributes = reading.checked(EnrichAttributes)
        if attributes is None:
            continue
        found = _referred(attributes.lookup, context)
        faults = [(name, fault) for name in attributes.columns if (fault := label_fault(name, "column")) is not None]
        for name, fault in faults:
            context.problems.add(reading.place("columns"), f'"{name}" {fault}')
        if not attributes.columns:
            context.problems.add(reading.place("columns"), '"columns" adds none; write columns = { mine = "theirs" }')
        if found is not None and attributes.columns and not faults:
            places = {each: reading.place(each) for each in EnrichAttributes.model_fields}
            yield EnrichBlock(found, _several(attributes.on), attributes.columns, inner.place, places)


def _referred(reference: Reference, context: Context) -> LookupBlock | None:
    if not context.expects("lookup", reference):
        return None
    address = ("lookup", *reference.labels)
    if not context.is_declared(address):
        context.unknown(reference)
    found: LookupBlock | None = context.get(address)
    return found


def _check_way(found: LookupBlock, context: Context) -> None:
    """Whether it says how values are found in the file, and once."""
    title, said = f'lookup "{found.name}"', [each for each in ("key", "network") if each in found.places]
    if found.suffix == GEOIP:
        for each in said:
            context.problems.add(found.at(each), f'{title}: a {GEOIP} file is found by address; take "{each}" out')
    elif not said:
        context.problems.add(found.place, f'{title} needs "key" or "network": the column of the file to look in')
    elif len(said) > 1:
        context.problems.add(found.at("network"), f'{title} has both "key" and "network"; one of them finds a row')


def _several(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
