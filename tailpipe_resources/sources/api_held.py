"""What a collection has of one day of an API, in few words: enough to take the rest exactly once.

The ledger keeps it beside the day. It holds the ids of the newest events, so that those which share the last instant,
and those which are a little late, can be told from what was taken. It also holds how many events were taken and one
number made of all their ids, which tells whether a day that is read once more has changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERLAP: Final = 600
"""Seconds before the newest event that are asked for again, because events may be that late."""

MOST_NEAR: Final = 1000
"""So many ids are kept; where more events fall into the overlap, it is shorter. The newest second is always whole."""


@dataclass(frozen=True, slots=True)
class Held:
    """What was taken of a day."""

    end: int = 0
    """How many bytes were delivered."""

    since: int = 0
    """Seconds since 1970 from which on to ask: `near` has everything that was taken from there on."""

    count: int = 0
    sum: int = 0
    """All ids, combined so that their order does not matter."""

    near: Mapping[int, int] = field(default_factory=dict)
    """The newest events: when each happened, by what stands for its id."""

    def __str__(self) -> str:
        """As the ledger keeps it."""
        near = ",".join(f"{key:x}.{second - self.since}" for key, second in self.near.items())
        return json.dumps([self.end, self.since, self.count, f"{self.sum:x}", near], separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Held | None:
        """What the ledger kept; None when it is nothing."""
        if not text:
            return None
        end, since, count, total, near = json.loads(text)
        pairs = (each.split(".") for each in near.split(",") if each)
        return cls(end, since, count, int(total, 16), {int(key, 16): int(span) + since for key, span in pairs})

    def is_of(self, other: Held) -> bool:
        """Whether both are the same events."""
        return (self.count, self.sum) == (other.count, other.sum)


def newest(near: Mapping[int, int], floor: int) -> tuple[int, dict[int, int]]:
    """From when on to ask next time, and what was taken from there on.

    Args:
        near: events that were taken, and when each happened.
        floor: from when on it has all that was taken.
    """
    seconds = sorted(near.values(), reverse=True)
    if not seconds:
        return floor, {}
    crowded = seconds[MOST_NEAR] + 1 if len(seconds) > MOST_NEAR else 0
    since = max(floor, min(seconds[0], max(seconds[0] - OVERLAP, crowded)))
    return since, {key: second for key, second in near.items() if second >= since}
