"""Collects, or asks what is due, in processes that die by kill -9, each at another step of its lake."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tailpipe_assets.pipeline import Resources, collect, plan
from tailpipe_assets.scheduled import ask_due
from tailpipe_resources.config import load
from tailpipe_resources.lake import Lake, open_lake

if TYPE_CHECKING:
    from tailpipe_resources.lake.storage import Store
    from tailpipe_resources.model.config import Destination

STEPS = frozenset({"write", "publish", "settle", "move", "remove"})
"""What changes a lake, or waits for that."""

WORKER = Path(__file__)


class Dying:
    """A lake's store that kills its process when it is asked for a step the n-th time; it does all others."""

    def __init__(self, store: Store, left: list[int]) -> None:
        self._store, self._left = store, left

    def __getattr__(self, name: str) -> Any:
        """What the store does."""
        if name in STEPS:
            self._left[0] -= 1
            if self._left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return getattr(self._store, name)


def work(file: str, deadly: int, now: str) -> None:
    """Collect, or ask what is due at a time."""
    left = [deadly]

    def lake(destination: Destination) -> Lake:
        return Lake(cast("Store", Dying(open_lake(destination).store, left)))

    plans = plan(load([Path(file)]))
    if now:
        ask_due(plans, now=datetime.fromisoformat(now), resources=Resources(lake=lake))
    else:
        collect(plans, resources=Resources(lake=lake))


def main(now: str, *files: str) -> None:
    """Do it in one project after another, each time to die a step later, until one lives; how many died."""
    for number, file in enumerate(files):
        # Nothing here has begun a thread yet, and to start Python anew each time would take most of the time.
        child = os.fork()
        if child == 0:
            work(file, number + 1, now)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            assert status == 0
            print(number)
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
