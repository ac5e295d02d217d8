"""What children write: kept in files that do not grow for ever, and said aloud where it matters."""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST = 5_000_000
"""Bytes a log may have before it is begun anew."""

_OLDER = 3
_REMEMBERED = 15
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_IMPORTANT = re.compile(r"\b(?:WARNING|ERROR|CRITICAL)\b")


@dataclass(slots=True)
class Log:
    """The log of one child, over all its lives."""

    path: Path
    say: Callable[[str], None]
    verbose: bool = False
    largest: int = LARGEST
    _last: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def follow(self, stream: IO[bytes]) -> threading.Thread:
        """Take down all that a process writes, in a thread that ends with it."""
        thread = threading.Thread(target=self._read, args=(stream,), name=f"log of {self.path.stem}", daemon=True)
        thread.start()
        return thread

    def tail(self) -> list[str]:
        """The last lines."""
        with self._lock:
            return list(self._last)

    def write(self, line: str) -> None:
        """Take down one line."""
        with self._lock:
            self._last.append(line)
            self._make_room(len(line))
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        if self.verbose or _IMPORTANT.search(line):
            self.say(f"[{self.path.stem}] {line}")

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.write(_COLOURS.sub("", line.decode("utf-8", "replace").rstrip()))

    def _make_room(self, wanted: int) -> None:
        if not self.path.exists() or self.path.stat().st_size + wanted < self.largest:
            return
        for age in range(_OLDER - 1, 0, -1):
            older = self._aged(age)
            if older.exists():
                older.replace(self._aged(age + 1))
        self.path.replace(self._aged(1))

    def _aged(self, age: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{age}")
