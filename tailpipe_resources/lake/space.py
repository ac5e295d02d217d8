"""Free space: told before work starts, while there is still time to make room."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tailpipe_resources.errors import LakeFullError

if TYPE_CHECKING:
    from tailpipe_resources.lake.storage import Lake

LEAST_BYTES = 100 << 20
"""With less, no work is begun: checkpoints and ledgers must still find room."""

ENOUGH_BYTES = 1 << 30
"""With less, there is a warning, however little is to be written."""

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def free_bytes(lake: Lake) -> int:
    """What is free on the disk of the lake; of an object store, on the disk where files are staged for it."""
    folder = lake.store.scratch
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def check_space(lake: Lake, wanted: int = ENOUGH_BYTES, *, least: int = LEAST_BYTES) -> str | None:
    """A warning when less is free than is wanted.

    Args:
        lake: where is to be written.
        wanted: about as many bytes as will be.
        least: with less than this, work is not to be begun.

    Raises:
        LakeFullError: less than the least is free.
    """
    free, place = free_bytes(lake), lake.store.scratch
    if free < least:
        raise LakeFullError(
            f"only {in_units(free)} are free on the disk of {place}, and work begins with {in_units(least)} at least; "
            "make room and run again"
        )
    if free < wanted:
        return f"only {in_units(free)} are free on the disk of {place}, and {in_units(wanted)} may be needed"
    return None


def in_units(size: float) -> str:
    """A number of bytes as people read it."""
    for unit in _UNITS[:-1]:
        if size < _STEP:
            return f"{size:.0f} {unit}" if unit == _UNITS[0] else f"{size:.1f} {unit}"
        size /= _STEP
    return f"{size:.1f} {_UNITS[-1]}"
