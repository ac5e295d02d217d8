"""Asking an API the way its operators wish: patient with limits and hiccups."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from tailpipe_resources.errors import CancelledError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.sources.api_errors import Again, Asked, Unreadable, Way, check, in_our_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

T = TypeVar("T")

PATIENCE: Final = 900.0
"""Seconds that one request may take with all its repetitions."""

MAX_BODY_BYTES: Final = 256 << 20
_CONNECT_SECONDS = 10.0
_MAX_PAUSE = 60.0
_STEP = 0.2


@dataclass(frozen=True, slots=True)
class Manners:
    """How patient to be."""

    timeout: float = 60.0
    """Seconds to wait for the next bytes."""

    attempts: int = 6
    """How often a request is made in vain before that is told. Being told to wait does not count."""

    pause: float = 1.0
    """Seconds before the second attempt; about twice as long before each later one."""


def never() -> bool:
    """Nobody asks to stop."""
    return False


class Client:
    """A connection to one API."""

    def __init__(self, way: Callable[[], Way], manners: Manners) -> None:
        """Reach nothing yet.

        Args:
            way: gives what lets us in; called before each request, so that a token may be renewed meanwhile.
            manners: how patient to be.
        """
        self._way = way
        self._manners = manners
        self._session: requests.Session | None = None

    def get(
        self,
        asked: Asked,
        read: Callable[[bytes, Mapping[str, str]], T],
        *,
        patience: float = PATIENCE,
        stopped: Callable[[], bool] = never,
    ) -> T:
        """What an API answers, made into something by `read`, which may find it `Unreadable`.

        Raises:
            SourceUnavailableError: it failed again and again, or asks to wait for too long.
            SourceRefusedError: we are not let in, or it does not know what we ask for.
            CancelledError: someone asked to stop.
        """
        return self.send("GET", asked, read, patience=patience, stopped=stopped)

    def send(
        self,
        method: str,
        asked: Asked,
        read: Callable[[bytes, Mapping[str, str]], T],
        *,
        patience: float = PATIENCE,
        stopped: Callable[[], bool] = never,
    ) -> T:
        """The same with another method."""
        until, failures = time.monotonic() + patience, 0
        while True:
            if stopped():
                raise CancelledError(f"{asked.shown}: stopped")
            try:
                return self._once(method, asked, read)
            except Again as again:
                failures += again.counts
                # Told to come back at once, as by a clock that is behind ours, we are in no hurry either.
                pause = self._backoff(failures) if again.wait is None else max(again.wait, self._manners.pause)
                if failures >= self._manners.attempts:
                    raise SourceUnavailableError(f"{asked.shown}: {again}, {failures} times in a row") from None
                if time.monotonic() + pause > until:
                    raise again.given_up(asked) from None
            _sleep(pause, stopped)

    def _backoff(self, failures: int) -> float:
        """Longer after each failure, and never the same for all."""
        longest = min(_MAX_PAUSE, self._manners.pause * 2**failures)
        return random.uniform(min(self._manners.pause, longest) / 2, longest)  # noqa: S311

    def _once(self, method: str, asked: Asked, read: Callable[[bytes, Mapping[str, str]], T]) -> T:
        import requests

        way = self._way()
        if self._session is None:
            self._session = requests.Session()
        params = {**asked.params, **way.query}
        try:
            with self._session.request(
                method,
                asked.url,
                params=params or None,
                auth=_Authorized(way),
                timeout=(min(_CONNECT_SECONDS, self._manners.timeout), self._manners.timeout),
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = _body(answer, self._manners.timeout)
                check(asked, answer, body, way)
                return read(body, {name.lower(): value for name, value in answer.headers.items()})
        except Unreadable as error:
            raise Again(str(error)) from None
        except (requests.exceptions.RequestException, ValueError) as error:
            # The library looks at where a redirection leads, and may not be able to read that.
            raise in_our_words(asked, error) from None


class _Authorized:
    """Puts headers on a request. Being there, it also keeps `requests` from asking `~/.netrc` for others."""

    def __init__(self, way: Way) -> None:
        self._way = way

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update({"Accept": "application/json", "User-Agent": "tailpipe", **self._way.headers})
        return request


def _body(answer: requests.Response, timeout: float) -> bytes:
    """All of it, unless it is too long or drips too slowly."""
    pieces, size, until = [], 0, time.monotonic() + timeout * 10
    for piece in answer.iter_content(64 << 10):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise SourceRefusedError(f"one page is longer than {MAX_BODY_BYTES >> 20} MiB; ask for fewer events a page")
        if time.monotonic() > until:
            raise Again("the answer came too slowly")
    return b"".join(pieces)


def _sleep(seconds: float, stopped: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not stopped():
        time.sleep(min(left, _STEP))
