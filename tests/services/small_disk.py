"""A disk of a few megabytes, to be filled."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A file system of its own, in memory."""

    folder: Path

    @property
    def free(self) -> int:
        """Bytes that are free."""
        return shutil.disk_usage(self.folder).free

    def fill(self, but: int = 0) -> None:
        """Leave so many bytes free."""
        with (self.folder / "filler").open("ab", buffering=0) as file:
            while self.free > but:
                try:
                    file.write(bytes(max(_BLOCK, min(self.free - but, 1 << 20) // _BLOCK * _BLOCK)))
                except OSError:
                    break

    def empty(self) -> None:
        """Free what filling took."""
        (self.folder / "filler").unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one for the length of the block; the test is skipped where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.getuid() != 0 or shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs more rights")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
