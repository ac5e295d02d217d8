"""What a ledger knows of one artifact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailpipe_resources.lake.intent import Entry
    from tailpipe_resources.model.results import Status

FORMER = 8
"""How many contents are remembered that were in a place before. The rest are known under their later names."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger says of an artifact."""

    version: str
    status: Status
    rows: int
    """Rows of this or, where this one could not be read, of an earlier version of it that are in the lake."""

    salvaged: bool = False
    folded: int = 0
    """Rows of it that were folded."""

    since: int = 0
    """The batch that read it from its start; what earlier ones folded of it is of no use any more."""

    mark: str = ""
    """How far it was read, where it may grow."""

    older: int = 0
    """Rows of what was in its place before it was begun afresh; they stay."""

    former: str = ""
    """How far that was read, newest first, separated by spaces: it may go on under another name."""

    @property
    def marks(self) -> tuple[str, ...]:
        """How far it was read, empty if that is not known, and then what was in its place before."""
        return (self.mark, *self.former.split()) if self.mark or self.former else ()

    @property
    def held(self) -> bool:
        """Whether the lake has rows of it, or of what was in its place before."""
        # Looking for rows that are not there costs a little, missing some doubles them: so either count will do. What
        # has neither, such as the many artifacts that were broken or empty, need not be looked for.
        return self.rows > 0 or self.older > 0

    def less(self, rows: int, older: int) -> Known:
        """What is known once so many of its rows and of the older ones are taken out."""
        # More than there are of one kind were of the other.
        other, more = max(rows - self.rows, 0), max(older - self.older, 0)
        return replace(self, rows=max(self.rows - rows - more, 0), older=max(self.older - older - other, 0))


def known_after(before: Known | None, entry: Entry, batch: int) -> Known:
    """What is known of an artifact once a batch with this entry is committed."""
    if before is None:
        rows, folded = (entry.rows, entry.folded) if entry.was_read else (0, 0)
        return Known(entry.version, entry.status, rows, entry.salvaged, folded, batch, entry.mark)
    if entry.was_read:
        return _read_again(before, entry, batch)
    return replace(before, version=entry.version, status=entry.status, salvaged=entry.salvaged)


def _read_again(before: Known, entry: Entry, batch: int) -> Known:
    rows, folded, older, former = entry.rows, entry.folded, before.older, before.former
    since = batch if entry.how == "anew" else before.since
    if entry.how == "grown":
        rows, folded = before.rows + rows - entry.withdrawn, before.folded + folded
    elif entry.how == "afresh":
        older += before.rows
    if entry.how == "afresh" or (entry.how == "anew" and not before.held):
        former = " ".join(filter(None, before.marks[:FORMER]))
    return Known(entry.version, entry.status, rows, entry.salvaged, folded, since, entry.mark, older, former)
