"""`checks` blocks of collections."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.config.reading import Reading
from tailpipe_resources.model.checks import CHECKS, Checks
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.pace import parse_interval
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block

_MOST_SKEW = timedelta(days=1)
_DEFAULT = Checks()


class ChecksAttributes(Options):
    """When the checks of a collection warn."""

    max_rejected: int | float | None = None
    """The share of a run's records that may be rejected, from 0 to 1; 0.01 unless said."""

    usual_rows: tuple[int | float, ...] | None = None
    """How few and how many rows a day may have, as multiples of what its weekday usually has; [0.2, 5] unless said."""

    max_clock_skew: str | None = None
    """How far ahead of our clock an event's time may be, such as `10m`; `5m` unless said."""

    max_small_files: int | None = None
    """How many files that were never compacted a finished day may have under one index value; 100 unless said."""

    disable: tuple[str, ...] = ()
    """Names of checks that are left out."""


def checks_of(block: Block, context: Context) -> Checks:
    """What a collection's `checks` block says; the defaults where it says nothing, or nothing that can be used."""
    written = [inner for inner in block.blocks if inner.type == "checks"]
    for inner in written[1:]:
        context.problems.add(
            inner.place, f"{block.title} has several checks blocks; the first is at {written[0].place}"
        )
    if not written:
        return _DEFAULT
    reading = Reading(written[0], context, [ChecksAttributes])
    attributes = reading.checked(ChecksAttributes)
    return _DEFAULT if attributes is None else _Decoder(reading, context).checks(attributes)


class _Decoder:
    """Reads the attributes of one block, each within its range."""

    def __init__(self, reading: Reading, context: Context) -> None:
        self._reading = reading
        self._problems = context.problems

    def checks(self, said: ChecksAttributes) -> Checks:
        return Checks(
            max_rejected=self._share(said.max_rejected),
            usual_rows=self._range(said.usual_rows),
            max_clock_skew=self._span(said.max_clock_skew),
            max_small_files=self._count(said.max_small_files),
            disabled=frozenset(name for name in said.disable if self._is_check(name)),
        )

    def _share(self, share: float | None) -> float:
        if share is None:
            return _DEFAULT.max_rejected
        if not 0 <= share <= 1:
            self._complain("max_rejected", f"is {share:g}; write a share from 0 to 1, such as 0.05 for 5 %")
        return float(share)

    def _range(self, both: tuple[float, ...] | None) -> tuple[float, float]:
        if both is None:
            return _DEFAULT.usual_rows
        if len(both) != 2 or not 0 <= both[0] < 1 < both[1]:
            said = ", ".join(f"{each:g}" for each in both)
            self._complain("usual_rows", f"is [{said}]; write the least, below 1, and the most, above 1: [0.2, 5]")
            return _DEFAULT.usual_rows
        return float(both[0]), float(both[1])

    def _span(self, text: str | None) -> timedelta:
        if text is None:
            return _DEFAULT.max_clock_skew
        try:
            span = parse_interval(text)
        except ValueError:
            span = None
        if span is None or span > _MOST_SKEW:
            shown = self._reading.shown("max_clock_skew", text)
            self._complain("max_clock_skew", f"is {shown}; write 10m, 90s or 1h, and 1d at most (units: s m h d)")
            return _DEFAULT.max_clock_skew
        return span

    def _count(self, count: int | None) -> int:
        if count is None:
            return _DEFAULT.max_small_files
        if count < 1:
            self._complain("max_small_files", f'is {count}; write 1 or more, or disable = ["small_files"]')
        return count

    def _is_check(self, name: str) -> bool:
        if name not in CHECKS:
            shown = self._reading.shown("disable", name)
            self._complain("disable", f"names {shown}, which is no check{hint(name, CHECKS)}")
        return name in CHECKS

    def _complain(self, name: str, message: str) -> None:
        self._problems.add(self._reading.place(name), f'"{name}" {message}')
