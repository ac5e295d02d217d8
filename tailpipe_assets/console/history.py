"""What was typed, kept for later sessions in a file only its owner reads."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from prompt_toolkit.history import History

from tailpipe_resources.model.home import home

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_ENTRIES = 5000
LONGEST_ENTRY = 20_000

_SECRET = re.compile(r"(?:password|passwd|secret|token|api_?key|private_?key)\w*\s*(?:=|:|=>)\s*'", re.IGNORECASE)


class FileHistory(History):
    """One JSON text a line, the oldest first.

    What begins with a blank, and what gives a password, secret, token or key a value, is remembered until the session
    ends but not written down.
    """

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self.path = path or home() / "history"

    def load_history_strings(self) -> Iterable[str]:
        """Everything typed in earlier sessions, the newest first."""
        entries = self._read()
        if len(entries) > MOST_ENTRIES:
            entries = entries[-MOST_ENTRIES // 2 :]
            self._rewrite(entries)
        return reversed(entries)

    def store_string(self, string: str) -> None:
        """Write one entry down, unless it is private or nothing can be written."""
        if is_private(string) or len(string) > LONGEST_ENTRY:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:  # a home that cannot be written to: history then ends with the session
            return
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(json.dumps(string) + "\n")

    def _read(self) -> list[str]:
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return [entry for entry in map(_entry, lines) if entry]

    def _rewrite(self, entries: Iterable[str]) -> None:
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(json.dumps(entry) + "\n" for entry in entries)
            partial.replace(self.path)
        except OSError:
            return


def is_private(text: str) -> bool:
    """Whether it should not be written down."""
    return text.startswith(" ") or _SECRET.search(text) is not None


def _entry(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:  # a line that a crash cut short
        return ""
    return found if isinstance(found, str) else ""
