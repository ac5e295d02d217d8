"""One day of an API, taken into a file: what a collection does not have of it, each event once."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.model.window import end_of, midnight
from tailpipe_resources.sources.api_event import MICROS, of_instant
from tailpipe_resources.sources.api_held import MOST_NEAR, Held, newest
from tailpipe_resources.sources.base import Answer

if TYPE_CHECKING:
    from tailpipe_resources.sources.api_event import Event

MEMORY_BYTES: Final = 1 << 20
"""What is taken beyond this goes to a temporary file."""

_CROWD: Final = 4 * MOST_NEAR
"""With more ids in hand it is looked which are the newest; then with twice what was left, which may be one second's."""

SOON: Final = timedelta(minutes=10)
"""So long after its end a day is looked at once more: events are a little late, and clocks differ."""

ENDED: Final = "ended"
LATER: Final = "ended and looked at again"
SETTLED: Final = "settled"


@dataclass(frozen=True, slots=True)
class Day:
    """A UTC day."""

    date: date

    @property
    def start(self) -> datetime:
        """Its first instant."""
        return midnight(self.date)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return end_of(self.date)

    def version(self, now: datetime, settle: timedelta) -> str | None:
        """What the day is like; changes when it is to be looked at again. None while it lasts."""
        if now < self.end:
            return None
        if now >= self.end + settle:
            return SETTLED
        return LATER if now >= self.end + SOON else ENDED


class Taking:
    """What is taken of a day."""

    def __init__(self, day: Day, held: Held | None, *, whole: bool, location: str) -> None:
        """Begin.

        Args:
            day: which day.
            held: what the collection has of it; None when it has nothing, or is to forget it.
            whole: read all of it, and replace what is held if it turns out to be more.
            location: what to call it in an error.
        """
        self._held = held or Held()
        self._is_anew = held is None
        self._whole = whole or held is None
        self._location = location
        self._end = of_instant(day.end)
        self.start = of_instant(day.start) if self._whole else max(self._held.since * MICROS, of_instant(day.start))
        """Microseconds since 1970 from which on events are wanted."""

        base = Held() if self._whole else self._held
        self._count, self._sum, self._near = base.count, base.sum, dict(base.near)
        self._floor = self.start // MICROS
        self._known = frozenset(base.near)
        self._crowd = _CROWD
        self._met: set[int] = set()
        self._file = cast("BinaryIO", tempfile.SpooledTemporaryFile(MEMORY_BYTES))  # noqa: SIM115 - handed on
        self._size = 0

    def take(self, event: Event, time: int) -> None:
        """One event, which happened then; left out when it is of another day, or was taken before."""
        if not self.start <= time < self._end or event.key in self._met:
            return
        self._met.add(event.key)
        if event.key in self._known:
            return
        self._file.write(event.raw + b"\n")
        self._size += len(event.raw) + 1
        self._count += 1
        self._sum ^= event.key
        self._near[event.key] = time // MICROS
        if len(self._near) > self._crowd:
            self._floor, self._near = newest(self._near, self._floor)
            self._crowd = max(_CROWD, 2 * len(self._near))

    def answer(self, version: str) -> Answer:
        """What came of it.

        Raises:
            BadArtifactError: there is less of a day than was taken of it before, which is kept.
        """
        since, near = newest(self._near, self._floor)
        end = self._size if self._whole else self._held.end + self._size
        found = Held(end, since, self._count, self._sum, near)
        if self._whole and not self._is_anew:
            if found.is_of(self._held):
                return self._nothing(version)
            if found.count < self._held.count:
                self._file.close()
                raise BadArtifactError(
                    f"{self._location}: {found.count} events are there now, and {self._held.count} were taken before. "
                    "They are kept; collect --overwrite replaces them"
                )
        self._file.seek(0)
        start = 0 if self._whole else self._held.end
        return Answer(self._file, self._size, version, str(found), start, is_whole=self._whole)

    def close(self) -> None:
        """Give up."""
        self._file.close()

    def _nothing(self, version: str) -> Answer:
        self._file.seek(0)
        self._file.truncate()
        return Answer(self._file, 0, version, str(self._held), self._held.end, is_whole=False)


def days_between(first: date, last: date) -> list[Day]:
    """The days from one to another, both included."""
    return [Day(first + timedelta(days=number)) for number in range((last - first).days + 1)]


def day_of(when: datetime) -> date:
    """The UTC day of an instant."""
    return when.astimezone(UTC).date()
