"""Standard output, and files on this machine."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from tailpipe_assets.alerts.undelivered import Undelivered

if TYPE_CHECKING:
    from tailpipe_assets.alerts.message import Message


def stdout(options: Any, message: Message) -> None:
    """The message as text, or as a line of JSON."""
    shown = message.dumps() if options.format == "json" else f"{message.as_text()}\n"
    try:
        sys.stdout.write(f"{shown}\n")
        sys.stdout.flush()
    except OSError as error:
        raise Undelivered(f"standard output is closed: {error.strerror}", is_unreachable=True) from None


def file(options: Any, message: Message) -> None:
    """A line of JSON at the end of a file: there whole, and on the disk, or not at all."""
    line = json.dumps(message.to_json(), ensure_ascii=False).encode() + b"\n"
    try:
        opened = os.open(options.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise Undelivered(f"{options.path} cannot be written: {error.strerror}", is_unreachable=True) from None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        _append(opened, line, options.path)
    finally:
        os.close(opened)


def _append(opened: int, line: bytes, path: str) -> None:
    before = os.fstat(opened).st_size
    try:
        if os.write(opened, line) < len(line):
            raise OSError(0, "the disk is full")  # noqa: TRY301 - what a write of only a part means
        os.fsync(opened)
    except OSError as error:
        os.ftruncate(opened, before)
        raise Undelivered(f"{path} cannot be written: {error.strerror}", is_unreachable=True) from None
