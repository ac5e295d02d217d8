"""How following gets on: one line kept up to date on a terminal, a line a round with something new elsewhere."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.cli.progress import EVERY, line
from tailpipe_resources.query.cells import harmless

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tailpipe_resources.model.results import CollectResult, Progress

_CLEAR = "\r\x1b[K"


class Rounds:
    """Tells on stderr."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._is_live = wanted and sys.stderr.isatty()
        self._rows = 0
        self._last = "nothing new yet"
        self._count = 0
        self._told = time.monotonic()

    def begin(self, names: Collection[tuple[str, str]]) -> None:
        """These collections are followed."""
        self._count = len(names)
        if not names:
            self.note("nothing to follow: every collection is disabled; waiting for the configuration to change")
        elif self._wanted and not self._is_live:
            self._say(f"following {', '.join('.'.join(name) for name in names)}")

    def tell(self, progress: Progress) -> None:
        """A round goes on; said when it takes long."""
        if not self._wanted or progress.note or time.monotonic() - self._told < EVERY:
            return
        self._told = time.monotonic()
        self._say(f"{progress.table}.{progress.collection}: {line(progress)}")

    def done(self, results: Sequence[CollectResult]) -> None:
        """A round brought something."""
        self._told = time.monotonic()
        self._rows += sum(each.rows for each in results)
        self._last = f"{_clock()} +{sum(each.rows for each in results):,}"
        if self._wanted and not self._is_live:
            self._say("; ".join(map(_figures, results)))

    def rest(self, failing: Sequence[str]) -> None:
        """A round is over."""
        self._told = time.monotonic()
        if self._is_live:
            failed = f", failing: {', '.join(failing)}" if failing else ""
            text = f"following {self._count} collections: {self._rows:,} rows, last {self._last}{failed}"
            print(f"{_CLEAR}{text}", end="", file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Something worth knowing happened, wanted or not."""
        self._say(harmless(text) if "\n" not in text else "\n".join(map(harmless, text.split("\n"))))

    def clear(self) -> None:
        """Leave the terminal's line to others."""
        if self._is_live:
            print(_CLEAR, end="", file=sys.stderr, flush=True)

    def _say(self, text: str) -> None:
        print(f"{_CLEAR if self._is_live else ''}{_clock()} {text}", file=sys.stderr, flush=True)


def _figures(result: CollectResult) -> str:
    rows = "1 row" if result.rows == 1 else f"{result.rows:,} rows"
    artifacts = "1 artifact" if result.artifacts == 1 else f"{result.artifacts:,} artifacts"
    shown = f"{result.table}.{result.collection}: {rows} of {artifacts}"
    for count, what in ((result.filtered, "filtered"), (result.rejected, "rejected"), (result.folded, "folded")):
        shown += f", {count:,} {what}" if count else ""
    return shown


def _clock() -> str:
    return datetime.now(UTC).strftime("%H:%M:%SZ")
