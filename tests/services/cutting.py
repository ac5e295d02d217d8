"""What tests of formats do with one: cut some bytes, and take the records apart."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from tailpipe_resources import plugins

if TYPE_CHECKING:
    from tailpipe_assets.formats.base import Format


def made(name: str, **options: Any) -> Format:
    """An installed format with options, as a `format` block makes it."""
    kind = plugins.load("format", name)
    form: Format = kind(kind.options(**options))
    return form


def read(form: Format, data: bytes, piece_bytes: int = 1 << 20) -> tuple[list[Any], list[int], list[tuple[int, str]]]:
    """Records as dictionaries, None for one that does not fit; their positions; and positions and bytes set aside."""
    records: list[Any] = []
    positions: list[int] = []
    rejected: list[tuple[int, str]] = []
    for piece in form.split(io.BytesIO(data), piece_bytes=piece_bytes):
        texts = piece.raw.to_pylist()
        records += map(json.loads, texts) if form.groups is None else form.fields(piece.raw).to_pylist()
        positions += piece.positions.to_pylist()
        rejected += [(each.position, each.record.decode(errors="backslashreplace")) for each in piece.rejected]
    return records, positions, sorted(rejected)
