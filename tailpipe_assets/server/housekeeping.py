"""Forgets old runs once an hour, in a process of its own; run by `python -m` with the number of days they are kept."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FIRST = 300.0
_EVERY = 3600.0
"""Seconds after the start, and between two passes."""


@dataclass(slots=True)
class Housekeeping:
    """When it is time, and the pass that is under way."""

    days: int
    environment: Mapping[str, str]
    log: Path
    _due: float = field(default_factory=lambda: time.monotonic() + _FIRST)
    _process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Begin a pass when it is due. Quick."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        if self._process is None and time.monotonic() >= self._due:
            self._due = time.monotonic() + _EVERY
            self._process = self._begin()

    def stop(self) -> None:
        """End a pass that is under way; the next one finishes it."""
        if self._process is not None:
            self._process.terminate()

    def _begin(self) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - a command of our own
                [sys.executable, "-P", "-m", "tailpipe_assets.server.housekeeping", str(self.days)],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def main() -> None:
    """One pass."""
    import dagster as dg

    from tailpipe_assets.definitions.pruning import KEPT, prune_runs

    logging.basicConfig(format="%(asctime)s - %(name)s - %(levelname)s - %(message)s", level=logging.INFO)
    days = int(sys.argv[1])
    before = datetime.now(UTC) - timedelta(days=days)
    is_done = False
    while not is_done:
        with dg.DagsterInstance.get() as instance:
            pruned = prune_runs(instance, before)
        is_done = pruned.is_done
        logging.getLogger("tailpipe").info(
            "%d runs older than %d days, or than the last %d runs, are forgotten; %d such runs stay, because they were "
            "the last to collect a day",
            *(pruned.deleted, days, KEPT, pruned.needed),
        )


if __name__ == "__main__":
    main()
