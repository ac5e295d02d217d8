"""The standard streams, so that none of them stops a command half way."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Deaf(io.FileIO):
    """What is written when nobody listens is lost, and nothing else is."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what can be written."""
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def make_safe() -> None:
    """Have all streams there are, and have them take whatever is said.

    A shell's `<&-` and `>&-` close them. The reader of stderr may leave, or its disk be full, while rows are collected:
    telling how far that is must not end it. An old locale has no letters for some of the text.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the process ends
    told = sys.stderr
    if told is sys.__stderr__ and isinstance(told, io.TextIOWrapper):
        raw = io.BufferedWriter(_Deaf(told.fileno(), "w", closefd=False))
        sys.stderr = io.TextIOWrapper(raw, encoding=told.encoding, errors=told.errors, write_through=True)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(errors="backslashreplace")
