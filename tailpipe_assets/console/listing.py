"""Lists of the console, aligned and within the terminal's width."""

from __future__ import annotations

import re
import shutil
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING

from tailpipe_resources.query.cells import columns_of, harmless, padded

if TYPE_CHECKING:
    from collections.abc import Sequence

_NARROWEST = 20
_GAP = "  "
_NUMBER = re.compile(r"[\d,.]+( [KMGT]?B)?")


def aligned(rows: Sequence[Sequence[str]], names: Sequence[str] = ()) -> str:
    """Rows as aligned columns, with names above them when given. Cells that are too long go on below."""
    if not rows:
        return ""
    cells = [[harmless(cell) for cell in row] for row in [*([names] if names else []), *rows]]
    widths = _widths(cells, shutil.get_terminal_size().columns)
    rights = [all(_NUMBER.fullmatch(row[place]) for row in rows) for place in range(len(widths))]
    lines = [line for row in cells for line in _lines(row, widths, rights)]
    if names:
        lines.insert(1, _GAP.join("-" * width for width in widths))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _widths(cells: Sequence[Sequence[str]], room: int) -> list[int]:
    """The first column gets what it wants; the others share what is left, the last having the rest."""
    widths = [max(columns_of(row[place]) for row in cells) for place in range(len(cells[0]))]
    left = room - widths[0] - len(_GAP)
    for place in range(1, len(widths)):
        others = len(widths) - place - 1
        most = left if others == 0 else left // 2 if others == 1 else left
        widths[place] = max(_NARROWEST, min(widths[place], most)) if widths[place] > most else widths[place]
        left -= widths[place] + len(_GAP)
    return widths


def _lines(row: Sequence[str], widths: Sequence[int], rights: Sequence[bool]) -> list[str]:
    parts = [textwrap.wrap(cell, max(width, 1)) or [""] for cell, width in zip(row, widths, strict=True)]
    return [
        _GAP.join(padded(cell, width, right=right) for cell, width, right in zip(line, widths, rights, strict=True))
        for line in zip_longest(*parts, fillvalue="")
    ]
