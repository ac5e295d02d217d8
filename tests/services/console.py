"""A console over a project's lake, and a terminal to see one in."""

from __future__ import annotations

import os
import re
import sys
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import pexpect
import pyte

from tailpipe_assets.console.lake import Configured, LakeTables
from tailpipe_assets.console.session import Session
from tailpipe_assets.console.settings import Settings
from tailpipe_resources.config import load
from tailpipe_resources.config.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.project import Project

PATIENCE = 90.0
"""Seconds a loaded machine may take for anything."""

START = "from tailpipe_assets.cli.main import main; main()"


def session_over(project: Project) -> Session:
    """A session that asks a project's lake, its answers written as csv."""
    configured = cache(lambda: load([project.folder / "tailpipe.hcl"]))
    tables = LakeTables(Configured(Outline.of(configured()), configured, folders=(project.folder,)))
    return Session(tables, Settings("csv", has_timing=False), (project.folder,))


class _Answering(pyte.Screen):
    """A terminal that answers when it is asked for its state, as real ones do."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.answer: Callable[[str], object] = lambda _: None

    def write_process_input(self, data: str) -> None:
        """Pass an answer on."""
        self.answer(data)


class Terminal:
    """`tailpipe query` in a pseudo-terminal, and what a person sees of it."""

    def __init__(self, folder: Path, *arguments: str, columns: int = 80, lines: int = 40, **environment: str) -> None:
        self.raw = ""
        self._screen = _Answering(columns, lines)
        self._stream = pyte.Stream(self._screen)
        self._child: Any = pexpect.spawn(
            sys.executable,
            ["-c", START, "query", *arguments],
            cwd=str(folder),
            env={**os.environ, "TERM": "xterm-256color", **environment},
            dimensions=(lines, columns),
            encoding="utf-8",
            timeout=PATIENCE,
        )
        self._screen.answer = self._child.send

    @property
    def seen(self) -> list[str]:
        """The lines of the screen that are not empty."""
        return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def is_at_prompt(self) -> bool:
        """Whether an empty prompt waits."""
        lines = [line for line in self.seen if not line.startswith(" ")]
        return bool(lines) and lines[-1] == "tailpipe>"

    def type(self, text: str) -> None:
        """Press keys."""
        self._child.send(text)

    def wait_for(self, pattern: str) -> list[str]:
        """Wait until the screen shows something, and give its lines."""
        return self._wait(lambda: re.search(pattern, "\n".join(self.seen), re.MULTILINE) is not None, pattern)

    def ask(self, text: str, pattern: str) -> list[str]:
        """Type a line, wait for its answer and for the next prompt."""
        self.type(f"{text}\r")
        self.wait_for(pattern)
        return self.wait_for_prompt()

    def wait_for_prompt(self) -> list[str]:
        """Wait until an empty prompt is there."""
        return self._wait(lambda: self.is_at_prompt, "a prompt")

    def leave(self, keys: str = "\x04") -> int:
        """Press keys that end the session, and give its exit code."""
        self.type(keys)
        deadline = time.monotonic() + PATIENCE
        while self._pump() and time.monotonic() < deadline:
            pass
        self._child.close()
        return -1 if self._child.exitstatus is None else int(self._child.exitstatus)

    def _wait(self, is_so: Any, what: str) -> list[str]:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            shown = "\n".join(self.seen)
            assert time.monotonic() < deadline, f"waited for {what} in vain:\n{shown}"
            assert self._pump(), f"it ended before it showed {what}:\n{shown}"
        return self.seen

    def _pump(self) -> bool:
        """Take what was written; false when it has ended."""
        try:
            text = self._child.read_nonblocking(65536, timeout=0.2)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += text
        self._stream.feed(text)
        return True
