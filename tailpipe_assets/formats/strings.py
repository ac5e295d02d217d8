"""Arrow string columns made of slices of bytes, without a Python object a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.base import MAX_RECORD_BYTES, Piece, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int32 | np.int64]

_OFFSETS = {pa.string(): np.int32, pa.large_string(): np.int64}
SHOWN_BYTES = 64 * 1024
"""How much of a rejected record is kept."""


def column(slices: Sequence[bytes]) -> pa.Array:
    """Slices of bytes as one binary column; anything with the buffer protocol will do."""
    lengths = np.fromiter(map(len, slices), dtype=np.int64, count=len(slices))
    offsets = np.zeros(len(slices) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return of_offsets(b"".join(slices), offsets)


def of_offsets(data: bytes, offsets: npt.NDArray[np.int64]) -> pa.Array:
    """A column whose n-th value is `data[offsets[n]:offsets[n + 1]]`: text where that is certain, else binary."""
    kinds = (pa.string(), pa.binary()) if offsets[-1] < 2**31 else (pa.large_string(), pa.large_binary())
    at = offsets.astype(np.int32) if offsets[-1] < 2**31 else offsets
    kind = kinds[0] if data.isascii() else kinds[1]
    return pa.Array.from_buffers(kind, len(offsets) - 1, [None, pa.py_buffer(at), pa.py_buffer(data)])


def bytes_of(values: pa.Array) -> Bytes:
    """The bytes of strings, and of others that they were sliced from."""
    return np.frombuffer(values.buffers()[2] or b"", np.uint8)


def offsets_of(values: pa.Array) -> Offsets:
    """Where each string begins in them, and the last ends."""
    held = np.frombuffer(values.buffers()[1] or bytes(8), _OFFSETS[values.type])
    return held[values.offset : values.offset + len(values) + 1]


def piece(raw: pa.Array, positions: npt.NDArray[np.int64], *, lines: bool = False) -> Piece:
    """Records as text; those that are not valid UTF-8 or too long are cut out and named.

    Args:
        raw: the records, as text or binary.
        positions: where each of them starts.
        lines: take line ends off, and leave out lines that are then empty.
    """
    if raw.nbytes <= MAX_RECORD_BYTES or (pc.max(pc.binary_length(raw)).as_py() or 0) <= MAX_RECORD_BYTES:
        text = _text(raw)
        try:
            return _trimmed(raw if raw.type == text else raw.cast(text), positions, lines=lines)
        except pa.ArrowInvalid:
            pass
    return _sorted_out(raw, positions, lines=lines)


def _trimmed(
    text: pa.Array, positions: npt.NDArray[np.int64], faults: tuple[Rejected, ...] = (), *, lines: bool
) -> Piece:
    if not lines:
        return Piece(text, pa.array(positions), faults)
    trimmed = pc.ascii_rtrim(text, characters="\r\n")
    full = pc.greater(pc.binary_length(trimmed), 0)
    if pc.all(full, min_count=0).as_py():
        return Piece(trimmed, pa.array(positions), faults)
    return Piece(trimmed.filter(full), pa.array(positions).filter(full), faults)


def _sorted_out(raw: pa.Array, positions: npt.NDArray[np.int64], *, lines: bool) -> Piece:
    faults: list[Rejected] = []
    good = np.ones(len(raw), dtype=bool)
    for number, value in enumerate(raw.cast(pa.large_binary())):
        record = value.as_py().rstrip(b"\r\n") if lines else value.as_py()
        reason = _fault(record)
        if reason is not None:
            good[number] = False
            faults.append(Rejected(int(positions[number]), reason, record[:SHOWN_BYTES]))
    kept = raw.filter(pa.array(good))
    return _trimmed(kept.cast(_text(kept)), positions[good], tuple(faults), lines=lines)


def _text(raw: pa.Array) -> pa.DataType:
    large = pa.types.is_large_binary(raw.type) or pa.types.is_large_string(raw.type)
    return pa.large_string() if large else pa.string()


def too_long(length: int) -> str:
    """Why a record of so many bytes is rejected."""
    return f"the record is {length:,} bytes long; at most {MAX_RECORD_BYTES:,} are taken"


def _fault(record: bytes) -> str | None:
    if len(record) > MAX_RECORD_BYTES:
        return too_long(len(record))
    try:
        record.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8: byte 0x{record[error.start]:02x} at {error.start}"
    return None


def shown(record: bytes | str) -> str:
    r"""As much of a record as is kept, as text for people: what is not UTF-8 appears as `\xNN`."""
    if isinstance(record, str):
        return record[:SHOWN_BYTES].encode()[:SHOWN_BYTES].decode(errors="ignore")
    return record[:SHOWN_BYTES].decode(errors="backslashreplace")
