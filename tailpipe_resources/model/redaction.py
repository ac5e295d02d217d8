"""Redactions: values that are not stored as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tailpipe_resources.model.place import Place
    from tailpipe_resources.model.secret import Secret

How = Literal["drop", "mask", "hash"]
"""NULL in place of the value, `***`, or a keyed digest that is the same for the same value."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """`redact` in a collection: one column, or one part of it, that is stored otherwise."""

    column: str
    """A column, then the names of fields within it, with dots between them."""

    how: How
    place: Place
    secret: Secret | None = None
    """Keys the digest; None unless `how` is `hash`."""

    @property
    def path(self) -> tuple[str, ...]:
        """The column, and the fields within it."""
        return tuple(self.column.split("."))
