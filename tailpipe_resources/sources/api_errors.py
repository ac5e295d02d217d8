"""What an API's answers and silences mean, in our words: try again, wait, or mend access. No secret is in them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from tailpipe_resources.errors import SourceError, SourceRefusedError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import requests

DEFAULT_WAIT: Final = 60.0
"""Seconds to wait where an API says that we should, and not how long."""

_SAID_CHARACTERS = 200
_DETAILS = ("detail", "message", "error_description", "error", "title")
_HIDDEN = "(secret)"


class LimitedError(SourceUnavailableError):
    """The API asks to wait for longer than there is time."""


class Unreadable(ValueError):  # noqa: N818 - says what an answer is, and never leaves this package
    """An answer that is not what was asked for, perhaps because it was cut off."""


class Way(Protocol):
    """How to be let in: what it adds to a request, and what of that is secret."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of each request."""
        ...

    @property
    def query(self) -> Mapping[str, str]:
        """Parameters of each request."""
        ...

    @property
    def hidden(self) -> Collection[str]:
        """What else nobody may see."""
        ...

    @property
    def hint(self) -> str:
        """What to do when it is refused."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    url: str
    params: Mapping[str, str]

    @property
    def shown(self) -> str:
        """Its address without parameters, which may hold a secret."""
        return self.url.split("?", 1)[0]


class Again(Exception):  # noqa: N818 - a signal to the client, which catches it
    """Worth another attempt."""

    def __init__(self, why: str, *, wait: float | None = None, counts: bool = True) -> None:
        super().__init__(why)
        self.wait = wait
        self.counts = counts

    def given_up(self, asked: Asked) -> SourceUnavailableError:
        """The same for people, once there is no time for another attempt."""
        if self.wait is None:
            return SourceUnavailableError(f"{asked.shown}: {self}, again and again")
        return LimitedError(f"{asked.shown}: {self}; it asks to wait {self.wait:.0f} seconds; try again later")


def check(asked: Asked, answer: requests.Response, body: bytes, way: Way) -> None:
    """Make sure that it is an answer.

    Raises:
        SourceRefusedError: the API said no.
    """
    code = answer.status_code
    if code < HTTPStatus.MULTIPLE_CHOICES:
        return
    said = hide(_said(body), way)[:_SAID_CHARACTERS]
    named = f"HTTP {code}" + (f": {said}" if said else "")
    if code in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE} and "Retry-After" in answer.headers:
        wait = _retry_after(answer.headers["Retry-After"])
        raise Again(named, wait=wait, counts=code != HTTPStatus.TOO_MANY_REQUESTS)
    if code in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS} or code >= 500:
        raise Again(named)
    if code < HTTPStatus.BAD_REQUEST and (target := _sent_on_to(answer)) is not None:
        raise SourceRefusedError(
            f"{asked.shown}: it sends us on to {hide(target, way)}, where we do not take credentials; write that "
            "address into the source"
        )
    if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise SourceRefusedError(f"{asked.shown}: access denied ({named}); {way.hint}")
    raise SourceRefusedError(f"{asked.shown}: it does not take what we ask for ({named})")


def _sent_on_to(answer: requests.Response) -> str | None:
    """The address that a redirection names, without parameters; None where it names none."""
    try:
        parts = urlsplit(urljoin(answer.url, answer.headers.get("Location", "")))
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host and answer.headers.get("Location") else None


def _said(body: bytes) -> str:
    """What an error says for people, on one line."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = next((told[name] for name in _DETAILS if told.get(name)), "") if isinstance(told, dict) else ""
    if isinstance(found, dict):
        found = next((found[name] for name in _DETAILS if found.get(name)), "")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(found)).split())


def hide(text: str, way: Way) -> str:
    """A text without what lets us in, should it be in there."""
    headers = [part for each in way.headers.values() for part in (each, each.partition(" ")[2])]
    secrets = {each for each in (*headers, *way.query.values(), *way.hidden) if each}
    # In an address they are written in other signs.
    written = {*secrets, *map(quote_plus, secrets), *(quote(each, safe="") for each in secrets)}
    longest_first = "|".join(map(re.escape, sorted(written, key=len, reverse=True)))
    return re.sub(longest_first, _HIDDEN, text) if written else text


def _retry_after(text: str) -> float:
    """Seconds to wait: a number of them, or a date."""
    if re.fullmatch(r"\d+(\.\d+)?", text.strip()):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return DEFAULT_WAIT
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def in_our_words(asked: Asked, error: requests.exceptions.RequestException | ValueError) -> Again | SourceError:
    """What went wrong on the way. What the library says of it may hold parameters, and is not shown."""
    from requests import exceptions

    if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return SourceRefusedError(
            f"{asked.shown}: its TLS certificate is not trusted; REQUESTS_CA_BUNDLE names a file of those that are"
        )
    if isinstance(error, exceptions.ProxyError):
        return Again("the proxy that the environment names cannot be used")
    if isinstance(error, exceptions.Timeout):
        return Again("it did not answer in time")
    if isinstance(error, (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError)):
        return Again("the answer broke off")
    if isinstance(error, exceptions.ConnectionError):
        return Again("it cannot be reached, or dropped the connection")
    return SourceRefusedError(f"{asked.shown}: it cannot be asked ({type(error).__name__})")
