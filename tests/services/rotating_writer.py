"""A program that writes a log and rotates it: FILE LINES ROTATIONS rename|copytruncate.

With `copytruncate` it is itself who copies and truncates, so that none of its own lines falls between the two. Files
are packed at the second rotation, as with logrotate's `delaycompress`.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import time
from pathlib import Path


def main() -> None:
    """Write in small pieces, some of which end in the middle of a line."""
    path, count, rotations, how = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    every = count // rotations
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in range(count):
        line = f"2024-02-07T12:00:00Z {number}\n".encode()
        if number % 97 == 0:
            os.write(log, line[:9])
            time.sleep(0.002)
            line = line[9:]
        os.write(log, line)
        if (number + 1) % every == 0 and number + 1 < count:
            log = _rotated(log, path, how)
    os.close(log)


def _rotated(log: int, path: Path, how: str) -> int:
    for number in range(40, 0, -1):
        for suffix in ("", ".gz"):
            old = path.with_name(f"{path.name}.{number}{suffix}")
            if old.exists():
                old.rename(path.with_name(f"{path.name}.{number + 1}{suffix}"))
    first = path.with_name(f"{path.name}.1")
    if how == "rename":
        path.rename(first)
        os.close(log)
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    else:
        shutil.copyfile(path, first)
        os.ftruncate(log, 0)
    second = path.with_name(f"{path.name}.2")
    if second.exists():
        packed = path.with_name(".packing")
        packed.write_bytes(gzip.compress(second.read_bytes(), 1))
        packed.rename(path.with_name(f"{path.name}.2.gz"))
        second.unlink()
    return log


if __name__ == "__main__":
    main()
