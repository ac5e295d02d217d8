"""What every format keeps: the same records however the bytes arrive, and one that is broken disturbs no other."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from tailpipe_resources import plugins
from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.options import documentation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.formats.base import Format, Readable

_PIECE_BYTES = 1 << 20
Cut = tuple[tuple[int, str], ...]
"""Records as position and text."""


class FormatContract:
    """A suite for one format. Inherit it, and say which format and what a log in it looks like."""

    name: ClassVar[str]
    """The plugin's name."""

    options: ClassVar[Mapping[str, object]] = {}
    """What it is configured with."""

    sample: ClassVar[bytes]
    """A log of several records."""

    records: ClassVar[int]
    """How many."""

    broken: ClassVar[bytes] = b""
    """The same log with one record whose text is not UTF-8, for formats of text; empty for others."""

    def made(self) -> Format:
        """The format, made from its options."""
        kind = plugins.load("format", self.name)
        made: Format = kind(kind.options(**self.options))
        return made

    def test_it_describes_itself(self) -> None:
        """So that `tailpipe format show` has something to show."""
        kind = plugins.load("format", self.name)

        assert kind.name == self.name
        assert kind.description.endswith(".")
        assert set(kind.options.model_fields) <= set(documentation(kind.options))

    def test_it_finds_every_record(self) -> None:
        """Each at a place of its own, in order."""
        found, rejected = cut(self.made(), io.BytesIO(self.sample))
        positions = [position for position, _ in found]

        assert len(found) == self.records
        assert rejected == 0
        assert positions == sorted(set(positions))

    def test_it_does_not_matter_how_bytes_arrive(self) -> None:
        """One by one, or cut anywhere, they are the same records at the same places."""
        whole = cut(self.made(), io.BytesIO(self.sample))

        for size in (1, 2, 3, 7, 61):
            assert cut(self.made(), Dripping(self.sample, size)) == whole

    def test_it_does_not_matter_how_much_is_held(self) -> None:
        """A long log is cut piece by piece."""
        whole = cut(self.made(), io.BytesIO(self.sample))

        for size in (16, 64, 4096):
            assert cut(self.made(), io.BytesIO(self.sample), piece_bytes=size) == whole

    def test_an_empty_log_has_no_records(self) -> None:
        """It is not an error."""
        assert cut(self.made(), io.BytesIO(b"")) == ((), 0)

    def test_a_log_that_breaks_off_ends_in_words(self) -> None:
        """Wherever it is cut, what is whole comes first, and no error is raised but the one for broken artifacts."""
        whole = {text for _, text in cut(self.made(), io.BytesIO(self.sample))[0]}
        for end in range(0, len(self.sample), max(1, len(self.sample) // 40)):
            found: set[str] = set()
            with suppress(BadArtifactError):
                for piece in self.made().split(io.BytesIO(self.sample[:end]), piece_bytes=64):
                    found |= set(piece.raw.to_pylist())
            assert len(found - whole) <= 1

    def test_a_broken_record_disturbs_no_other(self) -> None:
        """It is set aside with a reason; the others are there."""
        if not self.broken:
            return
        found, rejected = cut(self.made(), io.BytesIO(self.broken))

        assert rejected == 1
        assert len(found) == self.records - 1


class Dripping:
    """A stream that gives no more than so many bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream = io.BytesIO(data)
        self._size = size

    def read(self, size: int = -1, /) -> bytes:
        """A few bytes."""
        return self._stream.read(self._size if size < 0 else min(size, self._size))


def cut(form: Format, stream: Readable, *, piece_bytes: int = _PIECE_BYTES) -> tuple[Cut, int]:
    """The records of a stream, and how many were set aside."""
    found: list[tuple[int, str]] = []
    rejected = 0
    for piece in form.split(stream, piece_bytes=piece_bytes):
        found += zip(piece.positions.to_pylist(), piece.raw.to_pylist(), strict=True)
        rejected += len(piece.rejected)
    return tuple(found), rejected
