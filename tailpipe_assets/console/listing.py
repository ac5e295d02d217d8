"""Lists of the console, aligned and within the terminal's width."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

from tailpipe_resources.query.cells import columns_of, harmless, padded

if TYPE_CHECKING:
    from collections.abc import Sequence

_NARROWEST = 20


def show_rows(rows: Sequence[Sequence[str]], names: Sequence[str] = ()) -> None:
    """Print rows as aligned columns, with names above them when given. A long last column goes on below itself."""
    if not rows:
        return
    cells = [[harmless(cell) for cell in row] for row in rows]
    count = len(cells[0])
    widths = [max(columns_of(row[place]) for row in [*cells, *([names] if names else [])]) for place in range(count)]
    lines = [_line(names, widths), "  ".join("-" * width for width in widths)] if names else []
    for row in cells:
        lines += _lines(row, widths)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))
    sys.stdout.flush()


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    indent = sum(widths[:-1]) + 2 * (len(widths) - 1)
    room = max(_NARROWEST, shutil.get_terminal_size().columns - indent)
    first, *others = textwrap.wrap(row[-1], room, break_long_words=False) or [""]
    return [_line([*row[:-1], first], widths), *(" " * indent + other for other in others)]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(padded(cell, width, right=False) for cell, width in zip(row, widths, strict=True))
