"""Meta commands that say how answers are shown, and which rows are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from tailpipe_assets.console.settings import PAGING
from tailpipe_assets.console.words import say
from tailpipe_assets.views.words import fitting_nothing
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.window import Window, parse_end, parse_time
from tailpipe_resources.query.render import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from tailpipe_assets.console.session import Session
    from tailpipe_resources.query.restriction import Restriction

T = TypeVar("T", bound=str)

_ALL = "all"


def output(session: Session, argument: str) -> None:
    """Choose how rows are written."""
    if argument:
        session.settings.output = _choice(argument, OUTPUTS, "output")
    say(f"output: {session.settings.output}; there is {', '.join(OUTPUTS)}")


def header(session: Session, argument: str) -> None:
    """Switch the names above the columns."""
    session.settings.has_header = _switched(argument, was=session.settings.has_header)
    say(f"header: {_word(session.settings.has_header)}")


def timing(session: Session, argument: str) -> None:
    """Switch the time a statement took."""
    session.settings.has_timing = _switched(argument, was=session.settings.has_timing)
    say(f"timing: {_word(session.settings.has_timing)}")


def pager(session: Session, argument: str) -> None:
    """Say when long results are paged."""
    if argument:
        session.settings.pager = _choice(argument, PAGING, "choice")
    say(f"pager: {session.settings.pager}")


def start(session: Session, argument: str) -> None:
    """Leave out rows before a time."""
    now = session.tables.restriction
    if argument:
        first = None if argument == _ALL else parse_time(*_typed(session, argument))
        session.tables.restrict(replace(now, window=_window(first, now.window.end)))
    say(restriction_text(session.tables.restriction))


def end(session: Session, argument: str) -> None:
    """Leave out rows from a time on; of a date alone, those after that day."""
    now = session.tables.restriction
    if argument:
        last = None if argument == _ALL else parse_end(*_typed(session, argument))
        session.tables.restrict(replace(now, window=_window(now.window.start, last)))
    say(restriction_text(session.tables.restriction))


def index(session: Session, argument: str) -> None:
    """Show rows of some indexes only."""
    now = session.tables.restriction
    if argument:
        values = () if argument == _ALL else tuple(each.strip("'\"") for each in argument.replace(",", " ").split())
        session.tables.restrict(replace(now, indexes=values))
        for line in fitting_nothing(session.tables.restriction, session.tables.opened):
            say(line)
    say(restriction_text(session.tables.restriction))


def restriction_text(restriction: Restriction) -> str:
    """Which rows statements see, in words."""
    window = restriction.window
    parts = [
        *([f"from {_instant(window.start)}"] if window.start else []),
        *([f"to {_instant(window.end)}"] if window.end else []),
        *([f"index {' '.join(restriction.indexes)}"] if restriction.indexes else []),
        *([f"of {' '.join(restriction.collections)}"] if restriction.collections else []),
    ]
    return "rows " + ", ".join(parts) if parts else "all rows"


def _instant(time: datetime) -> str:
    text = time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return text.removesuffix(" 00:00:00") + ("" if text.endswith(" 00:00:00") else "Z")


def _typed(session: Session, argument: str) -> tuple[str, datetime, tzinfo]:
    """A time as it was typed, now, and the zone it is typed in."""
    return argument.strip("'\""), datetime.now(UTC), session.tables.zone


def _window(start: datetime | None, end: datetime | None) -> Window:
    if start is not None and end is not None and start >= end:
        raise UsageError(
            f"nothing is from {_instant(start)} and before {_instant(end)}; .from all and .to all show all"
        )
    return Window(start, end)


def _choice(argument: str, known: Sequence[T], what: str) -> T:
    for each in known:
        if argument.lower() == each:
            return each
    raise UsageError(f'no {what} is called "{argument}"{hint(argument, known)}')


def _switched(argument: str, *, was: bool) -> bool:
    return _choice(argument, ("on", "off"), "choice") == "on" if argument else not was


def _word(is_on: bool) -> str:  # noqa: FBT001 - its only argument
    return "on" if is_on else "off"
