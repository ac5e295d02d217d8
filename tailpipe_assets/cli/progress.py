"""How far collecting is: a live picture on a terminal, a line now and then anywhere else. All on stderr."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tailpipe_resources.model.results import OnEvent, Progress, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich import progress as rich_progress
    from rich.progress import TaskID

EVERY = 5.0
"""Seconds between two plain lines of one collection, but for its first and its last."""


@contextmanager
def board(*, wanted: bool) -> Iterator[OnEvent]:
    """What is to be told of progress, for the length of a block."""
    if not wanted:
        yield ignore
    elif sys.stderr.isatty():
        with _live() as tell:
            yield tell
    else:
        yield Lines().tell


class Lines:
    """Plain lines."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def tell(self, progress: Progress) -> None:
        """Print a line if one is due."""
        name, now = _name(progress), time.monotonic()
        if progress.note:
            print(f"{name}: note: {progress.note}", file=sys.stderr, flush=True)
            return
        last = self._told.get(name)
        if last is None:
            print(f"{name}: started", file=sys.stderr, flush=True)
        if progress.stage == "done" or (last is not None and now - last >= EVERY):
            print(f"{name}: {line(progress)}", file=sys.stderr, flush=True)
        elif last is not None:
            return
        self._told[name] = now


def line(progress: Progress) -> str:
    """Progress in words."""
    shown = f"{progress.artifacts_done:,} of {progress.artifacts_listed:,} artifacts, {progress.rows:,} rows"
    for count, what in ((progress.filtered, "filtered"), (progress.rejected, "rejected")):
        shown += f", {count:,} {what}" if count else ""
    return f"{progress.stage}: {shown}"


@contextmanager
def _live() -> Iterator[OnEvent]:
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(bar_width=20),
        rich.TextColumn("{task.fields[figures]}"),
        rich.TimeElapsedColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), refresh_per_second=5) as drawn:
        yield _Tasks(drawn).tell


class _Tasks:
    """A bar a collection."""

    def __init__(self, drawn: rich_progress.Progress) -> None:
        self._drawn = drawn
        self._tasks: dict[str, tuple[TaskID, float]] = {}

    def tell(self, progress: Progress) -> None:
        name = _name(progress)
        if progress.note:
            self._drawn.console.print(f"{name}: note: {progress.note}", markup=False, highlight=False)
            return
        if name not in self._tasks:
            self._tasks[name] = (self._drawn.add_task(name, total=None, figures=""), time.monotonic())
        task, since = self._tasks[name]
        rate = progress.records / max(time.monotonic() - since, 0.1)
        figures = f"{line(progress)}, {rate:,.0f}/s" if progress.records else line(progress)
        total = progress.artifacts_listed or None
        if progress.stage == "done":
            total = total or 1
        done = total if progress.stage == "done" else progress.artifacts_done
        self._drawn.update(task, total=total, completed=done, figures=figures)


def _name(progress: Progress) -> str:
    return f"{progress.table}.{progress.collection}"
