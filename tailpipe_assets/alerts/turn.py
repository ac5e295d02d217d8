"""Taking turns: one process of this machine delivers at a time, so that nothing is sent twice without need."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tailpipe_resources.errors import BusyError, OutboxError
from tailpipe_resources.model.home import alerts_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_SECONDS = 0.05


@contextmanager
def turn(patience: float) -> Iterator[None]:
    """Be the only one on this machine who delivers.

    Args:
        patience: for how many seconds to wait for whoever does.

    Raises:
        BusyError: somebody does.
        OutboxError: the folder cannot be used.
    """
    try:
        alerts_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(alerts_folder() / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutboxError(f"{alerts_folder()} cannot be used: {error.strerror}; alerts wait until it can") from error
    try:
        deadline = time.monotonic() + patience
        while not _locks(lock):
            if time.monotonic() >= deadline:
                raise BusyError("alerts are being delivered by another process")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(lock)


def _locks(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
