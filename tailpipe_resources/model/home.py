"""Where Tailpipe keeps what is its own."""

from __future__ import annotations

import os
from pathlib import Path

from tailpipe_resources.errors import UnknownFolderError


def home() -> Path:
    """The folder of Tailpipe's own files: `$TAILPIPE_HOME`, else `~/.tailpipe`.

    Raises:
        UnknownFolderError: it is below a home that nobody has.
    """
    named = os.environ.get("TAILPIPE_HOME")
    if named:
        return expanded(named)
    try:
        return Path.home() / ".tailpipe"
    except RuntimeError:
        raise UnknownFolderError("this user has no home folder; set TAILPIPE_HOME") from None


def expanded(path: str) -> Path:
    """The path with a first `~` or `~user` resolved.

    Raises:
        UnknownFolderError: there is no such user.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = path.partition("/")[0]
        raise UnknownFolderError(f'"{path}": nobody has the home folder {user}') from None


def alerts_folder() -> Path:
    """Where it is kept whom alerts are still to be told to, and what is wrong with Tailpipe itself."""
    return home().absolute() / "alerts"


def outbox_file() -> Path:
    """The database there."""
    return alerts_folder() / "outbox.db"
