"""JSON: an array of records, an object that holds one, or a record a line."""

from __future__ import annotations

import io
import json
import re
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np

from tailpipe_assets.formats.json_split import DocumentSplitter, RecordScanner
from tailpipe_assets.formats.lines import split_lines
from tailpipe_assets.formats.strings import column, piece
from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from tailpipe_assets.formats.base import Piece, Readable

DOCUMENT_BYTES = 64 * 1024 * 1024
"""A larger document is read in blocks, more slowly."""

_NOT_BLANK = re.compile(rb"[^ \t\r\n]")


class JsonOptions(Options):
    """Where the records are."""

    records: str = "Records"
    """Where a document holds its array of records: a key, or several with dots between them, such as `data.items`."""

    description: str = ""
    """What the format is for."""


class JsonFormat:
    """JSON documents: an array of records, an object with an array of records in it, one record, or one a line."""

    name: ClassVar[str] = "json"
    description: ClassVar[str] = "JSON documents that hold an array of records, or one record a line."
    by_lines: ClassVar[bool] = False
    options: ClassVar[type[Options]] = JsonOptions

    def __init__(self, options: JsonOptions) -> None:
        self._path = options.records.split(".")
        if not all(self._path):
            raise ValueError(f'"records" must be keys with dots between them; it is "{options.records}"')
        self._splitter = DocumentSplitter(self._path)
        self._takes_one = "records" not in options.model_fields_set
        """Whether a document may be a record itself: whoever says where records are is told when they are not."""

    @property
    def groups(self) -> None:
        """JSON records stay whole; the table takes them apart."""
        return

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into records.

        Raises:
            BadArtifactError: it is no JSON, or ends too early; after the records before the break were delivered.
        """
        document, broken = _read(stream, min(piece_bytes, DOCUMENT_BYTES))
        document = document.lstrip(b" \t\r\n")
        if self._is_first_of_lines(document):
            yield from split_lines(_Joined(document, stream, broken), piece_bytes=piece_bytes)
            return
        if broken is None:
            rest, broken = _read(stream, DOCUMENT_BYTES - len(document))
            document = (document + rest).lstrip(b" \t\r\n") if rest else document
        is_whole = broken is None and len(document) < DOCUMENT_BYTES
        records = self._splitter.split(document) if is_whole else None
        if records is None and is_whole and self._takes_one and self._is_record(document):
            records = [document.rstrip()]
        if records is not None:
            yield _piece(records, 0)
        elif self._is_lines(document):
            yield from split_lines(_Joined(document, stream, broken), piece_bytes=piece_bytes)
        elif document:
            yield from self._scan(_Joined(document, stream, broken), piece_bytes)
        elif broken is not None:
            raise broken

    def fields(self, raw: pa.Array) -> pa.Array:
        """Not for JSON, whose records the table takes apart."""
        raise NotImplementedError

    def _is_first_of_lines(self, block: bytes) -> bool:
        """Whether the first line of this is a record that something follows: then it cannot be one document."""
        end = block.find(b"\n")
        return end >= 0 and _NOT_BLANK.search(block, end) is not None and self._is_record(block[:end])

    def _is_lines(self, document: bytes) -> bool:
        end = document.find(b"\n")
        return self._is_record(document if end < 0 else document[:end])

    def _is_record(self, text: bytes) -> bool:
        """Whether this is an object, and none that should hold the records."""
        try:
            return self._path[0] not in msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, RecursionError):
            return False

    def _scan(self, stream: Readable, piece_bytes: int) -> Iterator[Piece]:
        first = stream.read(piece_bytes)
        if first[:1] not in {b"{", b"["}:
            raise BadArtifactError(f"not JSON: it starts with {json.dumps(first[:20].decode(errors='replace'))}")
        scanner, count = RecordScanner(self._path), 0
        for block in chain([first], iter(lambda: stream.read(piece_bytes), b"")):
            records: list[bytes] = []
            try:
                records.extend(scanner.feed(block))
            except BadArtifactError:
                yield _piece(records, count)
                raise
            yield _piece(records, count)
            count += len(records)
        scanner.end()


class JsonLinesOptions(Options):
    """JSON lines need no settings."""

    description: str = ""
    """What the format is for."""


class JsonLinesFormat:
    """JSON lines: one record a line."""

    name: ClassVar[str] = "jsonl"
    description: ClassVar[str] = "JSON lines: one JSON object a line."
    by_lines: ClassVar[bool] = True
    options: ClassVar[type[Options]] = JsonLinesOptions

    def __init__(self, options: JsonLinesOptions) -> None:
        del options

    @property
    def groups(self) -> None:
        """JSON records stay whole; the table takes them apart."""
        return

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines.

        Raises:
            BadArtifactError: from the stream.
        """
        return split_lines(stream, piece_bytes=piece_bytes)

    def fields(self, raw: pa.Array) -> pa.Array:
        """Not for JSON, whose records the table takes apart."""
        raise NotImplementedError


class _Joined:
    """What was read of a stream already, then the rest of it, then the error it broke off with."""

    def __init__(self, start: bytes, rest: Readable, broken: BadArtifactError | None) -> None:
        self._start = io.BytesIO(start)
        self._rest = rest
        self._broken = broken

    def read(self, size: int = -1, /) -> bytes:
        if block := self._start.read(size):
            return block
        if self._broken is not None:
            raise self._broken
        return self._rest.read(size)


def _read(stream: Readable, limit: int) -> tuple[bytes, BadArtifactError | None]:
    blocks, size = [], 0
    try:
        while size < limit and (block := stream.read(limit - size)):
            blocks.append(block)
            size += len(block)
    except BadArtifactError as error:
        return b"".join(blocks), error
    return b"".join(blocks), None


def _piece(records: Sequence[bytes], first: int) -> Piece:
    return piece(column(records), np.arange(first, first + len(records), dtype=np.int64))
