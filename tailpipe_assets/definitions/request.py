"""What a run is asked for, as tags: they survive in Dagster's storage, and a run executed again has them too."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WINDOW = "tailpipe/window"
"""`open`, or two ISO instants with a slash between them, either of which may be left out."""

OPEN = "open"
_OPTIONS = {name.name: f"tailpipe/{name.name}" for name in fields(CollectOptions)}


@dataclass(frozen=True, slots=True)
class Request:
    """Which artifacts, and how to treat them."""

    window: Window = field(default_factory=Window)
    options: CollectOptions = field(default_factory=CollectOptions)

    @property
    def tags(self) -> dict[str, str]:
        """The request as tags of a run."""
        asked = {_OPTIONS[name]: "true" for name, value in asdict(self.options).items() if value}
        return {WINDOW: _text(self.window), **asked}

    @classmethod
    def of(cls, tags: Mapping[str, str], days: Sequence[str]) -> Request:
        """What a run's tags ask for; all of the days it names where they do not say.

        Raises:
            UsageError: a tag cannot be read.
        """
        options = CollectOptions(**{name: tags.get(tag) == "true" for name, tag in _OPTIONS.items()})
        written = tags.get(WINDOW)
        return cls(_of_days(days) if written is None else _window(written), options)


def _of_days(days: Sequence[str]) -> Window:
    return Window.of_days(date.fromisoformat(days[0]), date.fromisoformat(days[-1]))


def _text(window: Window) -> str:
    if window == Window():
        return OPEN
    return "/".join("" if side is None else side.isoformat() for side in (window.start, window.end))


def _window(text: str) -> Window:
    if text == OPEN:
        return Window()
    start, slash, end = text.partition("/")
    try:
        found = Window(*(datetime.fromisoformat(side) if side else None for side in (start, end)))
    except ValueError:
        slash = ""
    if not slash:
        raise UsageError(f'the tag {WINDOW} is "{text}"; write "{OPEN}", or two ISO instants with a slash between')
    return found
