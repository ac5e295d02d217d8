"""Answers on the screen: cut to what a person reads, paged when long, with what was left out said on stderr."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import TYPE_CHECKING

from tailpipe_assets.console.settings import SHOWN_ROWS
from tailpipe_resources.query.cells import harmless
from tailpipe_resources.query.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from tailpipe_assets.console.settings import Paging, Settings
    from tailpipe_resources.query.ask import Result

COUNTED_ROWS = 100_000
"""Of a longer result only this many rows are counted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A result as text."""

    text: str
    rows: int
    shown: int
    is_counted: bool
    """Whether there are no more rows than that."""

    columns_cut: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """How many rows there are, and how many are shown."""
        total = f"{self.rows:,}" if self.is_counted else f"more than {self.rows:,}"
        rows = "1 row" if self.rows == 1 else f"{total} rows"
        return rows if self.shown == self.rows and self.is_counted else f"{rows}, {self.shown:,} shown"


@dataclass(slots=True)
class _Cut:
    """The first rows of a result; the others are counted."""

    result: Result
    counted: int = 0
    shown: int = 0
    is_over: bool = field(default=False)

    def batches(self) -> Iterator[list[tuple[object, ...]]]:
        for rows in self.result.batches:
            kept = rows[: max(0, SHOWN_ROWS - self.shown)]
            self.counted += len(rows)
            self.shown += len(kept)
            if kept:
                yield kept
            if self.counted > COUNTED_ROWS:
                return
        self.is_over = True


def answer(result: Result, settings: Settings, width: int | None) -> Answer:
    """What is shown of a result.

    Args:
        result: what was asked.
        settings: how to write it.
        width: of the terminal; None cuts nothing.
    """
    stream, cut = StringIO(), _Cut(result)
    limited = replace(result, batches=cut.batches(), select=None)
    rendered = render(limited, settings.output, stream, header=settings.has_header, width=width)
    is_plan = result.names == ("explain_key", "explain_value")
    text = "\n".join(map(harmless, stream.getvalue().split("\n")))
    return Answer(text, 0 if is_plan else cut.counted, 0 if is_plan else cut.shown, cut.is_over, rendered.columns_cut)


def show(text: str, paging: Paging) -> None:
    """Write text to the terminal, through a pager where it is long."""
    command = pager_for(text, paging)
    if command is None or not _paged(command, text):
        sys.stdout.write(text)
        sys.stdout.flush()


def pager_for(text: str, paging: Paging) -> list[str] | None:
    """The pager to show text with; None where it fits, or where there is none."""
    if paging == "off" or not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return None
    if paging == "auto" and text.count("\n") < shutil.get_terminal_size().lines:
        return None
    command = shlex.split(os.environ.get("PAGER") or "less")
    return command if command and shutil.which(command[0]) else None


def _paged(command: list[str], text: str) -> bool:
    """Whether the pager showed it. Ctrl-C belongs to the pager while it runs."""
    before = signal.signal(signal.SIGINT, _leave_to_pager)
    try:
        environment = {"LESS": "FRSX", **os.environ}
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, text=True) as pager:  # noqa: S603 - the user chose it
            pager.communicate(text)
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True


def _leave_to_pager(_signal: int, _frame: FrameType | None) -> None:
    """Not ignored but heard and passed over: what is ignored would be ignored by the pager too."""
