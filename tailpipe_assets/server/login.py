"""Who may come in: by a token, or by a name and a password; browsers by a cookie that says they had one."""

from __future__ import annotations

import binascii
import hmac
import time
from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN = "TAILPIPE_SERVER_TOKEN"  # noqa: S105 - the name of a variable
USER = "TAILPIPE_SERVER_LOGIN"
COOKIE = "tailpipe_session"
LASTS = 12 * 3600
"""Seconds a browser stays logged in."""

_SHORTEST = {TOKEN: 16, USER: 8}


@dataclass(frozen=True, slots=True)
class Login:
    """What must be shown to come in."""

    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Login | None:
        """What the environment asks for; None when anybody may come in.

        Raises:
            UsageError: it asks for something that is soon guessed.
        """
        token, named = environment.get(TOKEN, ""), environment.get(USER, "")
        if not (token or named):
            return None
        user, colon, password = named.partition(":")
        if named and not (user and colon):
            raise UsageError(f"{USER} is written user:password")
        for variable, secret in ((TOKEN, token), (USER, password)):
            if (secret and len(secret) < _SHORTEST[variable]) or (variable == USER and named and not password):
                raise UsageError(f"the secret in {variable} needs at least {_SHORTEST[variable]} characters")
        return cls(token, user, password)

    def fits(self, authorization: str | None, cookies: str | None, now: float | None = None) -> bool:
        """Whether headers of a request show it."""
        return self._has_authorization(authorization or "") or self._has_cookie(cookies or "", now or time.time())

    def takes(self, user: str, secret: str) -> bool:
        """Whether someone typed the right thing: the token under any name, or the name and its password."""
        by_token = bool(self.token) & _same(secret, self.token)
        by_name = bool(self.password) & _same(user, self.user) & _same(secret, self.password)
        return by_token | by_name

    def takes_form(self, body: bytes) -> bool:
        """Whether a login form was filled in right."""
        form = parse_qs(body.decode("utf-8", "replace"))
        return self.takes(form.get("user", [""])[0], form.get("secret", [""])[0])

    def cookie(self, *, secure: bool, now: float | None = None) -> str:
        """The header that lets a browser stay in."""
        until = int((now or time.time()) + LASTS)
        flags = f"Max-Age={LASTS}; Path=/; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"
        return f"{COOKIE}={until}.{self._signed(until)}; {flags}"

    def _has_authorization(self, header: str) -> bool:
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "bearer":
            return bool(self.token) & _same(rest.strip(), self.token)
        if scheme.lower() != "basic":
            return False
        try:
            user, _, secret = b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return self.takes(user, secret)

    def _has_cookie(self, header: str, now: float) -> bool:
        try:
            found = SimpleCookie(header).get(COOKIE)
        except CookieError:
            return False
        until, _, signed = (found.value if found else "").partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 15):
            return False
        return _same(signed, self._signed(int(until))) and now < int(until)

    def _signed(self, until: int) -> str:
        key = f"{self.token}\n{self.user}\n{self.password}".encode()
        return hmac.new(key, f"session until {until}".encode(), sha256).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
