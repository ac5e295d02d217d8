"""Where Tailpipe keeps what is its own."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder of Tailpipe's own files: `$TAILPIPE_HOME`, else `~/.tailpipe`."""
    named = os.environ.get("TAILPIPE_HOME")
    return Path(named).expanduser() if named else Path.home() / ".tailpipe"
