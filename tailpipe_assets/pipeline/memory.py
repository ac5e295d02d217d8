"""Memory as a collection uses it: much of it for a moment, again and again, and few objects in circles."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY: Final = "1GB"
"""Sorting what is written anew takes no more; what does not fit is spilled beside the lake's staged files."""

_GARBAGE_THRESHOLD = 500_000
"""Records pass by as many small objects without cycles; looking for some takes a tenth of the time."""

# Parameters of mallopt(3) of the GNU C library, and what they are as a rule.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_USUAL = {_TRIM_THRESHOLD: 128 << 10, _TOP_PAD: 0, _MMAP_THRESHOLD: 128 << 10}
_KEEPING = {_TRIM_THRESHOLD: 1 << 30, _TOP_PAD: 64 << 20, _MMAP_THRESHOLD: 32 << 20}
"""Freed blocks stay with the process: to have the kernel clear their pages each time takes 6 % of it. 32 MiB
is the most that the last of them may be."""


@contextmanager
def tuned() -> Iterator[None]:
    """Allocate for throughput, in the whole process, and give back what is free at the end."""
    before = gc.get_threshold()
    gc.set_threshold(_GARBAGE_THRESHOLD, *before[1:])
    # One pool, so that what DuckDB frees serves Arrow, and the other way round.
    pool = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    _set(_KEEPING)
    try:
        yield
    finally:
        _set(_USUAL)
        pa.set_memory_pool(pool)
        gc.set_threshold(*before)
        if (library := _glibc()) is not None:
            library.malloc_trim(0)


def _set(options: dict[int, int]) -> None:
    if (library := _glibc()) is not None:
        for option, value in options.items():
            library.mallopt(option, value)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The GNU C library, where it is the one in use."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
