"""Cutting one JSON document into its records without building an object for any of them.

`DocumentSplitter` is the quick way: it checks the whole document and gives up on the first thing wrong in it.
`RecordScanner` only follows strings and brackets: it takes a document in blocks of any size, and cuts out the records
around a broken one.
"""

from __future__ import annotations

import json
import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tailpipe_resources.errors import BadArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_STRUCTURE = np.zeros(256, np.int8)
"""What a byte outside of strings does: 1 opens, -1 closes, 2 separates."""
_STRUCTURE[list(b"{[")] = 1
_STRUCTURE[list(b"}]")] = -1
_STRUCTURE[list(b",")] = 2
_COMMA = 2


class DocumentSplitter:
    """Takes well-formed documents apart: an array of records, or an object that holds one under a path of names."""

    def __init__(self, path: Sequence[str]) -> None:
        self._names = [json.dumps(name, ensure_ascii=False).encode() for name in path]
        shape: Any = list[msgspec.Raw]
        for name in reversed(path):
            shape = msgspec.defstruct("Document", [("inner", shape)], rename={"inner": name})
        self._object = msgspec.json.Decoder(shape)
        self._records = attrgetter(".".join(["inner"] * len(path)))

    def split(self, document: bytes) -> Sequence[bytes] | None:
        """Its records, or None when that takes a closer look."""
        try:
            if document[:1] == b"[":
                return _ARRAY.decode(document)
            records: Sequence[bytes] = self._records(self._object.decode(document))
        except (msgspec.DecodeError, RecursionError):
            return None
        return records if self._is_named_once(document, records) else None

    def _is_named_once(self, document: bytes, records: Sequence[bytes]) -> bool:
        """Whether no other array of the name can be there: the decoder takes the last.

        To look through the document costs as much as to decode it, so it is first seen whether the bytes beside the
        records and their commas leave room for the name to come twice. In a document without spaces they do not.
        """
        beside = len(document) - sum(map(len, records)) - len(records)
        return all(beside < 2 * len(name) or document.count(name) == 1 for name in self._names)


class RecordScanner:
    """Cuts the elements of arrays out of a document that arrives in blocks.

    An array is the document itself, or the value at a path of names in the object that the document is. Several
    documents may follow one another.
    """

    def __init__(self, path: Sequence[str]) -> None:
        self._path = ".".join(path)
        self._before = [
            re.compile(re.escape(json.dumps(name, ensure_ascii=False).encode()) + rb"\s*:\s*$") for name in path
        ]
        self._reach = max(len(name.encode()) for name in path) + 64
        """How far before a bracket its name can start."""
        self._held = b""
        """The text not yet dealt with: from the record that has begun, or what may be an array's name."""
        self._held_at = 0
        self._scanned = 0
        """Bytes followed so far, from the start of the artifact."""
        self._depth = 0
        self._in_string = False
        self._escape = False
        self._inside = 0
        """Depth of the array's elements; 0 while outside of one."""
        self._within = 0
        """How many names of the path the objects around have."""
        self._start = 0
        """Where the record that has begun starts; outside of arrays, where the document ended."""
        self._found = False
        self._count = 0

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The records that end in this block.

        Raises:
            BadArtifactError: when this is no JSON.
        """
        self._held += block
        for at, kind, depth in self._structure(block):
            if self._inside:
                yield from self._in_array(at, kind, depth)
            else:
                self._outside(at, kind, depth)
        self._scanned += len(block)
        self._let_go(self._start if self._inside or not self._depth else self._scanned - self._reach)

    def end(self) -> None:
        """Say that there is no more.

        Raises:
            BadArtifactError: when the document is not complete.
        """
        if self._inside:
            raise BadArtifactError(f"the JSON document ends inside record {self._count}")
        if self._depth or self._in_string:
            raise BadArtifactError("the JSON document is not complete")
        self._must_be_blank(self._scanned)
        if not self._found:
            raise BadArtifactError(f'the JSON document holds no array "{self._path}"')

    def _in_array(self, at: int, kind: int, depth: int) -> Iterator[bytes]:
        if kind == _COMMA and depth == self._inside:
            yield self._taken(at)
        elif kind == -1 and depth == self._inside - 1:
            if self._text(self._start, at).strip():
                yield self._taken(at)
            self._inside, self._start = 0, at + 1

    def _outside(self, at: int, kind: int, depth: int) -> None:
        if depth < 0:
            raise BadArtifactError(f"not JSON: a bracket closes at byte {at} that none opened")
        if kind == -1:
            self._within = min(self._within, max(depth - 1, 0))
            self._start = at + 1 if depth == 0 else self._start
        elif kind == 1 and depth == 1:
            self._must_be_blank(at)
            if self._text(at, at + 1) == b"[":
                self._enter(1, at)
        elif kind == 1 and depth == self._within + 2:
            self._step(at, depth)

    def _enter(self, depth: int, at: int) -> None:
        self._inside, self._start, self._found = depth, at + 1, True

    def _step(self, at: int, depth: int) -> None:
        """A bracket opens in an object of the path, perhaps after the path's next name."""
        if self._before[self._within].search(self._text(at - self._reach, at)) is None:
            return
        is_array, is_last = self._text(at, at + 1) == b"[", depth == len(self._before) + 1
        if is_array and is_last:
            self._enter(depth, at)
        elif not is_array and not is_last:
            self._within += 1

    def _taken(self, end: int) -> bytes:
        record = self._text(self._start, end).strip()
        self._start = end + 1
        self._count += 1
        return record

    def _must_be_blank(self, end: int) -> None:
        between = self._text(self._start, end).strip()
        if between:
            raise BadArtifactError(f"not JSON at byte {self._start}: {between[:40].decode(errors='backslashreplace')}")

    def _text(self, start: int, end: int) -> bytes:
        return self._held[max(start - self._held_at, 0) : end - self._held_at]

    def _let_go(self, until: int) -> None:
        if until > self._held_at:
            self._held = self._held[until - self._held_at :]
            self._held_at = until

    def _structure(self, block: bytes) -> Iterator[tuple[int, int, int]]:
        """Brackets and commas near the top: where, of which kind, and the depth after it."""
        data = np.frombuffer(block, np.uint8)
        quotes = self._quotes(data)
        places = np.flatnonzero(_STRUCTURE[data])
        inside = (np.searchsorted(quotes, places) + self._in_string) % 2 == 1
        places = places[~inside]
        kinds = _STRUCTURE[data[places]]
        depths = self._depth + np.cumsum(np.where(kinds == _COMMA, 0, kinds), dtype=np.int64)
        self._in_string = bool((len(quotes) + self._in_string) % 2)
        self._depth = int(depths[-1]) if len(depths) else self._depth
        near = depths <= len(self._before) + 1
        return zip((places[near] + self._scanned).tolist(), kinds[near].tolist(), depths[near].tolist(), strict=True)

    def _quotes(self, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
        """Where strings begin and end: the quotes no backslash escapes."""
        slashes = data == ord("\\")
        if self._escape and len(data):
            slashes[0] = False
        places = np.flatnonzero(slashes)
        first = np.flatnonzero(np.diff(places, prepend=-2) != 1)
        lengths = np.diff(np.append(first, len(places)))
        escaped = places[first[lengths % 2 == 1]] + lengths[lengths % 2 == 1]
        quotes = data == ord('"')
        if self._escape and len(data):
            quotes[0] = False
        quotes[escaped[escaped < len(data)]] = False
        self._escape = bool(len(escaped) and escaped[-1] == len(data)) if len(data) else self._escape
        return np.flatnonzero(quotes)
