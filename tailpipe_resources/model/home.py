"""Where Tailpipe keeps what is its own."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder of Tailpipe's own files: `$TAILPIPE_HOME`, else `~/.tailpipe`."""
    named = os.environ.get("TAILPIPE_HOME")
    return Path(named).expanduser() if named else Path.home() / ".tailpipe"


def alerts_folder() -> Path:
    """Where it is kept whom alerts are still to be told to, and what is wrong with Tailpipe itself."""
    return home().absolute() / "alerts"


def outbox_file() -> Path:
    """The database there."""
    return alerts_folder() / "outbox.db"
