"""What all sources that ask an API have in common: days as artifacts, and how a day is taken.

An artifact is a UTC day of one account. While the day lasts its version is that of the newest event, which one request
tells. When it has ended it is asked for again twice, at once and a little later. Once it has settled it is read from
start to end, and replaced if events had come late; after that nobody asks for it any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final, Protocol

from pydantic import field_validator

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.model.window import parse_duration
from tailpipe_resources.options import Options
from tailpipe_resources.sources.api_client import PATIENCE, Manners, never
from tailpipe_resources.sources.api_day import SETTLED, Day, Taking, day_of, days_between
from tailpipe_resources.sources.api_errors import LimitedError
from tailpipe_resources.sources.api_event import of_instant
from tailpipe_resources.sources.api_held import Held
from tailpipe_resources.sources.api_walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tailpipe_resources.model.config import Credential
    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.api_event import Event
    from tailpipe_resources.sources.api_paging import Page
    from tailpipe_resources.sources.base import Answer

FIRST_DAYS: Final = 30
"""So many days back a collection begins that says neither `start` nor `--from`."""

LOOK_SECONDS: Final = 15.0
"""So long a look at the newest event may take."""


class SettlingOptions(Options):
    """What all sources accept whose artifacts are days."""

    settle: str = "1d"
    """How long after its end a day may still get events. It is then read once more, and not asked for again."""

    @field_validator("settle")
    @classmethod
    def _check_settle(cls, settle: str) -> str:
        parse_duration(settle)
        return settle


class ApiOptions(SettlingOptions):
    """What all sources accept that ask over HTTP."""

    timeout: int | float = 60
    """Seconds to wait for an answer."""

    attempts: int = 6
    """How often a request is made before the API is taken to be down. Being told to wait does not count."""

    retry_delay: int | float = 1
    """Seconds before the second attempt; about twice as long before each later one."""

    @field_validator("timeout", "attempts")
    @classmethod
    def _check_positive(cls, number: float) -> float:
        if number <= 0:
            raise ValueError("must be more than 0")
        return number

    @field_validator("retry_delay")
    @classmethod
    def _check_delay(cls, number: float) -> float:
        if number < 0:
            raise ValueError("must not be less than 0")
        return number

    @property
    def manners(self) -> Manners:
        """The same as the client takes it."""
        return Manners(float(self.timeout), self.attempts, float(self.retry_delay))


class Paged(Protocol):
    """What comes page by page."""

    def pages(
        self, params: Mapping[str, str], *, patience: float = PATIENCE, stopped: Callable[[], bool] = never
    ) -> Iterator[Page]:
        """The pages one after the other; see `Book.pages`."""
        ...


@dataclass(slots=True)
class Feed:
    """One account of an API."""

    name: str
    """Locations begin with it."""

    book: Paged
    limit: Mapping[str, str]
    """Parameters that make pages large."""

    one: Mapping[str, str]
    """Parameters that ask for the newest event alone."""

    span: Callable[[int, int], Mapping[str, str]] | None = None
    """Parameters that ask for events from one instant up to another, in microseconds since 1970. None when the API
    cannot be asked for a span of time."""

    is_newest_first: bool = True
    suffix: str = ""
    """Locations end with it."""

    walk: Walk | None = field(default=None, init=False)

    def location(self, day: Day) -> str:
        """What a day of it is called."""
        return f"{self.name}{day.date.isoformat()}{self.suffix}"

    def within(self, start: int, end: int) -> Mapping[str, str]:
        """Parameters that ask for a span of time, where that is possible."""
        return {} if self.span is None else self.span(start, end)


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class ApiSource:
    """Days of the accounts of an API. What an API is like is told by `feeds`."""

    name: ClassVar[str]
    description: ClassVar[str]
    options: ClassVar[type[Options]]
    workers: ClassVar[int] = 1

    def __init__(
        self, options: Options, credential: Credential | None = None, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._options = self.options.model_validate(options)
        self._credential = credential
        self._clock = clock
        self._lock = Lock()
        self._made: tuple[Feed, ...] = ()
        assert isinstance(self._options, SettlingOptions)
        self._settle = parse_duration(self._options.settle)

    def feeds(self) -> Sequence[Feed]:
        """The accounts, in the order of their names. Called once, when the source is first used.

        Raises:
            SourceRefusedError: there is no credential.
        """
        raise NotImplementedError

    def artifacts(
        self,
        window: Window,
        *,
        prefix: str | None = None,
        layout: str | None = None,  # noqa: ARG002 - locations are the source's own
        exclude: str | None = None,  # noqa: ARG002
    ) -> Iterator[Artifact]:
        """List the days that have an instant in the window; see `Source.artifacts`.

        Without a start it begins thirty days ago. What a day holds is not looked at, but for that of today.
        """
        if prefix is not None:
            raise SourceRefusedError(f'"prefix" means nothing to a source of type {self.name}; leave it out')
        now = self._clock()
        for feed in self._feeds():
            self._forget(feed)
            for day in _days(window, now):
                version = day.version(now, self._settle) or self._newest(feed, day)
                yield Artifact(feed.location(day), version, 0, day.start, is_asked=True)

    def open(self, artifact: Artifact) -> BinaryIO:
        """All there is of a day; see `Source.open`."""
        return self.ask(artifact, "", never).stream

    def ask(self, artifact: Artifact, mark: str, stopped: Callable[[], bool]) -> Answer:
        """What there is of a day and was not taken yet; see `Asking.ask`."""
        feed, day = self._found(artifact)
        held = Held.parse(mark)
        whole = artifact.version == SETTLED
        taking = Taking(day, held, whole=whole, location=artifact.location)
        try:
            if feed.span is None:
                first = self._from_walk(feed, day, taking, stopped)
            else:
                first = _from_pages(feed, day, taking, stopped)
            is_over = day.version(self._clock(), self._settle) is not None
            return taking.answer(artifact.version if is_over else _version(first))
        except BaseException:
            taking.close()
            raise

    @property
    def _manners(self) -> Manners:
        assert isinstance(self._options, ApiOptions)
        return self._options.manners

    def _feeds(self) -> tuple[Feed, ...]:
        with self._lock:
            if not self._made:
                self._made = tuple(sorted(self.feeds(), key=lambda feed: feed.name))
            return self._made

    def _found(self, artifact: Artifact) -> tuple[Feed, Day]:
        assert artifact.time is not None
        day = Day(day_of(artifact.time))
        return next((feed, day) for feed in self._feeds() if feed.location(day) == artifact.location)

    def _newest(self, feed: Feed, day: Day) -> str:
        """The version of a day that lasts: its newest event, where the API can tell in one request."""
        unknown = f"asked at {self._clock():%Y-%m-%dT%H:%MZ}"
        if not feed.is_newest_first:
            return unknown
        params = {**feed.one, **feed.within(of_instant(day.start), of_instant(day.end))}
        try:
            page = next(feed.book.pages(params, patience=LOOK_SECONDS))
        except LimitedError:
            # Taking the day has more patience.
            return unknown
        return _version(page.events[0] if page.events else None)

    def _forget(self, feed: Feed) -> None:
        with self._lock:
            if feed.walk is not None:
                feed.walk.close()
            feed.walk = None

    def _from_walk(self, feed: Feed, day: Day, taking: Taking, stopped: Callable[[], bool]) -> Event | None:
        """Take a day from what one walk back brought, going further back when it is not enough."""
        if feed.walk is None or feed.walk.back_to > taking.start:
            self._forget(feed)
            feed.walk = _walked(feed, taking.start, stopped)
        for event, time in feed.walk.events(of_instant(day.start)):
            taking.take(event, time)
        return feed.walk.first


def _from_pages(feed: Feed, day: Day, taking: Taking, stopped: Callable[[], bool]) -> Event | None:
    """Take a day of an API that can be asked for it. Gives the first event it delivered."""
    first, at = None, taking.start
    params = {**feed.limit, **feed.within(taking.start, of_instant(day.end))}
    for page in feed.book.pages(params, stopped=stopped):
        for event in page.events:
            first = first or event
            # One without a time is taken for a neighbour of the one before it.
            at = at if event.time is None else event.time
            taking.take(event, at)
        if _is_beyond(feed, page, taking.start):
            break
    return first


def _walked(feed: Feed, back_to: int, stopped: Callable[[], bool]) -> Walk:
    walk = Walk(back_to)
    try:
        at = of_instant(utc_now())
        for page in feed.book.pages(feed.limit, stopped=stopped):
            for event in page.events:
                at = at if event.time is None else event.time
                walk.keep(event, at)
            if _is_beyond(feed, page, back_to):
                break
    except BaseException:
        walk.close()
        raise
    return walk


def _is_beyond(feed: Feed, page: Page, start: int) -> bool:
    """Whether no later page can have an event from that instant on."""
    times = [event.time for event in page.events if event.time is not None]
    return feed.is_newest_first and bool(times) and max(times) < start


def _days(window: Window, now: datetime) -> list[Day]:
    first = now - timedelta(days=FIRST_DAYS) if window.start is None else window.start
    last = now if window.end is None else min(now, window.end - timedelta(microseconds=1))
    return days_between(day_of(first), day_of(last)) if first <= last else []


def _version(newest: Event | None) -> str:
    return "no event" if newest is None else f"{newest.key:016x}"
