"""Gathering: small artifacts wait until there are enough of them for a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.batch import text_bytes

if TYPE_CHECKING:
    from tailpipe_assets.formats.base import Format
    from tailpipe_assets.pipeline.loaded import Loaded
    from tailpipe_assets.pipeline.write import Writer


@dataclass(slots=True)
class Lot:
    """Artifacts of one format that the same collections want."""

    form: Format
    wanting: tuple[Writer, ...]
    loaded: list[Loaded] = field(default_factory=list)
    bytes: int = 0
    """How much text they hold."""


class Gathered:
    """What waits, a lot for each format and those who want it."""

    def __init__(self) -> None:
        self._lots: dict[tuple[int, tuple[Writer, ...]], Lot] = {}
        self.bytes = 0
        """How much text all lots hold."""

    def add(self, loaded: Loaded, wanting: tuple[Writer, ...]) -> None:
        """One more artifact."""
        lot = self._lots.setdefault((id(loaded.form), wanting), Lot(loaded.form, wanting))
        size = text_bytes(loaded.pieces)
        lot.loaded.append(loaded)
        lot.bytes += size
        self.bytes += size

    def largest(self) -> Lot:
        """Take out the lot that holds the most."""
        key = max(self._lots, key=lambda each: self._lots[each].bytes)
        self.bytes -= self._lots[key].bytes
        return self._lots.pop(key)

    def all(self) -> list[Lot]:
        """Take out all lots."""
        lots = list(self._lots.values())
        self._lots, self.bytes = {}, 0
        return lots

    def waiting_for(self, writer: Writer) -> int:
        """How many artifacts wait that a collection wants."""
        return sum(len(lot.loaded) for lot in self._lots.values() if writer in lot.wanting)
