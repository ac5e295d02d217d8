"""How to be let in to an API."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tailpipe_resources.errors import SourceRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.model.config import Credential

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class LetIn:
    """What is added to each request. Printing it shows no secret."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """What else nobody may see."""

    hint: str = "check the credential"


def bearer(token: str, hint: str) -> LetIn:
    """Let in by a token.

    Raises:
        SourceRefusedError: it cannot be one.
    """
    if not token or any(sign.isspace() or not sign.isprintable() or ord(sign) > 126 for sign in token):
        raise SourceRefusedError(f"the token is empty or holds blanks or line ends; {hint}")
    return LetIn({"Authorization": f"Bearer {token}"}, hint=hint)


def token_of(credential: Credential | None, variable: str) -> str | None:
    """The token a credential or else an environment variable has.

    Raises:
        SourceRefusedError: the credential names a variable or a file that is not there.
    """
    said = None if credential is None else credential.options.get("token")
    return said.reveal() if said is not None else os.environ.get(variable) or None


def checked_url(url: str, *, plain: bool = False) -> str:
    """An address that may get a credential.

    Args:
        url: the address.
        plain: whether it may go unencrypted.

    Raises:
        ValueError: it is none, or would send credentials for everybody to read.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f'"{url}" is no address; write it with https://')
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address has no user and password in it; write a credential")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not plain:
        raise ValueError(f"http://{parts.netloc} would carry credentials for everybody to read; write https://")
    return url
