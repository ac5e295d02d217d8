"""The token for Turbot Pipes that `tailpipe login` saved: one file a host, which only its owner can read."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tailpipe_resources.errors import SourceRefusedError, UsageError
from tailpipe_resources.model.home import home
from tailpipe_resources.sources.api_way import checked_url

HOST: Final = "pipes.turbot.com"
FOLDER: Final = "credentials"


def pipes_host(said: str | None = None) -> str:
    """Where Pipes is: what is said, else `$PIPES_HOST`, else pipes.turbot.com.

    Raises:
        UsageError: it cannot be the name of a host.
    """
    host = (said or os.environ.get("PIPES_HOST") or HOST).strip().rstrip("/")
    try:
        base_url(host)
    except ValueError as error:
        raise UsageError(f"the host of Pipes: {error}") from None
    return host


def base_url(host: str) -> str:
    """Its address. A host without a scheme is reached with https.

    Raises:
        ValueError: it cannot be one.
    """
    url = checked_url(host if "://" in host else f"https://{host}")
    if urlsplit(url).path.strip("/") or urlsplit(url).query:
        raise ValueError(f'"{host}" is more than a host; leave out what follows it')
    return url.rstrip("/")


def token_file(host: str) -> Path:
    """Where the token for a host is kept."""
    name = re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(base_url(host)).netloc.lower())
    return home() / FOLDER / f"pipes-{name}.json"


def saved_token(host: str) -> str | None:
    """The token that was saved for a host.

    Raises:
        SourceRefusedError: its file is broken, or others may read or write it.
    """
    path = token_file(host)
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SourceRefusedError(f"{path}: others may read the token; run chmod 600 on it, or log in anew")
            return str(json.loads(file.read())["token"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceRefusedError(f"{path}: the token cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise SourceRefusedError(f"{path}: it holds no token; run tailpipe login") from None


def save_token(host: str, token: str) -> Path:
    """Keep a token, for its owner's eyes only.

    Raises:
        UsageError: it cannot be written.
    """
    path = token_file(host)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=".login-")
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump({"host": host, "token": token}, file)
                file.flush()
                os.fsync(file.fileno())
            Path(made).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(made).unlink()
            raise
    except OSError as error:
        raise UsageError(f"{path}: the token cannot be kept: {error.strerror}") from None
    return path


def forget_token(host: str) -> bool:
    """Delete the token of a host; whether there was one.

    Raises:
        UsageError: it cannot be deleted.
    """
    try:
        token_file(host).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UsageError(f"{token_file(host)}: it cannot be deleted: {error.strerror}") from None
    return True
