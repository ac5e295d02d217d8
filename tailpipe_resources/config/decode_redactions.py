"""`redact` blocks of collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.config.reading import Reading
from tailpipe_resources.model.redaction import How, Redaction
from tailpipe_resources.model.secret import Secret  # noqa: TC001 - pydantic reads the annotations
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block


class RedactAttributes(Options):
    """A column that is not stored as it is."""

    column: str
    """The column, or a part of it: `user_identity.arn`, `request_parameters.password`."""

    how: How
    """`drop` stores nothing, `mask` stores `***`, `hash` a digest that is the same for the same value."""

    secret: Secret | None = None
    """Keys the digests of `hash`; who has it can find out which value a digest stands for."""


def redactions_of(block: Block, context: Context) -> tuple[Redaction, ...]:
    """What a collection's `redact` blocks say, in their order."""
    return tuple(_redactions(block, context))


def _redactions(block: Block, context: Context) -> Iterator[Redaction]:
    first: dict[str, Redaction] = {}
    for inner in block.blocks:
        if inner.type != "redact":
            continue
        reading = Reading(inner, context, [RedactAttributes])
        attributes = reading.checked(RedactAttributes)
        if attributes is None or not _fits(attributes, reading, context):
            continue
        found = Redaction(attributes.column, attributes.how, reading.place("column"), attributes.secret)
        other = first.setdefault(found.column, found)
        if other is not found:
            context.problems.add(found.place, f'"{found.column}" is redacted twice; the first is at {other.place}')
        else:
            yield found


def _fits(attributes: RedactAttributes, reading: Reading, context: Context) -> bool:
    """Whether the attributes go together; what does not is noted."""
    needs, has = attributes.how == "hash", reading.says("secret")
    if needs and not has:
        message = (
            'how = "hash" needs "secret", such as secret = env("REDACTION_KEY"): without one, digests can be guessed'
        )
        context.problems.add(reading.place("how"), message)
    elif has and not needs:
        context.problems.add(reading.place("secret"), f'"secret" is for how = "hash", not "{attributes.how}"')
    elif not all(attributes.column.split(".")):
        context.problems.add(
            reading.place("column"), f'"column" "{attributes.column}" is no column and fields after dots'
        )
    return needs == has and all(attributes.column.split("."))
