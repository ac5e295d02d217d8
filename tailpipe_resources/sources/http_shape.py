"""What a service's answers look like and how it is asked for a span of time, as the configuration says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.sources.api_event import MICROS, micros, value_at

if TYPE_CHECKING:
    from tailpipe_resources.errors import SourceError
    from tailpipe_resources.sources.api_event import Path

_NAMED = 10
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Span:
    """How a service is asked for a span of time."""

    first: str
    last: str | None
    written: Literal["rfc3339", "unix", "unix_ms", "date"]

    def parameters(self, start: int, end: int) -> dict[str, str]:
        """The parameters for events from one instant up to another, in microseconds since 1970.

        Services differ in whether they count the ends in. So a second more is asked for, and left out later.
        """
        found = {self.first: self._text(start // MICROS - 1)}
        return found if self.last is None else {**found, self.last: self._text(-(-end // MICROS))}

    def _text(self, second: int) -> str:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
        if self.written == "date":
            return f"{when:%Y-%m-%d}"
        if self.written == "rfc3339":
            return f"{when:%Y-%m-%dT%H:%M:%SZ}"
        return str(second if self.written == "unix" else second * 1000)


@dataclass(frozen=True, slots=True)
class Shape:
    """Where events and their times are to be found."""

    records: Path
    time: Path
    is_optional: bool = False
    """Whether the array may be absent, which means that there are no events."""

    def refusal(self, body: bytes) -> SourceError | None:
        """What an answer has in place of what the configuration says, if it is JSON: trying again would not help."""
        try:
            told = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        found = value_at(told, self.records)
        if found is None and self.is_optional and isinstance(told, dict):
            return None
        if not isinstance(found, list):
            return SourceRefusedError(self._without_records(told))
        objects = [each for each in found if isinstance(each, dict)]
        times = [value_at(each, self.time) for each in objects]
        where = ".".join(self.time)
        if objects and all(each is None for each in times):
            return SourceRefusedError(f'no event has "{where}"; "time_field" can be one of: {_names(objects[0])}')
        # One alone may be odd. Where all are, each day asked for would take them for its own.
        if len(times) > 1 and all(micros(each) is None for each in times):
            return SourceRefusedError(f'"{where}" is no time that can be read, in all events: {_shown(times)}')
        return None

    def _without_records(self, told: Any) -> str:
        where = f'no array under "{".".join(self.records)}"' if self.records else "no array, but an object"
        names = f'; "records" can be one of: {_names(told)}' if isinstance(told, dict) else ""
        return f"the answer has {where}{names}"


def _names(found: dict[str, Any]) -> str:
    return ", ".join(list(found)[:_NAMED]) or "(nothing: it is empty)"


def _shown(times: list[Any]) -> str:
    return next(repr(each) for each in times if each is not None)[:_SHOWN_CHARACTERS]
