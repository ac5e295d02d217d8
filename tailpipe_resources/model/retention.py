"""Retention: for how long rows are kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.window import parse_time

if TYPE_CHECKING:
    from datetime import datetime

_WRITTEN = re.compile(r"0*([1-9]\d*)([YmWd])")


@dataclass(frozen=True, slots=True)
class Retention:
    """A number of days, weeks, months or years."""

    count: int
    unit: str
    """`d`, `W`, `m` or `Y`, as in relative times."""

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    def first_kept(self, now: datetime) -> date:
        """The first UTC day of which any instant is young enough; all days before it go."""
        try:
            return parse_time(f"T-{self}", now).date()
        except UsageError:
            return date.min


def parse_retention(text: str) -> Retention:
    """A retention as users write it, such as `90d`.

    Raises:
        UsageError: when it is none.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise UsageError(
            f'"{text}" is not how long rows can be kept; write 90d (units: d days, W weeks, m months, Y years)'
        )
    return Retention(int(found[1]), found[2])
