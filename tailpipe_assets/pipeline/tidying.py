"""Tidying: the many small files that following makes become fewer, beside the rounds."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.resources import Resources

FILES = 300
"""What `after` usually is: at a commit a second, five minutes of it. A day's file is then rewritten at most as often,
and not any more once it is large."""


class Tidying:
    """Compacts a collection in a thread of its own after it was given so many files; never when that is None."""

    def __init__(self, resources: Resources, after: int | None, tell: Callable[[str], None]) -> None:
        self._resources = resources
        self._after = after
        self._tell = tell
        self._written: Counter[tuple[str, str]] = Counter()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def note(self, ready: Plan, files: int) -> None:
        """Files were written to a collection."""
        key = ready.collection.key
        self._written[key] += files
        if self._after is not None and self._written[key] >= self._after and not self._is_busy():
            self._written[key] = 0
            self._thread = threading.Thread(target=self._compact, args=(ready,), name="tailpipe-tidy", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Stop soon, and wait for that."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _compact(self, ready: Plan) -> None:
        lake = self._resources.lake(ready.collection.destination)
        (result,) = compact_collections(lake, [ready.collection.key], stopped=self._stop.is_set, run="follow")
        if result.failure is not None and not isinstance(result.failure, BusyError):
            self._tell(f"{'.'.join(ready.collection.key)} was not compacted: {result.failure}")
