"""Pages: how one leads to the next, and when there is none or they lead nowhere."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urljoin, urlsplit

from tailpipe_resources.errors import ArtifactUnavailableError, SourceRefusedError
from tailpipe_resources.sources.api_client import PATIENCE, Client, never
from tailpipe_resources.sources.api_errors import Asked
from tailpipe_resources.sources.api_event import Event, Path, Reading, key_of, value_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from urllib.parse import SplitResult

    from tailpipe_resources.errors import SourceError

MOST_EMPTY: Final = 100
"""So many empty pages may follow each other."""

_PORTS: Final = {"http": 80, "https": 443}
_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    events: tuple[Event, ...]
    body: bytes
    headers: Mapping[str, str]


class Turning(Protocol):
    """How one page leads to the next."""

    def first(self) -> Mapping[str, str]:
        """Parameters of the first request."""
        ...

    def following(self, asked: Asked, page: Page, had: int) -> Asked | None:
        """The request for the next page; None when this was the last one.

        Args:
            asked: the request for this one.
            page: what it gave.
            had: how many records all pages gave so far.
        """
        ...


@dataclass(frozen=True, slots=True)
class Single:
    """All is on one page."""

    def first(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def following(self, asked: Asked, page: Page, had: int) -> None:  # noqa: ARG002
        """None."""
        return


@dataclass(frozen=True, slots=True)
class Cursor:
    """A page names a cursor, which is sent back for the next one."""

    at: Path
    parameter: str

    def first(self) -> Mapping[str, str]:
        """No cursor yet."""
        return {}

    def following(self, asked: Asked, page: Page, had: int) -> Asked | None:  # noqa: ARG002
        """The same request with the cursor."""
        found = value_in(page.body, self.at)
        return Asked(asked.url, {**asked.params, self.parameter: str(found)}) if found else None


@dataclass(frozen=True, slots=True)
class Link:
    """A page has the next one's address, in a field or in the header `Link`."""

    at: Path | None
    """None for the header."""

    def first(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def following(self, asked: Asked, page: Page, had: int) -> Asked | None:  # noqa: ARG002
        """That address, if it is of the same host.

        Raises:
            SourceRefusedError: it is not, and may not get our credentials.
        """
        found = _linked(page.headers) if self.at is None else value_in(page.body, self.at)
        if not found:
            return None
        try:
            target = urljoin(asked.url, str(found))
            parts = urlsplit(target)
            origin = _origin(parts)
        except ValueError:
            raise SourceRefusedError(f"{asked.shown}: where the next page is said to be is no address") from None
        if origin != _origin(urlsplit(asked.url)):
            host = parts.netloc.rpartition("@")[2] or f"{parts.scheme}:"
            raise SourceRefusedError(f"{asked.shown}: the next page is at {host}, which may not get our credentials")
        return Asked(target, {})


@dataclass(frozen=True, slots=True)
class Numbered:
    """Pages have numbers. The first empty one is the last."""

    parameter: str
    start: int = 1

    def first(self) -> Mapping[str, str]:
        """The first number."""
        return {self.parameter: str(self.start)}

    def following(self, asked: Asked, page: Page, had: int) -> Asked | None:  # noqa: ARG002
        """The next number."""
        number = int(asked.params[self.parameter]) + 1
        return Asked(asked.url, {**asked.params, self.parameter: str(number)}) if page.events else None


@dataclass(frozen=True, slots=True)
class Counted:
    """A request says how many records to leave out. An empty page is the last."""

    parameter: str

    def first(self) -> Mapping[str, str]:
        """None are left out."""
        return {self.parameter: "0"}

    def following(self, asked: Asked, page: Page, had: int) -> Asked | None:
        """Leave out what came already."""
        return Asked(asked.url, {**asked.params, self.parameter: str(had)}) if page.events else None


def no_refusal(body: bytes) -> SourceError | None:  # noqa: ARG001
    """An API that says no by its status alone."""
    return None


@dataclass(frozen=True, slots=True)
class Book:
    """An API's pages of events."""

    client: Client
    url: str
    query: Mapping[str, str]
    reading: Reading
    turning: Turning
    refusal: Callable[[bytes], SourceError | None] = field(default=no_refusal)
    """What an answer says in place of events, if it does."""

    def pages(
        self, params: Mapping[str, str], *, patience: float = PATIENCE, stopped: Callable[[], bool] = never
    ) -> Iterator[Page]:
        """The pages one after the other, none of them held.

        Raises:
            SourceUnavailableError: they cannot be had.
            ArtifactUnavailableError: they go in circles.
            SourceRefusedError: we are not let in.
            CancelledError: someone asked to stop.
        """
        asked: Asked | None = Asked(self.url, {**self.query, **params, **self.turning.first()})
        met, had, empty = set[int](), 0, 0
        while asked is not None:
            page = self.client.get(asked, self._read, patience=patience, stopped=stopped)
            had, empty = had + len(page.events), 0 if page.events else empty + 1
            following = self.turning.following(asked, page, had)
            signs = {key_of(repr(following).encode())} if following is not None else set()
            if page.events:
                signs.add(key_of(b"".join(each.raw for each in page.events)))
            if met & signs or empty > MOST_EMPTY:
                raise ArtifactUnavailableError(f"{asked.shown}: its pages go in circles; nothing of them was taken")
            met |= signs
            yield page
            asked = following

    def _read(self, body: bytes, headers: Mapping[str, str]) -> Page:
        body = body.removeprefix(BOM_UTF8)
        refused = self.refusal(body)
        if refused is not None:
            raise refused
        return Page(tuple(self.reading.events(body)), body, headers)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Whom an address names, however it is written; a ValueError where its port cannot be one."""
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _linked(headers: Mapping[str, str]) -> str | None:
    found = _LINK.search(headers.get("link", ""))
    return found[1] if found else None
