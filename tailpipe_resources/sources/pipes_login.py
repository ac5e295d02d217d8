"""Logging in to Turbot Pipes: a request that a person confirms in a browser, and a code that turns it into a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.sources.api_client import Client, Manners
from tailpipe_resources.sources.api_errors import Asked, Unreadable
from tailpipe_resources.sources.api_way import LetIn, bearer
from tailpipe_resources.sources.pipes_token import base_url

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 60.0
"""So long a request may take with all its repetitions: somebody waits."""

_MANNERS = Manners(timeout=20, attempts=3, pause=0.5)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom a token stands for."""

    handle: str
    display_name: str

    def __str__(self) -> str:
        return f"{self.handle} ({self.display_name})" if self.display_name else self.handle


@dataclass(frozen=True, slots=True)
class Login:
    """A request to be let in."""

    host: str
    id: str

    @property
    def address(self) -> str:
        """Where a person confirms it."""
        return f"{base_url(self.host)}/login/token?r={quote(self.id, safe='')}"


def begin(host: str) -> Login:
    """Ask to be let in.

    Raises:
        SourceUnavailableError: Pipes cannot be reached.
        SourceRefusedError: it does not let anybody log in.
    """
    told = _ask(host, LetIn(hint="check the host"), "login/token", method="POST")
    return Login(host, _text(told, "id", host))


def finish(login: Login, code: str) -> str:
    """The token, once a person confirmed the request and was shown this code.

    Raises:
        SourceUnavailableError: Pipes cannot be reached.
        SourceRefusedError: the code is wrong, or the request was not confirmed.
    """
    way = LetIn(query={"code": code}, hint="the code is wrong or too old; run tailpipe login again")
    told = _ask(login.host, way, f"login/token/{quote(login.id, safe='')}")
    if told.get("state") != "confirmed":
        raise SourceRefusedError(f"the login was not confirmed yet at {login.address}; confirm it and log in again")
    return _text(told, "token", login.host)


def actor_of(host: str, token: str) -> Actor:
    """Whom a token stands for.

    Raises:
        SourceUnavailableError: Pipes cannot be reached.
        SourceRefusedError: it does not take the token.
    """
    told = _ask(host, bearer(token, "the token was withdrawn or has run out; run tailpipe login"), "actor")
    return Actor(_text(told, "handle", host), str(told.get("display_name") or ""))


def _ask(host: str, way: LetIn, what: str, *, method: str = "GET") -> dict[str, Any]:
    asked = Asked(f"{base_url(host)}/api/latest/{what}", {})
    return Client(lambda: way, _MANNERS).send(method, asked, _object, patience=SECONDS)


def _object(body: bytes, _: Mapping[str, str]) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("the answer is no JSON object") from None


def _text(told: dict[str, Any], name: str, host: str) -> str:
    found = told.get(name)
    if not isinstance(found, str) or not found:
        raise SourceRefusedError(f"{host} does not answer as Pipes does: there is no {name}")
    return found
