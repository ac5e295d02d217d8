"""Lines from a terminal that takes text only: no colour, no completion, no escape codes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tailpipe_assets.console.splitting import is_whole
from tailpipe_assets.console.taking import take
from tailpipe_assets.console.words import PROMPT, PROMPT_MORE, say

if TYPE_CHECKING:
    from tailpipe_assets.console.session import Session


def converse(session: Session) -> None:
    """Take lines until the session is over or Ctrl-D is pressed."""
    while not session.is_over:
        try:
            typed = _typed()
            if typed is None:
                return
            take(session, typed)
        except KeyboardInterrupt:
            say("")


def _typed() -> str | None:
    """Lines up to a meta command or a semicolon; None at the end of input."""
    lines: list[str] = []
    while True:
        sys.stdout.write(PROMPT_MORE if lines else PROMPT)
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            sys.stdout.write("\n")
            return None
        lines.append(line)
        text = "".join(lines)
        if not text.strip():
            return ""
        if text.lstrip().startswith(".") or is_whole(text):
            return text
