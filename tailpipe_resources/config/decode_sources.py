"""`credential`, `destination` and `source` blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_resources import plugins
from tailpipe_resources.config import aliases, credentials
from tailpipe_resources.config.blocks import DestinationAttributes, SourceAttributes
from tailpipe_resources.config.decode_holds import retention_of
from tailpipe_resources.config.decode_tables import format_of
from tailpipe_resources.config.paths import absolute
from tailpipe_resources.config.reading import Reading
from tailpipe_resources.errors import PluginError
from tailpipe_resources.model.config import Credential, Destination, Source
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block
    from tailpipe_resources.config.values import Reference
    from tailpipe_resources.options import Options

_DEFAULT = ("destination", "parquet", "default")


def credential(block: Block, context: Context) -> Credential | None:
    """A `credential` block."""
    kind, name = block.labels
    if not context.declare(("credential", kind, name), block):
        return None
    model = credentials.TYPES.get(kind)
    if model is None:
        near = hint(kind, credentials.TYPES)
        context.problems.add(block.place, f'there is no credential type "{kind}"{near}')
        return None
    options = Reading(block, context, [model], aliases.CREDENTIAL_ATTRIBUTES).checked(model)
    if options is None:
        return None
    found = Credential(kind, name, block.place, _as_given(options))
    context.keep(("credential", kind, name), found)
    return found


def destination(block: Block, context: Context) -> Destination | None:
    """A `destination` block."""
    kind, name = block.labels
    if not context.declare(("destination", kind, name), block):
        return None
    if kind != "parquet":
        context.problems.add(block.place, f'there is no destination type "{kind}"{hint(kind, ["parquet"])}')
        return None
    reading = Reading(block, context, [DestinationAttributes], aliases.ATTRIBUTES)
    attributes = reading.checked(DestinationAttributes)
    if attributes is None:
        return None
    if not attributes.path or ("://" in attributes.path and not attributes.path.startswith("s3://")):
        context.problems.add(block.place, f'{block.title}: "path" must be a folder or begin with s3://')
        return None
    let_in = credential_of(attributes.credential, "aws", context)
    found = Destination(
        name,
        absolute(attributes.path),
        let_in,
        block.place,
        _encryption(attributes),
        retention_of(attributes.retention, reading, context),
    )
    context.keep(("destination", kind, name), found)
    return found


def _encryption(attributes: DestinationAttributes) -> dict[str, str]:
    """Settings of an S3 client: https://docs.rs/object_store/latest/object_store/aws/enum.AmazonS3ConfigKey.html."""
    given = {"aws_server_side_encryption": attributes.encryption, "aws_sse_kms_key_id": attributes.kms_key_id}
    return {name: value for name, value in given.items() if value is not None}


def implicit_destination(context: Context) -> tuple[Destination, ...]:
    """`destination.parquet.default`, when no block declares it: the working directory."""
    if context.is_declared(_DEFAULT):
        return ()
    found = Destination("default", absolute("."))
    context.keep(_DEFAULT, found)
    return (found,)


def destination_of(reference: Reference | None, context: Context) -> Destination | None:
    """The destination a collection means; None, and a problem, when there is none."""
    address = _DEFAULT if reference is None else ("destination", *reference.labels)
    if reference is not None:
        if not context.expects("destination", reference):
            return None
        if address != _DEFAULT and not context.is_declared(address):
            context.unknown(reference)
    found: Destination | None = context.get(address)
    return found


def source(block: Block, context: Context) -> Source | None:
    """A `source` block of the top level."""
    kind, name = aliases.source_type(block.labels[0]), block.labels[1]
    if not context.declare(("source", kind, name), block):
        return None
    return named_source(block, name, context)


def named_source(block: Block, name: str, context: Context) -> Source | None:
    """What a `source` block says, under a name."""
    kind = aliases.source_type(block.labels[0])
    model = _options_model(kind, block, context)
    if model is None:
        return None
    reading = Reading(block, context, [SourceAttributes, model], aliases.ATTRIBUTES)
    attributes, options = reading.checked(SourceAttributes), reading.checked(model)
    if attributes is None or options is None:
        return None
    let_in = credential_of(attributes.credential, credentials.OF_SOURCE.get(kind), context)
    found = Source(
        type=kind,
        name=name,
        place=block.place,
        options=_with_absolute_paths(kind, options),
        credential=let_in,
        format=format_of(attributes.format, context),
    )
    context.keep(("source", kind, name), found)
    return found


def check_taken(sources: Iterable[Source], context: Context) -> None:
    """Note sources that take from each other."""
    first: dict[str, Source] = {}
    for each in sources:
        taken = each.options.taken_from
        other = each if taken is None else first.setdefault(taken, each)
        if other is not each:
            context.problems.add(
                each.place,
                f"{each.address} reads {taken}, and so does {other.address}: what one receives the other never sees; "
                "give each a queue of its own, or let collections share one source",
            )


def credential_of(reference: Reference | None, kind: str | None, context: Context) -> Credential | None:
    """The credential a block means: the one it names, else the declared default of its type, else None.

    `credential.<type>.default` needs no block: the vendor's own chain finds it.
    """
    if reference is None:
        implied: Credential | None = context.get(("credential", kind, "default")) if kind else None
        return implied
    if not context.expects("credential", reference):
        return None
    (type_, name), address = reference.labels, ("credential", *reference.labels)
    if kind is not None and type_ != kind and type_ in credentials.TYPES:
        context.problems.add(
            reference.place, f"{reference.written} cannot be used here; a credential of type {kind} belongs here"
        )
    elif not context.is_declared(address):
        if name == "default" and type_ in credentials.TYPES:
            return Credential(type_, name, place=None)
        context.unknown(reference)
    found: Credential | None = context.get(address)
    return found


def _options_model(kind: str, block: Block, context: Context) -> type[Options] | None:
    if kind not in plugins.names("source"):
        known = [*plugins.names("source"), *aliases.SOURCES]
        message = f'there is no source type "{block.labels[0]}"{hint(block.labels[0], known)}'
        context.problems.add(block.place, message)
        return None
    try:
        model: type[Options] = plugins.load("source", kind).options
    except PluginError as error:
        context.problems.add(block.place, str(error))
        return None
    return model


def _with_absolute_paths(kind: str, options: Options) -> Options:
    if kind != "file":
        return options
    given = _as_given(options)
    changed: dict[str, Any] = {}
    if isinstance(given.get("path"), str):
        changed["path"] = absolute(given["path"])
    if "paths" in given:
        changed["paths"] = type(given["paths"])(map(absolute, given["paths"]))
    return options.model_copy(update=changed)


def _as_given(options: Options) -> dict[str, Any]:
    return {name: getattr(options, name) for name in options.model_fields_set}
