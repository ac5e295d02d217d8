"""What a session is set to: changed by meta commands, shown in the toolbar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tailpipe_resources.query.render import Output

Paging = Literal["on", "off", "auto"]
PAGING: tuple[Paging, ...] = ("on", "off", "auto")

SHOWN_ROWS = 1000
"""So many rows of a result are put on the screen; `.export` writes all."""


@dataclass(slots=True)
class Settings:
    """How answers are shown."""

    output: Output = "table"
    has_header: bool = True
    has_timing: bool = True
    pager: Paging = "auto"
