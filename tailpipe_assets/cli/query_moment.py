"""`--as-of` as a moment."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.window import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from tailpipe_assets.views import Moment

_VERSION = re.compile(r"(?P<table>[A-Za-z_][\w-]*)@(?P<version>\d{1,18})")


def moment_of(given: Sequence[str], now: datetime, zone: tzinfo = UTC) -> Moment:
    """The moment that was typed; now when nothing was.

    Raises:
        UsageError: it is no time and no version, or there are two of one.
    """
    from tailpipe_assets.views import Moment

    time: datetime | None = None
    versions: dict[str, int] = {}
    for text in given:
        found = _VERSION.fullmatch(text)
        if found is None and time is not None:
            raise UsageError("--as-of takes one time; several tables are written TABLE@VERSION")
        if found is not None and found["table"] in versions:
            raise UsageError(f"--as-of names {found['table']} twice")
        if found is not None:
            versions[found["table"]] = int(found["version"])
        else:
            time = _time(text, now, zone)
    return Moment(time, versions)


def _time(text: str, now: datetime, zone: tzinfo) -> datetime:
    if "@" in text:
        raise UsageError(f'--as-of "{text}" is no version; write TABLE@VERSION, as tailpipe lake history lists them')
    time = parse_time(text, now, zone)
    if time > now:
        raise UsageError(f"--as-of {text} is in the future")
    return time
