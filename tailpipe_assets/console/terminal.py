"""What the terminal can do."""

from __future__ import annotations

import os
import sys


def is_dumb() -> bool:
    """Whether it takes text only: no colour, no moving of the cursor."""
    return os.environ.get("TERM", "dumb") in {"", "dumb", "unknown"}


def is_there() -> bool:
    """Whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()
