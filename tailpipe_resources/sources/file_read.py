"""The bytes of a file, and word of it when they change under the reader."""

from __future__ import annotations

import io
import os
import re
import stat
from typing import TYPE_CHECKING, BinaryIO

from tailpipe_resources.errors import AccessDeniedError, ArtifactGoneError, SourceRefusedError, SourceUnavailableError

if TYPE_CHECKING:
    from tailpipe_resources.model.artifact import Artifact

_BUFFER_BYTES = 1 << 20
_ESCAPED = re.compile(r"\\x([89a-f][0-9a-f])")


def version_of(status: os.stat_result) -> str:
    """What changes whenever a file is written to: its size and time, in hexadecimal."""
    return f"{status.st_size:x}-{status.st_mtime_ns:x}"


def location_of(path: str) -> str:
    r"""A path as text that can be stored: bytes that are not UTF-8 are written `\xNN`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _named(location: str) -> bytes:
    """The path a location stands for."""
    path = location.encode()
    if "\\x" not in location or os.path.lexists(path):
        return path
    return _ESCAPED.sub(lambda found: chr(0xDC00 + int(found[1], 16)), location).encode("utf-8", "surrogateescape")


def open_steady(artifact: Artifact) -> BinaryIO:
    """A file's bytes, which end in an error if the file is no longer what was listed.

    Raises:
        ArtifactGoneError: it was deleted.
        SourceRefusedError: it may not be read, or has become something else than a file.
        SourceUnavailableError: it has changed; also from `read`.
    """
    try:
        # Without O_NONBLOCK, opening a pipe that took the file's place would wait for ever.
        descriptor = os.open(_named(artifact.location), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ArtifactGoneError(f"{artifact.location}: it was deleted after it was listed") from None
    except OSError as error:
        raise refusal(artifact.location, error) from error
    steady = _SteadyFile(io.FileIO(descriptor), artifact)
    try:
        steady.check()
    except BaseException:
        steady.close()
        raise
    return io.BufferedReader(steady, _BUFFER_BYTES)


def refusal(path: str, error: OSError) -> SourceRefusedError:
    """Why a path cannot be read, in our words."""
    if isinstance(error, PermissionError):
        return AccessDeniedError(f"{path}: permission denied; let the user that runs tailpipe read it")
    return SourceRefusedError(f"{path}: it cannot be read: {error.strerror}")


class _SteadyFile(io.RawIOBase):
    """As much of a file as was listed, checked once more at its end. It may grow meanwhile, and not change else."""

    def __init__(self, file: io.FileIO, artifact: Artifact) -> None:
        self._file = file
        self._artifact = artifact
        self._left = artifact.size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            offset, whence = self._artifact.size + offset, os.SEEK_SET
        place = self._file.seek(offset, whence)
        self._left = max(0, self._artifact.size - place)
        return place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = self._file.readinto(memoryview(buffer)[: self._left]) or 0 if self._left else 0
        self._left -= count
        if count == 0 and len(buffer) > 0:
            self.check()
        return count

    def check(self) -> None:
        """Raise if the file is not what was listed."""
        status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SourceRefusedError(f"{self._artifact.location}: it is not a regular file any more")
        grown = status.st_size > self._artifact.size
        if not grown and version_of(status) != self._artifact.version:
            raise SourceUnavailableError(
                f"{self._artifact.location}: it changed while it was read; the next run takes it whole"
            )

    def close(self) -> None:
        self._file.close()
        super().close()
