"""Results as aligned columns, within the terminal's width when there is one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, TextIO

from tailpipe_resources.query.cells import columns_of, cut, harmless, padded, shown
from tailpipe_resources.query.values import is_number, text_writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_resources.query.ask import Result

_MEASURED_ROWS = 1000
_WIDEST_CELL = 60
_NARROWEST_CUT = 12
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was written, for whoever tells the reader about it."""

    rows: int
    columns_cut: tuple[str, ...] = ()
    """Columns the terminal had no room for."""


def write_table(result: Result, stream: TextIO, *, header: bool, width: int | None) -> Rendered:
    """Write aligned columns. The first thousand rows say how wide; later rows that are wider stand out."""
    names = [harmless(name) for name in result.names]
    rows = _rows(result)
    measured = list(islice(rows, _MEASURED_ROWS))
    widths = _widths([*([names] if header else []), *measured], len(names))
    kept = _fitting(widths, width)
    layout = _Layout(
        tuple(kept), tuple(is_number(kind) for kind in result.types[: len(kept)]), is_bounded=width is not None
    )
    if header and kept:
        stream.write(layout.line(names))
        stream.write(_GAP.join("-" * each for each in kept) + "\n")
    count = 0
    for row in chain(measured, rows):
        stream.write(layout.line(row))
        count += 1
    return Rendered(count, result.names[len(kept) :])


@dataclass(frozen=True, slots=True)
class _Layout:
    widths: tuple[int, ...]
    rights: tuple[bool, ...]
    is_bounded: bool

    def line(self, texts: Sequence[str]) -> str:
        cells = (
            padded(cut(text, width) if self.is_bounded else text, width, right=right)
            for text, width, right in zip(texts, self.widths, self.rights, strict=False)
        )
        return _GAP.join(cells).rstrip() + "\n"


def _rows(result: Result) -> Iterator[list[str]]:
    writers = [text_writer(kind) for kind in result.types]
    for row in chain.from_iterable(result.batches):
        yield [shown(write, value) for write, value in zip(writers, row, strict=True)]


def _widths(rows: Sequence[Sequence[str]], count: int) -> list[int]:
    return [max((columns_of(row[place]) for row in rows), default=1) for place in range(count)]


def _fitting(widths: list[int], room: int | None) -> list[int]:
    """The widths of the columns that fit, from the left; at least one always does."""
    if room is None:
        return widths
    kept: list[int] = []
    for width in widths:
        left = room - sum(kept) - len(_GAP) * len(kept)
        wanted = min(width, _WIDEST_CELL) if len(widths) > 1 else width
        if kept and wanted > left:
            # The first that is too wide is shown in part, where a part of it says something.
            return [*kept, left] if left >= _NARROWEST_CUT else kept
        kept.append(max(1, min(wanted, left)))
    return kept
